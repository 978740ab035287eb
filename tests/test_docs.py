# SPDX-License-Identifier: Apache-2.0
"""The generated pages of docs/ are what the code says today."""

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


@pytest.mark.parametrize("name", ["snapshot.schema.json", "diagnosis.schema.json"])
def test_a_schema_leads_from_its_root_to_every_record(name: str) -> None:
    schema = json.loads((DOCS / name).read_text("utf-8"))

    used = set(re.findall(r'"#/\$defs/(\w+)"', json.dumps(schema)))
    assert used == set(schema["$defs"])
    assert msgspec.json.encode(schema["$ref"])
