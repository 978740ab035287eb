# SPDX-License-Identifier: Apache-2.0
"""Takes the pictures of README and the manuals: `python -m docs.pictures`, with Chromium."""

import shutil
from pathlib import Path

from playwright.sync_api import sync_playwright

from cardtool.model.redact import mask
from cardtool.practice import load
from cardtool.rules import diagnose
from tests.golden.write import html

FOLDER = Path(__file__).parent / "pictures"
CASES = ("sound", "nes-expiring", "card-mute")


def main() -> None:
    """Write one small picture for each case."""
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), chromium_sandbox=False
        )
        page = browser.new_page(viewport={"width": 900, "height": 900})
        for name in CASES:
            case = load(name)
            page.set_content(html([diagnose(mask(case.snapshot), case.at)], "tr"))
            file = FOLDER / f"{name}.jpg"
            page.screenshot(path=str(file), type="jpeg", quality=52)
        browser.close()


if __name__ == "__main__":
    main()
