"""The forms of the API reference (Swagger UI): each works as it is filled."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from app.main import create_app
from app.settings import load_settings
from tests.page.browsing import OpenPage, Visit
from tests.serving import Server

OPERATIONS = [
    operation["operationId"]
    for operations in create_app(load_settings()).openapi()["paths"].values()
    for operation in operations.values()
    if operation["operationId"] != "reload"  # needs a configured key
]
STATUS = re.compile(r"^\s*[0-9]{3}\b")


@pytest.fixture(scope="module")
def reference_url(server: Server) -> str:
    return f"{server.url}/docs"


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_form_works_as_it_is_filled(open_page: OpenPage, reference_url: str, operation: str) -> None:
    assert execute(open_page(reference_url), operation) < 300


@pytest.mark.parametrize("media_type", ["text/plain", "application/ssml+xml"])
@pytest.mark.parametrize("operation", ["synthesize", "analyze", "invocations"])
def test_a_form_works_with_every_media_type(
    open_page: OpenPage, reference_url: str, operation: str, media_type: str
) -> None:
    assert execute(open_page(reference_url), operation, media_type) < 300


def execute(visit: Visit, operation: str, media_type: str = "") -> int:
    """Open a form, send it unchanged except for the media type of the body, and return the status of the response."""
    form = visit.page.locator(f".opblock[id$='-{operation}']")
    form.locator(".opblock-summary").click()
    form.get_by_role("button", name="Try it out").click()
    if media_type:
        form.locator(".opblock-section-request-body .content-type").select_option(media_type)
    form.get_by_role("button", name="Execute").click()
    status = form.locator(".live-responses-table tbody .response-col_status").first
    expect(status).to_have_text(STATUS)
    return int(status.inner_text().split()[0])
