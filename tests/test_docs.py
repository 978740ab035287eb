# SPDX-License-Identifier: Apache-2.0
"""The generated pages are what the code says today, and the glossary has the words of it."""

import importlib.util
import json
import re
from pathlib import Path
from types import ModuleType

import msgspec
import pytest

from cardtool.rules.codes import ROWS

DOCS = Path(__file__).parent.parent / "docs"


def _generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


GENERATOR = _generator()


@pytest.mark.parametrize("name", GENERATOR.PAGES)
def test_a_generated_page_is_current(name: str) -> None:
    made = GENERATOR.PAGES[name]()

    assert (DOCS / name).read_text("utf-8") == made, "run `make generated`"


def test_every_code_has_its_heading() -> None:
    headings = re.findall(r"(?m)^## (.+)$", (DOCS / "findings.md").read_text("utf-8"))

    assert headings == list(ROWS)


@pytest.mark.parametrize("name", [each for each in GENERATOR.PAGES if "schema" in each])
def test_a_schema_leads_from_its_root_to_every_record(name: str) -> None:
    schema = json.loads((DOCS / name).read_text("utf-8"))

    used = set(re.findall(r'"#/\$defs/(\w+)"', json.dumps(schema)))
    assert used == set(schema["$defs"])
    assert msgspec.json.encode(schema["$ref"])


def _lowered(text: str) -> str:
    """Return a Turkish text in small letters; only Turkish has two kinds of i."""
    return text.replace("İ", "i").replace("I", "ı").lower()


def test_the_glossary_has_the_turkish_words_that_people_are_told() -> None:
    rows = re.findall(r"(?m)^\| (.*?) \|", (DOCS / "glossary.md").read_text("utf-8"))
    words = re.findall(r"\*\* \(([^)]+)\)", "\n".join(rows))
    said = _lowered((DOCS.parent / "cardtool" / "text" / "tr.toml").read_text("utf-8"))

    assert "akıllı kart hizmeti" in words
    assert [each for some in words for each in some.split(", ") if _lowered(each) not in said] == []
