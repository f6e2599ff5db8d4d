"""The page in a browser: opened, looked at, and watched for what it must never do."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Request, Route, expect

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--autoplay-policy=no-user-gesture-required"),
)
DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 360, "height": 740}
PATIENCE = 60_000
"""Milliseconds, for a machine that does other things, too."""

expect.set_options(timeout=PATIENCE)


def chromium() -> str | None:
    """The browser of the system; none is ever downloaded."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, PROGRAMS)), None)


@dataclass
class Visit:
    """The open page of one test."""

    page: Page
    url: str
    console: list[str] = field(default_factory=list)
    """Errors and warnings, and exceptions that nothing caught."""
    requests: list[Request] = field(default_factory=list)

    def watch(self) -> None:
        self.page.on("console", self._told)
        self.page.on("pageerror", lambda error: self.console.append(f"exception: {error}"))
        self.page.on("request", lambda request: self.requests.append(request))

    def _told(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.console.append(message.text)

    def check(self) -> None:
        """Nothing was asked of another host, no policy was hurt, no exception was left alone."""
        asked = {urlsplit(request.url) for request in self.requests}
        strangers = {url.geturl() for url in asked if url.scheme not in ("blob", "data") and url.netloc != self.host}
        assert not strangers
        # A browser writes every answer from 400 on into the console; those are the business of single tests.
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
        """Another text; waits for its emotions, where they are told."""
        self.text.fill(text)
        if emotions:
            expect(self.tags).to_have_text(list(emotions))
            self.settle()

    def feel(self, *strengths: float) -> None:
        """From now on, the sentences of each plan are felt so strongly, whatever the classifier makes of them."""

        def answer(route: Route) -> None:
            planned = route.fetch()
            plan = planned.json()
            for one, strength in zip(plan["utterances"], strengths, strict=False):
                reason = f"{one['emotion']}, strength {strength:g}"
                one.update(strength=strength, degree=strength or 1.0, reason=reason)
            route.fulfill(response=planned, json=plan)

        self.page.route("**/analyze", answer)

    def settle(self) -> None:
        """Until the plan is that of the text."""
        expect(self.page.locator(".backdrop mark.stale")).to_have_count(0)

    def choose(self, index: int, emotion: str) -> None:
        """Click a sentence's label, and another emotion."""
        self.tags.nth(index).click()
        self.page.locator(f"#inspector .feeling[data-emotion={emotion}]").click()
        expect(self.tags.nth(index)).to_have_text(emotion)

    def dial(self, name: str, value: float) -> None:
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

    def posted(self, path: str) -> list[Any]:
        """The bodies of all requests to a path, in their order."""
        return [one.post_data_json for one in self.requests if urlsplit(one.url).path.endswith(path)]

    def speak(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Press play: what was sent, and what was answered."""
        with self.page.expect_response("**/synthesize", timeout=PATIENCE) as answer:
            self.page.locator(".play").click()
        return answer.value.request.post_data_json, answer.value.json()

    def still(self) -> None:
        """Until nothing is spoken or played any more."""
        expect(self.page.locator(".transport")).to_have_attribute("data-state", "still")

    def clipboard(self) -> str:
        return str(self.page.evaluate("navigator.clipboard.readText()"))


OpenPage = Callable[..., Visit]
"""`visit` without its browser."""


def visit(browser: Browser, url: str, **options: Any) -> Visit:
    """Open the page in a window of its own."""
    context = browser.new_context(**{"viewport": DESKTOP, "color_scheme": "light", **options})
    context.set_default_timeout(PATIENCE)
    visit = Visit(context.new_page(), url)
    visit.watch()
    visit.page.goto(url)
    return visit
