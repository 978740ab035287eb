# SPDX-License-Identifier: Apache-2.0
"""What is imported inside a function is what one decision names with its reason, and no more."""

import ast
import re
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).parent.parent
_DECISION = ROOT / "docs" / "adr" / "0015-imports-at-the-top.md"


def _modules() -> dict[str, Path]:
    paths = (ROOT / "cardtool").rglob("*.py")
    return {".".join(path.relative_to(ROOT).with_suffix("").parts): path for path in paths}


def _imported_inside() -> Iterator[str]:
    """Yield every module that is imported inside a function of the package."""
    ours = {name.removesuffix(".__init__") for name in _modules()}
    for path in _modules().values():
        for function in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(function, ast.FunctionDef):
                continue
            for node in ast.walk(function):
                if isinstance(node, ast.Import):
                    yield from (name.name for name in node.names)
                if isinstance(node, ast.ImportFrom):
                    for name in node.names:
                        module = f"{node.module}.{name.name}"
                        yield module if module in ours else str(node.module)


def test_what_is_imported_inside_a_function_is_what_the_decision_names() -> None:
    rows = re.findall(r"^\| (.+?) \| .+ \|$", _DECISION.read_text("utf-8"), re.MULTILINE)
    named = set(re.findall(r"`([a-zA-Z0-9_.*]+)`", "\n".join(rows))) - {"metadata", "rich"}
    inside = set(_imported_inside())

    assert {name for name in inside if not any(fnmatch(name, known) for known in named)} == set()
    assert {known for known in named if not any(fnmatch(name, known) for name in inside)} == set()
