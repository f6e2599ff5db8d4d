"""Measure the web page in Chromium: its first paint, and the first sound of a book of 100,000 characters.

    python -m scripts.measure_page --repeat 5
    python -m scripts.measure_page --url http://127.0.0.1:8000

Next to the times, which depend on the machine and its load, stand counts that do not: requests, and bytes sent.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, expect, sync_playwright
from rich.console import Console
from rich.table import Table

from tests.page.book import write_book
from tests.page.browsing import FLAGS, Visit, find_chromium, visit
from tests.serving import start_server

BOOK_CHARACTERS = 100_000
SENTENCE = 4
"""Number of the sentence, in the shown part, from which the page plays."""
LOAD = """() => {
    const [paint] = performance.getEntriesByName("first-contentful-paint");
    const files = performance.getEntriesByType("resource").filter((one) => one.name.includes("/page/"));
    const [page] = performance.getEntriesByType("navigation");
    const sum = (all) => all.reduce((bytes, one) => bytes + one.transferSize, 0);
    const isBlocking = (one) => one.renderBlockingStatus === "blocking";
    return {
        "first paint, ms": paint.startTime,
        "ready to write, ms": performance.getEntriesByName("ready")[0].startTime,
        "first labels, ms": performance.now(),
        "files that block the paint": files.filter(isBlocking).length,
        "bytes that block the paint": page.transferSize + sum(files.filter(isBlocking)),
        "files": files.length + 1,
        "bytes, compressed": page.transferSize + sum(files),
        "waves of files": waves(files),
    };

    /** How many files are at most requested one after the other has arrived. */
    function waves(all) {
        const found = new Map();
        for (const one of all.toSorted((a, b) => a.startTime - b.startTime)) {
            const before = [...found].filter(([other]) => other.responseEnd <= one.startTime);
            found.set(one, 1 + Math.max(0, ...before.map(([, wave]) => wave)));
        }
        return Math.max(...found.values());
    }
}"""
WATCH_READY = """() => {
    const look = () => {
        const area = document.querySelector("textarea");
        if (area && !area.readOnly) performance.mark("ready");
        else requestAnimationFrame(look);
    };
    look();
}"""
PRESS = """(selector) => new Promise((resolve) => {
    const start = AudioBufferSourceNode.prototype.start;
    const request = window.fetch;
    const pressed = performance.now();
    const sent = [];
    let [asked, answered] = [null, null];
    window.fetch = async (path, options) => {
        sent.push(new Blob([options?.body ?? ""]).size);
        asked ??= performance.now() - pressed;
        const answer = await request(path, options);
        answered = performance.now() - pressed;
        return answer;
    };
    AudioBufferSourceNode.prototype.start = function (when) {
        AudioBufferSourceNode.prototype.start = start;
        window.fetch = request;
        const now = performance.now() - pressed;
        resolve({
            "first sound, ms": now + 1000 * (when - this.context.currentTime),
            "of which: until the first request, ms": asked,
            "of which: until the answer begins, ms": answered,
            "of which: until the samples are there, ms": now,
            "requests before": sent.length,
            "bytes sent before": sent.reduce((sum, size) => sum + size, 0),
        });
        return start.call(this, when);
    };
    document.querySelector(selector).click();
})"""
"""Press a button; return when the first sound is heard, and what was sent until then."""

Figures = dict[str, float]


def measure_load(browser: Browser, url: str) -> Figures:
    """Return figures of the page as it opens in a new window with an empty cache."""
    context = browser.new_context()
    page = context.new_page()
    page.add_init_script(f"({WATCH_READY})()")
    page.goto(url)
    page.locator(".tag").first.wait_for()
    figures: Figures = page.evaluate(LOAD)
    context.close()
    return figures


def open_book(browser: Browser, url: str) -> Visit:
    """Open the page with a book, whose middle is edited, and the edit undone."""
    desk = visit(browser, url)
    desk.settle()
    file: Any = {"name": "book.txt", "mimeType": "", "buffer": write_book(BOOK_CHARACTERS).encode()}
    desk.page.locator("#file").set_input_files(file)
    expect(desk.status).to_contain_text("“book” is open")
    turn(desk.page, count_parts(desk.page) // 2)
    desk.settle()
    desk.text.press("ControlOrMeta+End")
    desk.text.press_sequentially(" The end.")
    desk.settle()
    desk.text.press("ControlOrMeta+z")
    desk.settle()
    return desk


def count_parts(page: Page) -> int:
    """Return the number of parts of the project."""
    return int(page.locator(".parts option").count())


def turn(page: Page, part: int) -> None:
    """Show a part, without a wait for its plan."""
    page.locator(".parts select").select_option(index=part)


def play(desk: Visit, selector: str) -> Figures:
    """Press a button that plays; return its figures."""
    figures: Figures = desk.page.evaluate(PRESS, selector)
    desk.page.get_by_role("button", name="Stop").click()
    desk.wait_until_still()
    return figures


def play_planned(desk: Visit, number: int) -> Figures:
    """Play from a sentence in the middle of a part that is shown."""
    desk.tags.nth(SENTENCE + number).click()
    return play(desk, "#inspector .from")


def play_unplanned(desk: Visit, number: int) -> Figures:
    """Play a part that was never shown, at once."""
    turn(desk.page, 1 + 2 * number)
    return play(desk, ".play")


@contextmanager
def find_service(url: str | None) -> Iterator[str]:
    """Yield the address of a service: a given one, or one that is started."""
    if url:
        yield url
        return
    with tempfile.TemporaryDirectory() as folder:
        server = start_server(Path(folder), "--backend", "auto")
        try:
            yield server.url
        finally:
            server.stop()


def summarize(measure: Callable[[int], Figures], repeat: int) -> dict[str, tuple[float, float]]:
    """Return median and maximum of each figure."""
    rows = [measure(number) for number in range(repeat)]
    return {name: (statistics.median(one), max(one)) for name in rows[0] if (one := [row[name] for row in rows])}


def main() -> int:
    """Print or save the figures; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", help="address of a running service; by default one is started")
    parser.add_argument("--repeat", type=int, default=5, help="times that each is measured")
    options = parser.parse_args()
    program = find_chromium()
    if program is None:
        sys.stderr.write("measure_page: chromium is not installed.\n")
        return 1
    with find_service(options.url) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        desk = open_book(browser, f"{url}/")
        results = {
            "The page opens": summarize(lambda _: measure_load(browser, f"{url}/"), options.repeat),
            "Play from here": summarize(lambda number: play_planned(desk, number), options.repeat),
            "Play a part that was never shown": summarize(lambda number: play_unplanned(desk, number), options.repeat),
        }
        browser.close()
    show(results)
    return 0


def show(results: dict[str, dict[str, tuple[float, float]]]) -> None:
    """Print a table for people."""
    table = Table("", "median", "maximum")
    for title, figures in results.items():
        table.add_section()
        table.add_row(f"[b]{title}[/b]")
        for name, (median, most) in figures.items():
            table.add_row(name, f"{median:,.0f}", f"{most:,.0f}")
    Console().print(table)


if __name__ == "__main__":
    raise SystemExit(main())
