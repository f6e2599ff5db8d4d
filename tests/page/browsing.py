"""Open and use the page in a browser, and watch it for forbidden requests and errors."""

from __future__ import annotations

import base64
import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Request, Response, Route, expect

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--autoplay-policy=no-user-gesture-required"),
)
DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 360, "height": 740}
TIMEOUT_MS = 60_000
"""Timeout in milliseconds, for a machine under load."""

expect.set_options(timeout=TIMEOUT_MS)


def find_chromium() -> str | None:
    """Return the browser of the system; none is downloaded."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, PROGRAMS)), None)


@dataclass
class Visit:
    """The open page of one test."""

    page: Page
    url: str
    console: list[str] = field(default_factory=list)
    """Errors, warnings and uncaught exceptions."""
    requests: list[Request] = field(default_factory=list)

    def watch(self) -> None:
        self.page.on("console", self._record_message)
        self.page.on("pageerror", lambda error: self.console.append(f"exception: {error}"))
        self.page.on("request", lambda request: self.requests.append(request))

    def _record_message(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.console.append(message.text)

    def check(self) -> None:
        """Assert that no other host got a request, no policy was violated, and no exception was uncaught."""
        urls = {urlsplit(request.url) for request in self.requests}
        foreign = {url.geturl() for url in urls if url.scheme not in ("blob", "data") and url.netloc != self.host}
        assert not foreign
        # A browser logs every response from 400 on in the console; tests check those themselves.
        assert [line for line in self.console if "Failed to load resource" not in line] == []

    @property
    def host(self) -> str:
        return urlsplit(self.url).netloc

    @property
    def text(self) -> Locator:
        return self.page.locator("#text")

    @property
    def marks(self) -> Locator:
        """The coloured sentences behind the text."""
        return self.page.locator(".backdrop mark")

    @property
    def tags(self) -> Locator:
        """The labels above the sentences."""
        return self.page.locator(".tag")

    @property
    def alert(self) -> Locator:
        return self.page.locator("#alert")

    @property
    def status(self) -> Locator:
        return self.page.locator("#status")

    def write(self, text: str, *emotions: str) -> None:
        """Enter another text, and wait for its emotions if they are given."""
        self.text.fill(text)
        if emotions:
            expect(self.tags).to_have_text(list(emotions))
            self.settle()

    def set_strengths(self, *strengths: float) -> None:
        """Replace the strengths of the sentences in every plan from now on."""

        def replace(route: Route) -> None:
            planned = route.fetch()
            plan = planned.json()
            for one, strength in zip(plan["utterances"], strengths, strict=False):
                reason = f"{one['emotion']}, strength {strength:g}"
                one.update(strength=strength, degree=strength or 1.0, reason=reason)
            route.fulfill(response=planned, json=plan)

        self.page.route("**/analyze", replace)

    def fail(self) -> None:
        """Let the planning of a text fail, in a way that another attempt does not solve; wait for the alert."""
        problem = {"code": "text_too_long", "title": "The text is too long", "detail": "It is.", "hint": "Cut it."}
        self.page.route("**/analyze", lambda route: route.fulfill(status=413, json=problem))
        self.text.press("ControlOrMeta+End")
        self.text.press_sequentially(" And")
        expect(self.alert).to_be_visible()

    def settle(self) -> None:
        """Wait until the plan is that of the text."""
        expect(self.page.locator(".backdrop mark.stale")).to_have_count(0)

    def choose(self, index: int, emotion: str) -> None:
        """Click the label of a sentence, and another emotion."""
        self.tags.nth(index).click()
        self.page.locator(f"#inspector .feeling[data-emotion={emotion}]").click()
        expect(self.tags.nth(index)).to_have_text(emotion)

    def set_dial(self, name: str, value: float) -> None:
        self.page.locator(f"#inspector input[name={name}]").fill(str(value))

    @property
    def expressiveness(self) -> Locator:
        return self.page.get_by_role("slider", name="Expressiveness", exact=True)

    @property
    def strength(self) -> Locator:
        """The dial of the selected sentence."""
        return self.page.get_by_role("slider", name="Strength", exact=True)

    @property
    def reason(self) -> Locator:
        return self.page.locator("#inspector .reason")

    def read_bodies(self, path: str) -> list[Any]:
        """Return the bodies of all requests to a path, in order."""
        return [one.post_data_json for one in self.requests if urlsplit(one.url).path.endswith(path)]

    def speak(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Press play; return the bodies of the request and of the response."""
        with self.page.expect_response("**/synthesize", timeout=TIMEOUT_MS) as response:
            self.page.locator(".play").click()
        sent: dict[str, Any] = response.value.request.post_data_json or {}
        return sent, read_speech(response.value)

    def wait_until_still(self) -> None:
        """Wait until nothing is synthesized or played any more."""
        expect(self.page.locator(".transport")).to_have_attribute("data-state", "still")

    def read_clipboard(self) -> str:
        return str(self.page.evaluate("navigator.clipboard.readText()"))


def read_speech(response: Response) -> dict[str, Any]:
    """Return the events of a stream as the response with `timing` alone: the audio, its duration and the plan."""
    events = [json.loads(line) for line in response.text().splitlines()]
    starts, ends = ([one for one in events if one["type"] == f"speech.utterance{end}"] for end in ("", ".done"))
    utterances = [
        {**start["utterance"], **{name: end[name] for name in ("end", "pause_after", "words")}}
        for start, end in zip(starts, ends, strict=True)
    ]
    return {
        "audio": b"".join(base64.b64decode(one["audio"]) for one in events if one["type"] == "speech.audio.delta"),
        "sample_rate": events[0]["sample_rate"],
        "duration": events[-1]["duration"],
        "plan": {"utterances": utterances, "warnings": events[-1]["warnings"]},
    }


OpenPage = Callable[..., Visit]
"""The type of `visit` without its browser."""


def visit(browser: Browser, url: str, **options: Any) -> Visit:
    """Open the page in its own window."""
    context = browser.new_context(**{"viewport": DESKTOP, "color_scheme": "light", **options})
    context.set_default_timeout(TIMEOUT_MS)
    visit = Visit(context.new_page(), url)
    visit.watch()
    visit.page.goto(url)
    return visit
