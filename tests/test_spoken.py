# SPDX-License-Identifier: Apache-2.0
"""The help of every command, and what click says of a wrong command line, in Turkish."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import click
import pytest

from cardtool.cli import main
from cardtool.cli.later import LaterCommand
from cardtool.text import load_help

_RUN = """
import contextlib, io, json, sys
from cardtool import cli
said = []
for arguments in json.load(sys.stdin):
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        status = cli.run(arguments)
    said.append((status, out.getvalue()))
print(json.dumps(said))
"""

_ENGLISH = (
    "Usage", "Options", "Commands", "Show ", "Try ", "Error", "No such", "Missing", "Invalid",
    "Write ", "default", "List ", "requires", "Judge", "Which", "Remove ", "exit status",
)  # fmt: skip
"""Words that stand in English help and in click's own sentences."""


def _walk(command: click.Command, *path: str) -> Iterator[tuple[str, ...]]:
    yield path
    whole = command.load() if isinstance(command, LaterCommand) else command
    if isinstance(whole, click.Group):
        for name, each in whole.commands.items():
            yield from _walk(each, *path, name)


PATHS = list(_walk(main))


def _said(commands: Sequence[Sequence[str]], **settings: str) -> list[tuple[int, str]]:
    done = subprocess.run(
        [sys.executable, "-c", _RUN],
        input=json.dumps(commands),
        env={**os.environ, "COLUMNS": "200", "CARDTOOL_CONFIG": "", **settings},
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    return [(status, text) for status, text in json.loads(done.stdout)]


def _commands(command: click.Command) -> Iterator[click.Command]:
    yield command
    whole = command.load() if isinstance(command, LaterCommand) else command
    yield whole
    if isinstance(whole, click.Group):
        for each in whole.commands.values():
            yield from _commands(each)


def test_every_sentence_of_help_is_translated() -> None:
    helps = [each.help or "" for each in _commands(main)]
    helps += (
        param.help
        for each in _commands(main)
        for param in each.params
        if isinstance(param, click.Option) and param.help
    )
    paragraphs = {" ".join(part.split()) for each in helps for part in each.split("\n\n")}

    assert sorted(paragraphs - {""} - load_help("tr")["help"].keys()) == []
    assert load_help("en") == {"click": {}, "help": {}}


def test_help_of_every_command_is_turkish() -> None:
    asked = [["--lang", "tr", *path, "--help"] for path in PATHS]

    said = _said(asked, CARDTOOL_LANG="en")

    assert len(said) == len(PATHS) > 20
    for path, (status, text) in zip(PATHS, said, strict=True):
        assert status == 0, path
        assert text.startswith("Kullanım:"), path
        assert "Bu yardımı gösterir ve çıkar." in text, path
        assert [word for word in _ENGLISH if word in text] == [], (path, text)


def test_what_click_says_of_a_wrong_option_is_turkish_at_every_command() -> None:
    asked = [[*path, "--nosuch"] for path in PATHS]

    for path, (status, text) in zip(PATHS, _said(asked, CARDTOOL_LANG="tr"), strict=True):
        assert status == 3, path
        assert "Hata: Böyle bir seçenek yok: --nosuch" in text, (path, text)
        assert [word for word in _ENGLISH if word in text] == [], (path, text)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nosuch"], "Böyle bir komut yok: nosuch."),
        (["diagnose"], "Eksik değer"),
        (["check", "more"], "Fazladan değer verildi (more)"),
        (["check", "more", "most"], "Fazladan değerler verildi (more most)"),
        (["check", "--format", "pdf"], "pdf geçersiz; olabilecek değerler:"),
        (["check", "--timeout", "soon"], "soon bir sayı değil"),
        (["check", "--timeout"], "Bu seçenek bir değer ister: --timeout."),
    ],
)
def test_what_click_says_of_wrong_values_is_turkish(arguments: list[str], says: str) -> None:
    ((status, text),) = _said([arguments], CARDTOOL_LANG="tr")

    assert status == 3
    assert says in text
    assert [word for word in _ENGLISH if word in text] == []


def test_english_stays_and_the_last_language_named_holds() -> None:
    english, turkish, wrong = _said(
        [
            ["--help", "--lang", "en"],
            ["--help", "--lang", "en", "--lang=tr"],
            ["practice", "--lang", "xx"],
        ],
        CARDTOOL_LANG="",
        LC_ALL="C",
    )

    assert english[1].startswith("Usage:")
    assert turkish[1].startswith("Kullanım:")
    assert wrong[1].startswith("Usage:")


def test_the_configuration_names_the_language_unless_it_cannot_be_read(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text('language = "tr"', "utf-8")
    settings = {"CARDTOOL_LANG": "", "LC_ALL": "", "LC_MESSAGES": "", "LANG": ""}

    ((_, turkish),) = _said([["--help"]], CARDTOOL_CONFIG=str(config), **settings)
    config.write_text("language = ", "utf-8")
    ((_, english),) = _said([["--help"]], CARDTOOL_CONFIG=str(config), **settings)

    assert turkish.startswith("Kullanım:")
    assert english.startswith("Usage:")
