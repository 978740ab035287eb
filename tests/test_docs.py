# SPDX-License-Identifier: Apache-2.0
"""The documents say what the code does today, and can be read: pages, links, commands, width."""

import importlib.util
import json
import re
import shlex
import socket
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import click
import msgspec
import pytest

from cardtool.cli import main
from cardtool.cli.commands.fleet import fleet
from cardtool.cli.later import LaterCommand
from cardtool.rules.codes import ROWS
from cardtool.text import LANGUAGES

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"

PAGES = sorted(
    page
    for place in (ROOT.glob("*.md"), DOCS.rglob("*.md"), (ROOT / "drivers_notes").glob("*.md"))
    for page in place
)
MANUAL = [ROOT / "README.md", *(DOCS / f"{each}.md" for each in ("kullanim", "use", "bt", "it"))]
TWINS = (("kullanim.md", "use.md"), ("bt.md", "it.md"))
"""Pages that say the same in Turkish and in English."""

_COLUMNS = 100


def _generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


GENERATOR = _generator()


def _name(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("name", GENERATOR.PAGES)
def test_a_generated_page_is_current(name: str) -> None:
    made = GENERATOR.PAGES[name]()

    assert (DOCS / name).read_text("utf-8") == made, "run `make generated`"


@pytest.mark.parametrize("picture", sorted(DOCS.glob("*.svg")), ids=lambda file: file.name)
def test_a_picture_asks_for_nothing_and_names_no_machine(picture: Path) -> None:
    drawing = picture.read_text("utf-8")

    assert re.findall(r"https?://[^\"]+", drawing) == ["http://www.w3.org/2000/svg"]
    assert not re.search(rf"\b{re.escape(socket.gethostname())}\b", drawing)


def test_every_code_has_its_heading() -> None:
    headings = re.findall(r"(?m)^## (.+)$", (DOCS / "findings.md").read_text("utf-8"))

    assert headings == list(ROWS)


@pytest.mark.parametrize("name", [each for each in GENERATOR.PAGES if "schema" in each])
def test_a_schema_leads_from_its_root_to_every_record(name: str) -> None:
    schema = json.loads((DOCS / name).read_text("utf-8"))

    used = set(re.findall(r'"#/\$defs/(\w+)"', json.dumps(schema)))
    assert used == set(schema["$defs"])
    assert msgspec.json.encode(schema["$ref"])


def test_the_first_page_is_one_page_with_a_picture() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")

    assert len(readme.splitlines()) <= 120
    assert "](docs/terminal.svg)" in readme


def _prose(page: Path) -> Iterator[str]:
    """Yield the lines of a page outside its code blocks and tables, without addresses of links."""
    text = re.sub(r"(?ms)^```.*?^```$", "", page.read_text("utf-8"))
    for line in text.splitlines():
        if not line.startswith("|"):
            yield re.sub(r"\]\([^)]*\)|<https?:[^>]*>", "]", line)


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_lines_of_prose_are_within_the_width(page: Path) -> None:
    assert [line for line in _prose(page) if len(line) > _COLUMNS] == []


_RETIRED = "## Words that the documents do not use"


def _retired() -> list[str]:
    """Return what the glossary says that the documents do not use."""
    glossary = (DOCS / "glossary.md").read_text("utf-8")
    table = glossary.split(_RETIRED)[1]
    return [
        phrase
        for row in re.findall(r"(?m)^\| (`.*?) \|", table)
        for phrase in re.findall(r"`([^`]+)`", row.replace("…", r"\w*"))
    ]


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_documents_use_the_words_of_the_glossary(page: Path) -> None:
    text = page.read_text("utf-8").partition(_RETIRED)[0]
    words = " ".join(re.sub(r"(?ms)^```.*?^```$", "", text).split())

    assert [each for each in _retired() if re.search(rf"(?i)\b{each}\b", words)] == []


@pytest.mark.parametrize("name", [*(f"{language}.toml" for language in LANGUAGES), "help.tr.json"])
def test_messages_use_the_words_of_the_glossary(name: str) -> None:
    lines = (ROOT / "cardtool" / "text" / name).read_text("utf-8").splitlines()

    retired = re.compile("|".join(rf"\b{each}\b" for each in _retired()), re.IGNORECASE)
    assert [line for line in lines if retired.search(line)] == []


def _anchor(heading: str) -> str:
    """Return the name that GitHub gives to a heading.

    Source: github/cmark-gfm and html-pipeline, `toc_filter.rb`.
    """
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def _anchors(page: Path) -> set[str]:
    text = re.sub(r"(?ms)^```.*?^```$", "", page.read_text("utf-8"))
    return {_anchor(heading) for heading in re.findall(r"(?m)^#+ (.+)$", text)}


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_link_leads_to_a_file_and_to_a_heading_in_it(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:|mailto:)([^)\s]*)\)", page.read_text("utf-8"))
    lost = []
    for link in links:
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        if not target.exists() or (anchor and anchor not in _anchors(target)):
            lost.append(link)

    assert lost == []


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_module_that_a_page_names_is_there(page: Path) -> None:
    named = set(re.findall(r"`((?:\w+/)+\w+\.py)`", page.read_text("utf-8")))
    places = (ROOT, ROOT / "cardtool")

    missing = {path for path in named if not any((place / path).exists() for place in places)}

    assert missing == set()


def _commands(page: Path) -> Iterator[str]:
    """Yield what follows `cardtool` or `./run` in the page's examples and within its sentences."""
    text = page.read_text("utf-8")
    blocks = re.findall(r"(?ms)^```sh\n(.*?)^```$", text)
    for line in "\n".join(blocks).splitlines():
        for part in re.split(r"\s#|[|;>]|&&", line):
            if command := re.match(r"\s*cardtool\b ?(.*)", part):
                yield command[1]
    text = re.sub(r"(?ms)^```.*?^```$", "", text)
    yield from re.findall(r"`cardtool ([a-z-][^`]*)`", text)


def _manual() -> list[tuple[str, str]]:
    return sorted({(_name(page), command) for page in MANUAL for command in _commands(page)})


@pytest.mark.parametrize(("page", "arguments"), _manual())
def test_every_command_in_the_manual_exists(page: str, arguments: str) -> None:
    del page
    parts = shlex.split(arguments)
    context = click.Context(main, resilient_parsing=False)
    command: click.Command = main
    if parts and parts[0].startswith("-"):
        parts = ["check", *parts]
    while isinstance(command, click.Group) and parts and not parts[0].startswith("-"):
        name, inner, parts = command.resolve_command(context, parts)
        assert inner is not None, name
        command = inner.load() if isinstance(inner, LaterCommand) else inner
        context = click.Context(command, parent=context)

    command.make_parser(context).parse_args(parts)


@pytest.mark.parametrize("page", ["bt.md", "it.md"])
def test_the_manual_for_it_has_every_command_about_a_fleet(page: str) -> None:
    told = re.findall(r"\bfleet ([a-z]+)", (DOCS / page).read_text("utf-8"))

    assert set(fleet.commands) <= set(told)


def _skeleton(page: Path) -> tuple[list[int], list[str], list[list[str]]]:
    """Return the levels of a page's headings, its code, and the first cells of its tables' rows.

    Comments in code are left out, and examples of the screen: they are in the page's language. Of
    the cells those are kept that are code, and equal in any language.
    """
    text = page.read_text("utf-8")
    blocks = re.findall(r"(?ms)^```(?:sh|toml|powershell|text)\n(.*?)^```$", text)
    code = [re.sub(r"(?m)\s*(?<!\S)#.*$", "", block) for block in blocks]
    prose = re.sub(r"(?ms)^```.*?^```$", "", text)
    levels = [len(marks) for marks in re.findall(r"(?m)^(#+) ", prose)]
    tables = [re.findall(r"`[^`]+`", row) for row in re.findall(r"(?m)^\|.*$", prose)]
    return levels, code, tables


@pytest.mark.parametrize(("turkish", "english"), TWINS)
def test_the_manual_says_the_same_in_both_languages(turkish: str, english: str) -> None:
    assert _skeleton(DOCS / turkish) == _skeleton(DOCS / english)


def _lowered(text: str) -> str:
    """Return a Turkish text in small letters; only Turkish has two kinds of i."""
    return text.replace("İ", "i").replace("I", "ı").lower()


def test_the_glossary_has_the_turkish_words_that_people_are_told() -> None:
    rows = re.findall(r"(?m)^\| (.*?) \|", (DOCS / "glossary.md").read_text("utf-8"))
    words = re.findall(r"\*\* \(([^)]+)\)", "\n".join(rows))
    said = _lowered((DOCS.parent / "cardtool" / "text" / "tr.toml").read_text("utf-8"))

    assert "akıllı kart hizmeti" in words
    assert [each for some in words for each in some.split(", ") if _lowered(each) not in said] == []
