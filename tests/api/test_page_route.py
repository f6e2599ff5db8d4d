"""The files of the web page: headers, caching, compression, and no access to other files."""

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
MAX_PAGE_BYTES = 350_000


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    with service_without_models(api_keys="key-of-alice-0123456789") as client:
        yield client


def test_the_page_is_served_without_a_key_and_before_the_models_are_loaded(client: httpx.Client) -> None:
    response = client.get("/")
    assert (response.status_code, response.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert response.content == (FOLDER / "index.html").read_bytes()


@pytest.mark.parametrize("name", NAMES)
def test_each_file_has_its_content_type_and_security_headers(client: httpx.Client, name: str) -> None:
    response = client.get(f"/page/{name}")
    assert (response.status_code, response.content) == (200, (FOLDER / name).read_bytes())
    assert response.headers["content-type"] == TYPES[Path(name).suffix]
    assert response.headers["content-security-policy"] == POLICY
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize("path", ["/", "/page/main.js"])
def test_a_reload_gets_304_without_a_body(client: httpx.Client, path: str) -> None:
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
def test_files_are_compressed_for_clients_that_accept_gzip(client: httpx.Client, path: str) -> None:
    compressed = client.get(path)
    plain = client.get(path, headers={"Accept-Encoding": "identity"})
    assert (compressed.headers["content-encoding"], compressed.headers["vary"]) == ("gzip", "Accept-Encoding")
    assert "content-encoding" not in plain.headers
    assert compressed.content == plain.content
    assert int(compressed.headers["content-length"]) < int(plain.headers["content-length"]) / 1.5


def test_files_have_distinct_etags(client: httpx.Client) -> None:
    assert len({client.get(f"/page/{name}").headers["etag"] for name in NAMES}) == len(NAMES)


@pytest.mark.parametrize("path", ["/", "/page/base.css"])
def test_only_get_and_head_are_allowed(client: httpx.Client, path: str) -> None:
    head = client.head(path)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == client.get(path).headers["content-length"]
    refusal = client.post(path, headers={"Authorization": "Bearer key-of-alice-0123456789"})
    assert (refusal.status_code, refusal.headers["allow"]) == (405, "GET, HEAD, OPTIONS")


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
def test_no_other_path_serves_a_file(client: httpx.Client, path: str) -> None:
    connection = HTTPConnection(client.base_url.host, client.base_url.port or 80, timeout=30)
    connection.request("GET", path)
    response = connection.getresponse()
    body = response.read()
    connection.close()
    assert response.status == 404 and response.headers["content-type"] == "application/problem+json"
    assert b"APIRouter" not in body and b"root:" not in body


def test_the_page_links_only_to_existing_files_and_only_by_relative_urls(client: httpx.Client) -> None:
    page = client.get("/").text
    assert "style=" not in page and "<style" not in page and not re.search(r"\son\w+=", page)
    urls = re.findall(r'(?:src|href)="([^"#]+)"', page)
    assert len(urls) >= 5
    for url in urls:
        assert ":" not in url and not url.startswith("/")
        assert client.get(f"/{url}").status_code == 200


@pytest.mark.parametrize("name", [name for name in NAMES if name.endswith(".js")])
def test_each_module_imports_only_existing_modules(name: str) -> None:
    text = (FOLDER / name).read_text(encoding="utf-8")
    assert set(re.findall(r'"\./([^"]+)"', text)) <= set(NAMES)
    assert not re.search(r'^import [^"]*"[^.]', text, re.MULTILINE)


def test_no_file_refers_to_another_host() -> None:
    known = {"www.w3.org"}
    for name in NAMES:
        hosts = re.findall(r"https?://([^/\"']+)", (FOLDER / name).read_text(encoding="utf-8"))
        assert set(hosts) <= known, name


def test_the_page_is_small() -> None:
    assert sum((FOLDER / name).stat().st_size for name in NAMES) < MAX_PAGE_BYTES


def test_below_a_root_path_the_page_redirects_to_a_trailing_slash() -> None:
    with service_without_models(root_path="/deep/tts") as client:
        redirect = client.get("/deep/tts")
        assert (redirect.status_code, redirect.headers["location"]) == (307, "tts/")
        assert httpx.URL(f"{client.base_url}/deep/tts").join(redirect.headers["location"]).path == "/deep/tts/"
        for path in ("/deep/tts/", "/"):
            assert client.get(path).text.startswith("<!doctype html>")
        assert client.get("/deep/tts/page/main.js").status_code == client.get("/page/main.js").status_code == 200


def test_the_page_gets_formats_and_the_limit_without_a_key() -> None:
    with service_without_models(api_keys="key-of-alice-0123456789", max_chars=1234) as client:
        offer = client.get("/page/service.json").json()
    assert offer["max_chars"] == 1234
    assert {"wav", "mp3", "opus"} < set(offer["formats"])
