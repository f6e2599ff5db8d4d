"""The web page as files: its headers, what a reload costs, and that a request reaches nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import httpx
import pytest

import app.api.routes.web
from tests.serving import service_without_models

FOLDER = Path(app.api.routes.web.__file__).parents[2] / "web"
NAMES = sorted(path.name for path in FOLDER.iterdir())
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; media-src 'self' blob:; "
    "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEAVIEST = 300_000


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    with service_without_models(api_keys="key-of-alice-0123456789") as client:
        yield client


def test_the_page_is_there_without_a_key_and_before_anything_is_loaded(client: httpx.Client) -> None:
    answer = client.get("/")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert answer.content == (FOLDER / "index.html").read_bytes()


@pytest.mark.parametrize("name", NAMES)
def test_each_file_has_its_type_and_the_headers_that_guard_it(client: httpx.Client, name: str) -> None:
    answer = client.get(f"/page/{name}")
    assert (answer.status_code, answer.content) == (200, (FOLDER / name).read_bytes())
    assert answer.headers["content-type"] == TYPES[Path(name).suffix]
    assert answer.headers["content-security-policy"] == POLICY
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize("path", ["/", "/page/main.js"])
def test_a_reload_costs_no_body(client: httpx.Client, path: str) -> None:
    first = client.get(path)
    assert first.headers["cache-control"] == "no-cache"
    etag = first.headers["etag"]
    assert etag.startswith('W/"')
    for known in (etag, f'"other", {etag}'):
        again = client.get(path, headers={"If-None-Match": known})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
        assert again.headers["content-security-policy"] == POLICY
    for other in ('"other"', "", etag.removeprefix("W/")):
        assert client.get(path, headers={"If-None-Match": other}).status_code == 200


@pytest.mark.parametrize("path", ["/", "/page/main.js"])
def test_it_is_sent_zipped_to_whoever_can_read_that(client: httpx.Client, path: str) -> None:
    zipped = client.get(path)
    plain = client.get(path, headers={"Accept-Encoding": "identity"})
    assert (zipped.headers["content-encoding"], zipped.headers["vary"]) == ("gzip", "Accept-Encoding")
    assert "content-encoding" not in plain.headers
    assert zipped.content == plain.content
    assert int(zipped.headers["content-length"]) < int(plain.headers["content-length"]) / 1.5


def test_files_have_tags_of_their_own(client: httpx.Client) -> None:
    assert len({client.get(f"/page/{name}").headers["etag"] for name in NAMES}) == len(NAMES)


@pytest.mark.parametrize("path", ["/", "/page/base.css"])
def test_only_get_and_head_are_taken(client: httpx.Client, path: str) -> None:
    head = client.head(path)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == client.get(path).headers["content-length"]
    wrong = client.post(path, headers={"Authorization": "Bearer key-of-alice-0123456789"})
    assert (wrong.status_code, wrong.headers["allow"]) == (405, "GET, HEAD, OPTIONS")


@pytest.mark.parametrize(
    "path",
    [
        "/page/",
        "/page/nothing.js",
        "/page/BASE.CSS",
        "/page/base.css/",
        "/page/..%2fpage.py",
        "/page/../page.py",
        "/page/%2e%2e/page.py",
        "/page/%2fetc%2fpasswd",
        "/page/..\\page.py",
        "/page/base.css%00",
        "/page//etc/passwd",
    ],
)
def test_no_other_path_leads_to_a_file(client: httpx.Client, path: str) -> None:
    connection = HTTPConnection(client.base_url.host, client.base_url.port or 80, timeout=30)
    connection.request("GET", path)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    assert answer.status == 404 and answer.headers["content-type"] == "application/problem+json"
    assert b"APIRouter" not in body and b"root:" not in body


def test_the_page_leads_only_to_what_is_there_and_only_by_relative_addresses(client: httpx.Client) -> None:
    page = client.get("/").text
    assert "style=" not in page and "<style" not in page and not re.search(r"\son\w+=", page)
    addresses = re.findall(r'(?:src|href)="([^"#]+)"', page)
    assert len(addresses) >= 5
    for address in addresses:
        assert ":" not in address and not address.startswith("/")
        assert client.get(f"/{address}").status_code == 200


@pytest.mark.parametrize("name", [name for name in NAMES if name.endswith(".js")])
def test_each_module_imports_only_modules_that_are_there(name: str) -> None:
    text = (FOLDER / name).read_text(encoding="utf-8")
    assert set(re.findall(r'"\./([^"]+)"', text)) <= set(NAMES)
    assert not re.search(r'^import [^"]*"[^.]', text, re.MULTILINE)


def test_no_file_names_another_host() -> None:
    known = {"www.w3.org"}
    for name in NAMES:
        hosts = re.findall(r"https?://([^/\"']+)", (FOLDER / name).read_text(encoding="utf-8"))
        assert set(hosts) <= known, name


def test_the_page_is_light() -> None:
    assert sum((FOLDER / name).stat().st_size for name in NAMES) < HEAVIEST


def test_below_a_path_the_page_s_own_address_ends_with_a_slash() -> None:
    with service_without_models(root_path="/deep/tts") as client:
        moved = client.get("/deep/tts")
        assert (moved.status_code, moved.headers["location"]) == (307, "tts/")
        assert httpx.URL(f"{client.base_url}/deep/tts").join(moved.headers["location"]).path == "/deep/tts/"
        for path in ("/deep/tts/", "/"):
            assert client.get(path).text.startswith("<!doctype html>")
        assert client.get("/deep/tts/page/main.js").status_code == client.get("/page/main.js").status_code == 200
