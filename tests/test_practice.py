# SPDX-License-Identifier: Apache-2.0
"""The examples that ship: shown as the desk itself would be, and never mistaken for it."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cardtool.cli import main
from cardtool.cli.refusal import UNKNOWN
from cardtool.practice import load, names
from cardtool.rules.codes import ROWS
from cardtool.text import LANGUAGES, Text
from cardtool.views import DIAGNOSIS, FORMATS
from tests.described import FILES, PRACTICE, read
from tests.page import blocks

_BLOCKED = """
import sys
sys.argv[0] = "cardtool"
sys.modules.update(dict.fromkeys({"smartcard", "pkcs11", "cryptography", "asn1crypto", "ctypes"}))
from cardtool.__main__ import main
main()
"""
every_case = pytest.mark.parametrize("name", names())
every_language = pytest.mark.parametrize("language", LANGUAGES)


@pytest.fixture(name="runner")
def _runner(tmp_path: Path) -> CliRunner:
    """Give a runner with one key for all hashes, and nothing of this machine's settings."""
    config = tmp_path / "config.toml"
    config.write_text('[identity]\nkey = "9b1f6c2ad84e703551c7a0ef3d628b94"')
    return CliRunner(env={"CARDTOOL_CONFIG": str(config), "TZ": "UTC-3"})


def _as_if_it_were_here(runner: CliRunner, name: str, *options: str) -> Result:
    file = PRACTICE / f"{name}.json"
    arguments = ("diagnose", str(file), "--at", read(file).at.isoformat(), *options)
    return runner.invoke(main, arguments)


def test_thirty_cases_ship_and_each_lives_once() -> None:
    stems = [file.stem for file in FILES]

    assert len(names()) >= 30
    assert list(names()) == [file.stem for file in FILES if file.parent == PRACTICE]
    assert len(stems) == len(set(stems))


@every_language
@every_case
def test_a_case_is_shown_as_its_desk_would_be_below_the_mark_of_practice(
    runner: CliRunner, name: str, language: str
) -> None:
    shown = runner.invoke(main, ["practice", name, "--lang", language])
    whole = runner.invoke(main, ["practice", name, "--lang", language, "-v"])
    there = _as_if_it_were_here(runner, name, "--lang", language, "-v")

    mark, page = shown.stdout.split("\n", 1)
    assert mark == f"{Text(language).label('practice')}: {name}"
    assert (
        page.split("\n", 1)[0]
        == _as_if_it_were_here(runner, name, "--lang", language).stdout.split("\n", 1)[0]
    )
    assert whole.stdout == f"{mark}\n\n{there.stdout}"
    assert shown.exit_code == there.exit_code
    assert shown.stderr == ""


@every_case
def test_a_case_is_data_as_its_desk_would_give_it_with_the_name_of_the_practice(
    runner: CliRunner, name: str
) -> None:
    shown = runner.invoke(main, ["practice", name, "--format", "json"])
    there = _as_if_it_were_here(runner, name, "--format", "json")

    found, wanted = json.loads(shown.stdout), json.loads(there.stdout)
    assert found.pop("practice") == name
    assert wanted.pop("practice") == ""
    assert found == wanted
    assert shown.exit_code == there.exit_code


@pytest.mark.parametrize(
    "form", [name for name, each in FORMATS.items() if DIAGNOSIS in each.gives]
)
def test_every_format_says_that_it_is_practice(runner: CliRunner, form: str) -> None:
    done = runner.invoke(main, ["practice", "nes-expiring", "--format", form, "--lang", "en"])

    if form == "json":
        assert json.loads(done.stdout)["practice"] == "nes-expiring"
    elif form == "ics":
        unfolded = done.stdout_bytes.decode().replace("\r\n ", "")
        titles = re.findall(r"^SUMMARY:(.*)\r$", unfolded, re.MULTILINE)
        assert titles
        assert all(each.startswith("PRACTICE\\, not this computer: nes-ex") for each in titles)
    elif form == "html":
        assert blocks(done.stdout)[2] == "PRACTICE, not this computer: nes-expiring"
    else:
        assert done.stdout.startswith("PRACTICE, not this computer: nes-expiring\n")


def test_a_case_can_be_judged_for_another_moment(runner: CliRunner) -> None:
    own = runner.invoke(main, ["practice", "nes-expiring", "--format", "json"])
    late = runner.invoke(
        main, ["practice", "nes-expiring", "--format", "json", "--at", "2040-01-01"]
    )

    assert (json.loads(own.stdout)["verdict"], own.exit_code) == ("nes-expiring", 1)
    assert (json.loads(late.stdout)["verdict"], late.exit_code) == ("nes-expired", 2)


@every_language
def test_the_list_names_every_case_and_what_it_is_about(runner: CliRunner, language: str) -> None:
    people = runner.invoke(main, ["practice", "--lang", language])
    programs = runner.invoke(main, ["practice", "--lang", language, "--format", "json"])

    abouts = {name: load(name).about_in(language) for name in names()}
    said = " ".join(people.stdout.split())
    assert all(f"{name} {about}" in said for name, about in abouts.items())
    assert json.loads(programs.stdout) == {
        "cases": [{"name": name, "about": about} for name, about in abouts.items()]
    }
    assert people.exit_code == programs.exit_code == 0


@every_case
def test_a_case_is_about_something_in_turkish_and_english_and_not_the_same_words(name: str) -> None:
    abouts = load(name).about

    assert {"tr", "en"} <= {*abouts} <= {*LANGUAGES}
    assert len({*abouts.values()} - {""}) == len(abouts)


@every_case
def test_a_case_bears_the_name_of_what_it_teaches(name: str) -> None:
    case = read(PRACTICE / f"{name}.json")

    assert case.verdict in ROWS
    assert name == "sound" or any(name.startswith(code) for code in case.expect)


def test_an_unknown_case_is_refused_with_those_close_to_it(runner: CliRunner) -> None:
    near = runner.invoke(main, ["practice", "card-mut", "--lang", "en"])
    far = runner.invoke(main, ["practice", "../sound", "--lang", "tr"])

    assert near.exit_code == far.exit_code == UNKNOWN
    assert near.stdout == far.stdout == ""
    assert near.stderr.startswith("cardtool: card-mut: There is no such practice case. ")
    assert "one of: card-mute" in near.stderr
    assert far.stderr.startswith("cardtool: ../sound: Böyle bir alıştırma örneği yok. ")
    assert "Şunlardan biri olabilir: sound. " in far.stderr


@pytest.mark.parametrize("arguments", [(), ("card-mute",), ("card-mute", "--format", "json")])
def test_practice_needs_no_device_library(arguments: tuple[str, ...]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _BLOCKED, "practice", *arguments],
        env={"CARDTOOL_CONFIG": "", "PYTHONIOENCODING": "utf-8", "LANG": "en"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )

    assert done.stderr == ""
    assert done.returncode == (2 if arguments else 0)
    assert "card-mute" in done.stdout
