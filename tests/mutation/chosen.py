# SPDX-License-Identifier: Apache-2.0
"""Chooses for each mutant the tests that run the lines in which it differs, narrow ones first."""

import ast
import difflib
from collections.abc import Iterator
from pathlib import Path

from mutmut.mutation.file_mutation import MutatedFile, mutate_file_contents
from mutmut.utils.format_utils import (
    get_mutant_name,
    mangled_name_from_mutant_name,
    orig_function_and_class_names_from_key,
)

Lines = dict[str, list[int]]
"""Line -> numbers of the tests that run it, ascending."""


def mutants(path: Path, lines: Lines) -> Iterator[tuple[str, list[int]]]:
    """Yield the name of each mutant of a module, and the numbers of the tests that may notice it.

    A line that runs only at import decides for every test of the module.
    """
    code = path.read_text("utf-8")
    file = mutate_file_contents(str(path), code)
    functions = dict(_functions(ast.parse(code)))
    every = {test for tests in lines.values() for test in tests}
    for mangled in file.mutant_names:
        name = get_mutant_name(path, mangled)
        function = functions[orig_function_and_class_names_from_key(name)]
        changed = {function.lineno + number for number in _changed(file, mangled)}
        near = {line for number in changed for line in _statement(function, number)}
        tests = {test for line in near for test in lines.get(str(line), ())}
        is_run = not near.isdisjoint(map(int, lines))
        yield name, sorted(tests or (every if is_run else ()))


def _functions(tree: ast.Module) -> Iterator[tuple[tuple[str, str | None], ast.FunctionDef]]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            yield (node.name, None), node
        if isinstance(node, ast.ClassDef):
            for method in node.body:
                if isinstance(method, ast.FunctionDef):
                    yield (method.name, node.name), method


def _changed(file: MutatedFile, mangled: str) -> Iterator[int]:
    """Yield which lines of a function a mutant changes, counted from that with its name."""
    whole = file.code.splitlines()
    parts = []
    for name in (f"{mangled_name_from_mutant_name(mangled)}__mutmut_orig", mangled):
        span = file.line_span_by_function_name[name]
        text = whole[span.start - 1 : span.end]
        while not text[0].lstrip().startswith("def "):
            text.pop(0)
        parts.append([text[0].replace(name, ""), *text[1:]])
    was, becomes = parts
    for what, start, end, *_ in difflib.SequenceMatcher(None, was, becomes).get_opcodes():
        if what != "equal":
            yield from range(start, max(end, start + 1))


def _statement(function: ast.FunctionDef, line: int) -> range:
    """Return the lines of the innermost statement in a line, of a block only its head."""
    around = [node for node in ast.walk(function) if isinstance(node, ast.stmt)]
    around = [node for node in around if node.lineno <= line <= (node.end_lineno or 0)]
    node = max(around, key=lambda node: node.lineno)
    if node is function:  # a default is read with the first statement
        return range(function.lineno, (function.end_lineno or 0) + 1)
    body = getattr(node, "body", None)
    if body is None:
        return range(node.lineno, (node.end_lineno or 0) + 1)
    return range(node.lineno, body[0].lineno) if line < body[0].lineno else range(line, line + 1)
