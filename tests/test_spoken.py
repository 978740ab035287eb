# SPDX-License-Identifier: Apache-2.0
"""The help of every command, and what click says of a wrong command line, in Turkish."""

import ast
import json
import os
import string
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import click
import pytest

from cardtool import cli
from cardtool.cli import main
from cardtool.cli.later import LaterCommand
from cardtool.text import Text, load_help

_RUN = """
import contextlib, io, json, sys
from cardtool import cli
class Out(io.StringIO):
    encoding = "utf-8"
said = []
for arguments in json.load(sys.stdin):
    out = Out()
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
    assert load_help("en") == {"click": {}, "reason": {}, "help": {}}


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


def _own_sentences() -> set[str]:
    """Return what the code says of a wrong command line: given to `say`, `misuse`, or as `text`."""
    found: set[str] = set()
    for path in Path(cli.__file__).parent.rglob("*.py"):
        tree = ast.parse(path.read_text("utf-8"))
        for function in ast.walk(tree):
            if not isinstance(function, ast.FunctionDef):
                continue
            calls = [each for each in ast.walk(function) if isinstance(each, ast.Call)]
            given = [
                call.args[0] for call in calls if call.args and _name(call) in {"say", "misuse"}
            ]
            names = {each.id for each in given if isinstance(each, ast.Name)}
            given += (
                each.value
                for each in ast.walk(function)
                if isinstance(each, ast.Assign) and {ast.unparse(t) for t in each.targets} & names
            )
            assert not [each for each in given if isinstance(each, ast.JoinedStr)], path
            found |= {
                part.value
                for each in given
                for part in ([each.body, each.orelse] if isinstance(each, ast.IfExp) else [each])
                if isinstance(part, ast.Constant) and isinstance(part.value, str)
            }
    return found


def _name(call: ast.Call) -> str:
    return getattr(call.func, "attr", getattr(call.func, "id", ""))


def _fields(pattern: str) -> set[str | None]:
    return {name for _, name, _, _ in string.Formatter().parse(pattern)} - {None}


def test_every_sentence_of_our_own_about_a_wrong_command_line_is_translated() -> None:
    sentences, words = _own_sentences(), load_help("tr")["click"]

    assert len(sentences) >= 20
    assert sorted(sentences - words.keys()) == []
    assert [each for each in sentences if _fields(each) != _fields(words[each])] == []


def test_no_wrong_command_line_is_refused_in_words_that_are_not_translated() -> None:
    for path in Path(cli.__file__).parent.rglob("*.py"):
        for call in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(call, ast.Call) and _name(call) in {"UsageError", "BadParameter", "fail"}:
                said = call.args[0]
                assert not isinstance(said, ast.Constant | ast.JoinedStr), (path, call.lineno)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["check", "--at", "never", "--lang", "tr"], "'never' bir tarih değil; şöyle yazın:"),
        (["check", "--timeout", "0"], "0 olmaz; en az 1, en çok 600 saniye yazın."),
        (["watch", "--desk="], "Dosyanın adı boş bırakılmış."),
        (["snapshot", "--format", "html"], "komutunda --format html yok; olanlar:"),
        (["certs", "export", "--format", "json"], "`cardtool certs export` komutunda"),
        (["check", "--keep-personal"], "--keep-personal yalnızca veriler içindir;"),
        (["diagnose", "-", "-"], "girdi bir kez okunabilir;"),
        (["remind"], "Şunlardan birini yazın: --install, --remove, --run."),
        (["guide", "--receipt"], "--receipt tek bir işlem içindir:"),
        (["fleet", "audit", "--code", "{x}"], "'{x}' bir bulgu kodu değil;"),
    ],
)
def test_what_the_program_says_of_a_wrong_command_line_is_turkish(
    arguments: list[str], says: str
) -> None:
    ((status, text),) = _said([arguments], CARDTOOL_LANG="" if "tr" in arguments else "tr")

    assert status == 3
    assert says in text
    assert "[SEÇENEKLER]" in text
    assert [word for word in _ENGLISH if word in text] == []


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (None, "Okunamadı (böyle bir dosya ya da klasör yok)."),
        (b"hello", "bir sertifika (DER, PEM, PKCS#7)"),
        ("\ufeffhello".encode("utf-16-le"), "bir sertifika (DER, PEM, PKCS#7)"),
        (b"-----BEGIN CERTIFICATE-----\nAAAA\n", "Metni -----BEGIN CERTIFICATE----- satırından"),
        (b"{", "(dosyanın sonu eksik)"),
        (b'{"schema": "x"}', "(`int` bekleniyordu, `str` bulundu (yeri: `$.schema`))"),
        ('\ufeff{"schema": 1}'.encode("utf-16-le"), "(eksik alan: `taken_at`)"),
    ],
)
def test_files_that_cannot_be_judged_are_refused_with_what_can_be_given(
    tmp_path: Path, body: bytes | None, says: str
) -> None:
    file = tmp_path / "file"
    if body is not None:
        file.write_bytes(body)

    ((status, text),) = _said([["diagnose", str(file)]], CARDTOOL_LANG="tr")

    assert status == 3
    assert says in text
    assert "JSON" not in text


def test_a_desk_that_cannot_be_written_is_named_by_its_option(tmp_path: Path) -> None:
    ((status, text),) = _said([["watch", "--desk", str(tmp_path)]], CARDTOOL_LANG="tr")

    assert status == 3
    assert "(bu bir klasör)" in text
    assert text.endswith("--desk ile başka bir dosya verin.\n")


def test_a_reason_that_is_not_known_stays_as_it_was_given() -> None:
    said = Text("tr").refusal("snapshot-unreadable", {"file": "a", "reason": "Error 5 {}"})

    assert "(Error 5 {})" in said
