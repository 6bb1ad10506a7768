"""Take the pictures of the documentation from a loaded sample: python scripts/pictures.py DEMO_FOLDER.

Needs Chromium, which `make test` installs.
"""

from __future__ import annotations

import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

PORT = 8019
SITE = f"http://127.0.0.1:{PORT}"
EMAIL, PASSWORD = "pictures@example.com", "camellia-7714"
PICTURES = Path(__file__).resolve().parents[1] / "docs" / "pictures"
SHOTS = {"rfm.png": ("/value/rfm/", "en"), "rfm.zh.png": ("/value/rfm/", "zh-hans")}


def main(folder: str) -> None:
    zhike = [sys.executable, "-m", "zhike", "--dir", folder]
    subprocess.run(
        [*zhike, "init", folder, "--owner-email", EMAIL, "--owner-password", PASSWORD],
        check=True,
        capture_output=True,
    )
    server = subprocess.Popen([*zhike, "serve", "--port", str(PORT)])
    try:
        _wait()
        _take_all()
    finally:
        server.terminate()
        server.wait()


def _take_all() -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        for name, (address, language) in SHOTS.items():
            context = browser.new_context(viewport={"width": 1360, "height": 1000}, color_scheme="light")
            context.add_cookies([{"name": "zhike_language", "value": language, "url": SITE}])
            page = context.new_page()
            _sign_in(page)
            page.goto(SITE + address)
            page.wait_for_load_state("networkidle")
            page.wait_for_timeout(800)
            page.screenshot(path=PICTURES / name)
            context.close()
        browser.close()


def _sign_in(page: Page) -> None:
    page.goto(SITE + "/sign-in/")
    page.fill("input[name=username]", EMAIL)
    page.fill("input[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_load_state("networkidle")


def _wait() -> None:
    for _ in range(100):
        try:
            urllib.request.urlopen(SITE + "/healthz")
            return
        except OSError:
            time.sleep(0.2)
    raise SystemExit("the server did not start")


if __name__ == "__main__":
    main(sys.argv[1])
