# SPDX-License-Identifier: Apache-2.0
"""CONTRIBUTING's recipe for a language, walked with an invented one in a copy of the program."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import cardtool
from cardtool.catalog import procedures
from cardtool.practice import names
from cardtool.rules.codes import ROWS
from cardtool.views import DIAGNOSIS, FORMATS
from tests.described import PRACTICE, read

CODE = "zo"
"""No country and no system has a language of this code."""

_RUN = """
import json, sys
from click.testing import CliRunner
from cardtool.cli import main
done = [CliRunner().invoke(main, arguments) for arguments in json.load(sys.stdin)]
crashes = ["" if isinstance(each.exception, SystemExit | None) else repr(each) for each in done]
print(json.dumps([(each.output, crash) for each, crash in zip(done, crashes)]))
"""


class Copy(NamedTuple):
    """A copy of the program that has one language more."""

    folder: Path
    words: dict[str, Any]

    def outputs(self, commands: Sequence[Sequence[str]], **settings: str) -> list[str]:
        """Return what the copy writes for each of these commands; none of them may crash."""
        done = subprocess.run(
            [sys.executable, "-c", _RUN],
            input=json.dumps(commands),
            env={**os.environ, "PYTHONPATH": str(self.folder), "CARDTOOL_LANG": CODE, **settings},
            cwd=self.folder,
            capture_output=True,
            encoding="utf-8",
            check=True,
        )
        answers: list[tuple[str, str]] = json.loads(done.stdout)
        for command, (_, crash) in zip(commands, answers, strict=True):
            assert not crash, command
        return [" ".join(output.split()) for output, _ in answers]

    def sentences(self, code: str) -> list[str]:
        """Return how the sentences of a finding begin, as far as they are the same at each desk."""
        words: dict[str, str] = self.words["finding"][code]
        said = (sentence for key, sentence in words.items() if key.startswith("says"))
        return [sentence.partition("{")[0].strip() for sentence in said]


@pytest.fixture(name="copy", scope="module")
def _copy(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    """Do what the recipe says: one file of words, and one line in the list of languages."""
    folder = tmp_path_factory.mktemp("copy")
    package = Path(cardtool.__file__).parent
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(package, folder / "cardtool", ignore=ignored)
    text = folder / "cardtool" / "text"

    english = (text / "en.toml").read_text("utf-8")
    invented = re.sub(r'(?m)^(\S+ = ")', r"\1Zo ", english)
    (text / f"{CODE}.toml").write_text(invented, "utf-8")
    code = (text / "__init__.py").read_text("utf-8")
    listed = code.replace('LANGUAGES = ("tr", "en")', f'LANGUAGES = ("tr", "en", "{CODE}")')
    (text / "__init__.py").write_text(listed, "utf-8")
    return Copy(folder, tomllib.loads(invented))


def test_every_practice_case_is_shown_in_a_new_language_in_each_format(copy: Copy) -> None:
    shown = [each.name for each in FORMATS.values() if DIAGNOSIS in each.gives and not each.binary]
    cases = {(name, form): read(PRACTICE / f"{name}.json") for name in names() for form in shown}

    outputs = copy.outputs([("practice", name, "--format", form, "-v") for name, form in cases])

    for (case, output), (name, form) in zip(
        zip(cases.values(), outputs, strict=True), cases, strict=True
    ):
        if form in ("terminal", "html"):
            assert any(each in output for each in copy.sentences(case.verdict)), (name, form)


def test_what_practice_cases_are_about_is_said_in_english_until_it_is_translated(
    copy: Copy,
) -> None:
    (listing,) = copy.outputs([("practice",)])

    assert "pin-locked The PIN is locked" in listing


def test_every_code_and_every_procedure_is_explained_in_a_new_language(copy: Copy) -> None:
    guides = list(procedures.load())

    explained = copy.outputs([("explain", code) for code in ROWS])
    guided = copy.outputs([("guide", name, *form) for name in guides for form in _GUIDES])

    for code, output in zip(ROWS, explained, strict=True):
        assert copy.words["finding"][code]["means"] in output, code
    assert len(guided) == len(guides) * len(_GUIDES)
    assert all("Zo " in output for output in guided)


_GUIDES = ((), ("--format", "html"))


def test_other_commands_speak_a_new_language(copy: Copy, tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text(f'language = "{CODE}"', "utf-8")
    practised = ("practice", "sound")
    looking = [(command, "--timeout", "9") for command in ("check", "drivers", "certs")]
    commands = [practised, *looking, ("check", "--help")]

    judged, *looked, helped = copy.outputs(commands)
    (configured,) = copy.outputs(
        [practised], CARDTOOL_LANG="", LC_ALL="C", CARDTOOL_CONFIG=str(config)
    )
    assert copy.sentences("nes-valid")[0].partition(".")[0] in judged
    assert judged == configured
    assert all("Zo " in output for output in looked)
    assert f"[tr|en|{CODE}]" in helped


def test_a_refusal_speaks_a_new_language(copy: Copy, tmp_path: Path) -> None:
    (refused,) = copy.outputs([("diagnose", str(tmp_path / "none.json"))])

    assert "Zo " in refused
