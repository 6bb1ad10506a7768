"""Looking at pages in a real browser: what it complains about, and what axe finds."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = Path("/usr/bin/chromium")
# Every pair of a language, a theme and a width: faults come of one of them or of two together, hardly of all three.
LOOKS = [
    ("zh-hans", "light", 1360),
    ("zh-hans", "dark", 390),
    ("en", "light", 390),
    ("en", "dark", 1360),
]
WCAG = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    # What passes is not described: that takes longer than looking.
    "resultTypes": ["violations"],
}


@contextmanager
def chromium() -> Iterator[Browser]:
    # Playwright's loop runs in this thread, which Django would take for an asynchronous view.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    path = str(CHROMIUM) if CHROMIUM.exists() else None
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@dataclass
class Visitor:
    """A page in one language, theme and width that notes everything the browser complains about."""

    page: Page
    base: str
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        own = (self.base, "data:", "blob:")
        self.page.on("console", lambda said: self._note(said.text, said.type in ("error", "warning")))
        self.page.on("pageerror", lambda error: self._note(str(error), True))
        self.page.on("request", lambda asked: self._note(f"asked {asked.url}", not asked.url.startswith(own)))

    def sign_in(self, email: str, password: str) -> None:
        self.page.goto(f"{self.base}/sign-in/")
        self.page.fill("input[name=username]", email)
        self.page.fill("input[name=password]", password)
        self.page.click("main button.btn-primary")
        self.page.wait_for_url(f"{self.base}/")

    def open(self, path: str) -> None:
        self.page.goto(self.base + path)
        if self.page.query_selector("[hx-trigger]"):
            # Half a second of silence: only for pages of which parts come later.
            self.page.wait_for_load_state("networkidle")

    def faults(self) -> list[Any]:
        """What is wrong with the page as it stands: complaints, sideways scrolling, axe violations."""
        found: list[Any] = list(self.complaints)
        if self.page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            found.append("scrolls sideways")
        for violation in Axe().run(self.page, options=WCAG).response["violations"]:
            found.append((violation["id"], [node["html"][:160] for node in violation["nodes"]]))
        return found

    def _note(self, text: str, is_fault: bool) -> None:
        if is_fault:
            self.complaints.append(text)


@contextmanager
def visitor(browser: Browser, base: str, *, language: str, theme: Any, width: int) -> Iterator[Visitor]:
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=theme)
    context.add_cookies([{"name": "zhike_language", "value": language, "url": base}])
    try:
        yield Visitor(context.new_page(), base)
    finally:
        context.close()
