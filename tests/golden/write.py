# SPDX-License-Identifier: Apache-2.0
"""Writes the golden files: `python -m tests.golden.write`, which `make generated` runs.

Read what changed in them before keeping it: they are what people see.
"""

import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from cardtool.model.diagnosis import Diagnosis
from cardtool.model.redact import mask, redact
from cardtool.rules import diagnose
from cardtool.text import LANGUAGES, Text
from cardtool.views import VIEWS, view
from cardtool.views.paper import Paper
from tests.described import FILES, read
from tests.golden.desk import AT, ZONE, desk

FOLDER = Path(__file__).parent
KEY = b"the key of the golden files"


def cases() -> Iterator[tuple[str, Diagnosis]]:
    """Yield each described desk as a person would see it: masked, then judged."""
    for path in FILES:
        case = read(path)
        yield path.stem, diagnose(mask(case.desk()), case.at)


def pages() -> dict[str, str]:
    """Return every golden file: its name and what belongs in it."""
    found = dict(cases())
    done = {"json.txt": _json()}
    for language in LANGUAGES:
        text = Text(language, ZONE)
        for name, render in _renderers().items():
            done[f"{name}.{language}.txt"] = "".join(
                f"=== {case} ===\n{''.join(render([diagnosis], text))}\n"
                for case, diagnosis in found.items()
            )
    return done


_PRODUCTS = {"/usr/lib/x86_64-linux-gnu/opensc-pkcs11.so": "OpenSC"}


def _renderers() -> dict[str, Callable[..., Iterator[str]]]:
    """Return every view with words, by the name of its file, and the terminal's on a phone."""
    shown = (name for name in VIEWS if not _is_json(name) and name != "ics")  # read back instead
    found = {name.removesuffix("-terminal"): view(name) for name in shown}
    found["narrow"] = partial(view("terminal"), paper=Paper(width=40, symbols=False))
    found["drivers"] = partial(found["drivers"], products=_PRODUCTS)
    return found


def _is_json(name: str) -> bool:
    return name.endswith("json")


def _json() -> str:
    """Return the documents of one desk: a program's promise, spelt out once."""
    diagnosis = diagnose(redact(desk(), KEY), AT)
    names = filter(_is_json, VIEWS)
    documents = ["".join(view(name)([diagnosis], Text("en"))) for name in names]
    for document in documents:
        json.loads(document)
    return "\n".join(documents)


def main() -> None:
    """Write all golden files."""
    for name, page in pages().items():
        (FOLDER / name).write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
