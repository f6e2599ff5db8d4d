"""The rate limit: what one client may ask for, and that others do not notice."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.api.middleware.auth import RateLimit, network_of
from tests.serving import service_without_models

HELLO = {"text": "Hello."}
KEYS = {"alice": "key-of-alice-0123456789", "bob": "key-of-bob-0123456789"}


class Clock:
    """Time as a test has it."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_is_ten_seconds_worth_and_then_requests_come_evenly() -> None:
    clock = Clock()
    limit = RateLimit(60, clock)
    assert [limit.take("a") for _ in range(11)] == [0.0] * 10 + [pytest.approx(1.0)]
    clock.now += 0.5
    assert limit.take("a") == pytest.approx(0.5)
    clock.now += 0.5
    assert limit.take("a") == 0.0
    clock.now += 3600
    assert [limit.take("a") for _ in range(11)] == [0.0] * 10 + [pytest.approx(1.0)]


def test_a_low_rate_still_lets_one_through() -> None:
    clock = Clock()
    limit = RateLimit(0.5, clock)
    assert (limit.take("a"), limit.take("a")) == (0.0, pytest.approx(120))


def test_clients_do_not_share_their_tokens() -> None:
    limit = RateLimit(1, Clock())
    assert (limit.take("a"), limit.take("b")) == (0.0, 0.0)
    assert limit.take("a") > 0 and limit.take("b") > 0


def test_a_crowd_takes_no_more_memory_than_the_most_clients() -> None:
    limit = RateLimit(1, Clock())
    for number in range(10_100):
        limit.take(str(number))
    assert len(limit._buckets) == 10_000
    assert limit.take("10099") > 0


@given(st.floats(0.1, 1000), st.lists(st.floats(0, 100), min_size=1, max_size=50))
def test_nobody_gets_more_than_a_burst_and_the_rate(per_minute: float, pauses: list[float]) -> None:
    clock = Clock()
    limit, allowed = RateLimit(per_minute, clock), 0
    for pause in pauses:
        clock.now += pause
        allowed += limit.take("a") == 0
    assert allowed <= limit.most + sum(pauses[1:]) * per_minute / 60 + 1e-6


@given(st.floats(0.1, 1000), st.integers(1, 200))
def test_who_waits_as_long_as_told_is_let_in(per_minute: float, before: int) -> None:
    clock = Clock()
    limit = RateLimit(per_minute, clock)
    waits = [limit.take("a") for _ in range(before)]
    clock.now += waits[-1]
    assert waits[-1] == 0 or limit.take("a") == 0


@pytest.mark.parametrize(
    ("host", "client"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("::1", "::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("unknown", ""),
        ("x" * 10_000, ""),
    ],
)
def test_a_client_is_an_address_or_what_one_client_has_of_them(host: str, client: str) -> None:
    assert network_of(host) == client


def codes(client: httpx.Client, count: int, **options: object) -> list[str]:
    return [client.post("/synthesize", json=HELLO, **options).json()["code"] for _ in range(count)]  # type: ignore[arg-type]


def test_over_the_limit_the_answer_is_429_with_the_time_to_wait() -> None:
    with service_without_models(rate_limit=6) as client:
        assert codes(client, 2) == ["not_ready", "rate_limited"]
        refused = client.post("/synthesize")
        assert refused.status_code == 429
        assert 1 <= int(refused.headers["retry-after"]) <= 10
        assert "6 times a minute" in refused.json()["detail"]
        metrics = client.get("/metrics").text
        assert 'intone_rejected_total{code="rate_limited"} 2.0' in metrics
        assert 'intone_rejected_total{code="not_ready"} 1.0' in metrics


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/synthesize"), ("POST", "/analyze"), ("POST", "/v1/audio/speech"), ("POST", "/invocations")],
)
def test_everything_that_speaks_or_labels_is_counted_together(method: str, path: str) -> None:
    with service_without_models(rate_limit=1) as client:
        assert client.request(method, path).status_code != 429
        assert client.post("/synthesize").status_code == 429


@pytest.fixture(scope="module")
def limited() -> Iterator[httpx.Client]:
    with service_without_models(rate_limit=1) as client:
        yield client


@pytest.mark.parametrize("path", ["/synthesize", "/analyze", "/v1/audio/speech", "/invocations"])
@pytest.mark.parametrize(
    "form", ["{}%0A", "{}%0D%0A", "{}%00", "{}/", "{}/.", "/{}", "/.{}", "/%2f{}", "/tts{}", "{}%2f", "{}%3F", "{};a"]
)
def test_a_path_that_only_looks_like_it_leads_nowhere(limited: httpx.Client, form: str, path: str) -> None:
    assert [answer_to(limited, form.format(path)) for _ in range(2)] == [404, 404]


@pytest.mark.parametrize("path", ["/%73ynthesize", "/tts/synthesize", "/synthesize?a=%0A", "/tts/%73ynthesize"])
def test_another_spelling_of_a_path_is_counted_like_it(path: str) -> None:
    with service_without_models(rate_limit=1, root_path="/tts") as client:
        assert [answer_to(client, one) for one in ("/synthesize", path)] == [503, 429]


def answer_to(client: httpx.Client, path: str) -> int:
    """The status for a path that is sent as it is, without what httpx would make of it."""
    return client.post("/", json=HELLO, extensions={"target": path.encode()}).status_code


def test_head_is_counted_like_get() -> None:
    with service_without_models(rate_limit=1) as client:
        assert [client.head("/synthesize?text=Hi").status_code for _ in range(2)] == [503, 429]


def test_a_client_over_the_limit_need_not_send_its_body() -> None:
    with service_without_models(rate_limit=1) as client:
        assert codes(client, 1) == ["not_ready"]
        with socket.create_connection((client.base_url.host, client.base_url.port), 30) as connection:
            head = b"POST /v1/audio/speech HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            connection.sendall(head)
            connection.sendall(b"Content-Length: 100\r\n\r\n")
            assert connection.recv(4096).startswith(b"HTTP/1.1 429 ")


def test_everything_else_is_not_limited() -> None:
    with service_without_models(rate_limit=1) as client:
        client.post("/synthesize")
        for method, path in [("GET", "/health"), ("GET", "/metrics"), ("GET", "/voices"), ("OPTIONS", "/synthesize")]:
            assert {client.request(method, path).status_code for _ in range(3)}.isdisjoint({429})


def test_without_the_setting_nothing_is_limited() -> None:
    with service_without_models() as client:
        assert set(codes(client, 50)) == {"not_ready"}


def test_a_client_with_a_key_is_known_by_it_and_a_stranger_costs_nobody_anything() -> None:
    with service_without_models(rate_limit=1, api_keys=KEYS) as client:
        assert codes(client, 3) == ["unauthorized"] * 3
        for key in KEYS.values():
            headers = {"Authorization": f"Bearer {key}"}
            assert codes(client, 2, headers=headers) == ["not_ready", "rate_limited"]


def test_behind_a_proxy_on_this_machine_a_client_is_what_the_proxy_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "127.0.0.1")
    with service_without_models(rate_limit=1) as client:
        for address in ("192.0.2.7", "192.0.2.8"):
            assert codes(client, 2, headers={"X-Forwarded-For": address}) == ["not_ready", "rate_limited"]
        # What stands before the last address, the client itself may have written.
        assert codes(client, 1, headers={"X-Forwarded-For": "192.0.2.99, 192.0.2.8"}) == ["rate_limited"]


def test_unless_a_proxy_is_named_no_client_chooses_its_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FORWARDED_ALLOW_IPS", raising=False)
    with service_without_models(rate_limit=1) as client:
        told = [codes(client, 1, headers={"X-Forwarded-For": f"192.0.2.{number}"}) for number in range(3)]
        assert told == [["not_ready"], ["rate_limited"], ["rate_limited"]]
