# SPDX-License-Identifier: Apache-2.0
"""Takes the pictures of README and the manuals: `python -m docs.pictures`, with Chromium."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, NamedTuple

from playwright.sync_api import Browser, sync_playwright

from cardtool.model.redact import mask
from cardtool.practice import load
from cardtool.rules import diagnose
from tests.golden.write import html

FOLDER = Path(__file__).parent / "pictures"
_QUALITY = 55  # of JPEG, in hundredths


_FIRST_SHEET = """document.querySelectorAll(".sheet").forEach((sheet) => sheet.remove());
document.body.style.margin = "13mm 14mm";"""


class Picture(NamedTuple):
    """One picture of the page of a practice case."""

    file: str
    case: str
    width: int = 900
    height: int = 900
    colours: Literal["light", "dark"] = "light"
    media: Literal["screen", "print"] = "screen"


PICTURES = (
    Picture("sound", "sound"),
    Picture("nes-expiring", "nes-expiring"),
    Picture("card-mute", "card-mute"),
    Picture("card-mute-narrow", "card-mute", 360, 900, "dark"),
    Picture("nes-expiring-paper", "nes-expiring", 794, 1123, media="print"),
)


def _taken(browser: Browser) -> Iterator[tuple[str, bytes]]:
    """Yield the name of each file and what belongs in it."""
    for picture in PICTURES:
        case = load(picture.case)
        size = {"width": picture.width, "height": picture.height}
        page = browser.new_page(viewport=size)  # type: ignore[arg-type]
        page.emulate_media(media=picture.media, color_scheme=picture.colours)
        page.set_content(html([diagnose(mask(case.snapshot), case.at)], "tr"))
        if picture.media == "print":
            page.evaluate(_FIRST_SHEET)
        yield f"{picture.file}.jpg", page.screenshot(type="jpeg", quality=_QUALITY)
        page.close()


def main() -> None:
    """Write all pictures."""
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), chromium_sandbox=False
        )
        for name, body in _taken(browser):
            (FOLDER / name).write_bytes(body)
        browser.close()


if __name__ == "__main__":
    main()
