"""The rate limit: how many requests one client may send, without effect on others."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.api.clients import RateLimit, mask_address
from tests.serving import service_without_models

HELLO = {"text": "Hello."}
KEYS = {"alice": "key-of-alice-0123456789", "bob": "key-of-bob-0123456789"}


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_after_a_burst_of_ten_seconds_requests_are_allowed_at_an_even_rate() -> None:
    clock = Clock()
    limit = RateLimit(60, clock)
    assert [limit.take("a") for _ in range(11)] == [0.0] * 10 + [pytest.approx(1.0)]
    clock.now += 0.5
    assert limit.take("a") == pytest.approx(0.5)
    clock.now += 0.5
    assert limit.take("a") == 0.0
    clock.now += 3600
    assert [limit.take("a") for _ in range(11)] == [0.0] * 10 + [pytest.approx(1.0)]


def test_a_low_rate_still_allows_one_request() -> None:
    clock = Clock()
    limit = RateLimit(0.5, clock)
    assert [limit.take("a"), limit.take("a")] == pytest.approx([0.0, 120])


def test_clients_do_not_share_their_tokens() -> None:
    limit = RateLimit(1, Clock())
    assert (limit.take("a"), limit.take("b")) == (0.0, 0.0)
    assert limit.take("a") > 0 and limit.take("b") > 0


def test_the_number_of_clients_in_memory_is_limited() -> None:
    limit = RateLimit(1, Clock())
    for number in range(10_100):
        limit.take(str(number))
    assert len(limit._buckets) == 10_000
    assert limit.take("10099") > 0


@given(st.floats(0.1, 1000), st.lists(st.floats(0, 100), min_size=1, max_size=50))
def test_no_client_gets_more_than_a_burst_and_the_rate(per_minute: float, pauses: list[float]) -> None:
    clock = Clock()
    limit, allowed = RateLimit(per_minute, clock), 0
    for pause in pauses:
        clock.now += pause
        allowed += limit.take("a") == 0
    assert allowed <= limit.most + sum(pauses[1:]) * per_minute / 60 + 1e-6


@given(st.floats(0.1, 1000), st.integers(1, 200))
def test_a_client_that_waits_for_the_returned_time_is_allowed(per_minute: float, before: int) -> None:
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
def test_a_client_is_an_ipv4_address_or_an_ipv6_network(host: str, client: str) -> None:
    assert mask_address(host) == client


def list_codes(client: httpx.Client, count: int, **options: object) -> list[str]:
    return [client.post("/synthesize", json=HELLO, **options).json()["code"] for _ in range(count)]  # type: ignore[arg-type]


def test_a_request_over_the_limit_gets_429_with_retry_after() -> None:
    with service_without_models(rate_limit=6) as client:
        assert list_codes(client, 2) == ["not_ready", "rate_limited"]
        response = client.post("/synthesize")
        assert response.status_code == 429
        assert 1 <= int(response.headers["retry-after"]) <= 10
        assert "6 requests a minute" in response.json()["detail"]
        metrics = client.get("/metrics").text
        assert 'intone_rejected_total{code="rate_limited"} 2.0' in metrics
        assert 'intone_rejected_total{code="not_ready"} 1.0' in metrics


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/synthesize"), ("POST", "/analyze"), ("POST", "/v1/audio/speech"), ("POST", "/invocations")],
)
def test_all_routes_that_synthesize_or_analyze_share_one_limit(method: str, path: str) -> None:
    with service_without_models(rate_limit=1) as client:
        assert client.request(method, path).status_code != 429
        assert client.post("/synthesize").status_code == 429


@pytest.fixture(scope="module")
def limited_client() -> Iterator[httpx.Client]:
    with service_without_models(rate_limit=1) as client:
        yield client


@pytest.mark.parametrize("path", ["/synthesize", "/analyze", "/v1/audio/speech", "/invocations"])
@pytest.mark.parametrize(
    "form", ["{}%0A", "{}%0D%0A", "{}%00", "{}/", "{}/.", "/{}", "/.{}", "/%2f{}", "/tts{}", "{}%2f", "{}%3F", "{};a"]
)
def test_a_path_that_only_resembles_a_limited_one_is_404(limited_client: httpx.Client, form: str, path: str) -> None:
    assert [post_raw_path(limited_client, form.format(path)) for _ in range(2)] == [404, 404]


@pytest.mark.parametrize("path", ["/%73ynthesize", "/tts/synthesize", "/synthesize?a=%0A", "/tts/%73ynthesize"])
def test_an_equivalent_spelling_of_a_path_shares_its_limit(path: str) -> None:
    with service_without_models(rate_limit=1, root_path="/tts") as client:
        assert [post_raw_path(client, one) for one in ("/synthesize", path)] == [503, 429]


def post_raw_path(client: httpx.Client, path: str) -> int:
    """Post to a path exactly as written, which httpx would normalize, and return the status code."""
    return client.post("/", json=HELLO, extensions={"target": path.encode()}).status_code


def test_head_is_counted_like_get() -> None:
    with service_without_models(rate_limit=1) as client:
        assert [client.head("/synthesize?text=Hi").status_code for _ in range(2)] == [503, 429]


def test_a_request_over_the_limit_is_refused_before_its_body_is_sent() -> None:
    with service_without_models(rate_limit=1) as client:
        assert list_codes(client, 1) == ["not_ready"]
        with socket.create_connection((client.base_url.host, client.base_url.port), 30) as connection:
            head = b"POST /v1/audio/speech HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            connection.sendall(head)
            connection.sendall(b"Content-Length: 100\r\n\r\n")
            assert connection.recv(4096).startswith(b"HTTP/1.1 429 ")


def test_other_routes_are_not_limited() -> None:
    with service_without_models(rate_limit=1) as client:
        client.post("/synthesize")
        for method, path in [("GET", "/health"), ("GET", "/metrics"), ("GET", "/voices"), ("OPTIONS", "/synthesize")]:
            assert {client.request(method, path).status_code for _ in range(3)}.isdisjoint({429})


def test_without_the_setting_nothing_is_limited() -> None:
    with service_without_models() as client:
        assert set(list_codes(client, 50)) == {"not_ready"}


def test_each_key_has_its_own_limit_and_unauthorized_requests_count_towards_none() -> None:
    with service_without_models(rate_limit=1, api_keys=KEYS) as client:
        assert list_codes(client, 3) == ["unauthorized"] * 3
        for key in KEYS.values():
            headers = {"Authorization": f"Bearer {key}"}
            assert list_codes(client, 2, headers=headers) == ["not_ready", "rate_limited"]


def test_a_trusted_proxy_determines_the_address_of_a_client(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "127.0.0.1")
    with service_without_models(rate_limit=1) as client:
        for address in ("192.0.2.7", "192.0.2.8"):
            assert list_codes(client, 2, headers={"X-Forwarded-For": address}) == ["not_ready", "rate_limited"]
        # The client itself may have written every address before the last one.
        assert list_codes(client, 1, headers={"X-Forwarded-For": "192.0.2.99, 192.0.2.8"}) == ["rate_limited"]


def test_without_a_trusted_proxy_x_forwarded_for_is_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FORWARDED_ALLOW_IPS", raising=False)
    with service_without_models(rate_limit=1) as client:
        codes = [list_codes(client, 1, headers={"X-Forwarded-For": f"192.0.2.{number}"}) for number in range(3)]
        assert codes == [["not_ready"], ["rate_limited"], ["rate_limited"]]
