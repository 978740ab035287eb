# SPDX-License-Identifier: Apache-2.0
"""The rule that admits a group is printed whole, in the language asked for, and for real groups."""

import pytest
from click.testing import CliRunner, Result

from cardtool.cli import main
from cardtool.cli.commands.drivers import is_group
from cardtool.text import LANGUAGES, Text


def _ask(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["drivers", *arguments], prog_name="cardtool")


@pytest.mark.parametrize("language", LANGUAGES)
def test_rule_names_the_group_both_actions_and_where_it_goes(language: str) -> None:
    done = _ask("--polkit-rule", "kartlar", "--lang", language)

    comment, *rule = done.stdout.splitlines()
    assert done.exit_code == 0
    assert comment == f"// {Text(language).step('allow-pcsc-access', {})}"
    assert "/etc/polkit-1/rules.d" in comment
    assert [line.count("org.debian.pcsc-lite.access_pcsc") for line in rule].count(1) == 1
    assert [line.count("org.debian.pcsc-lite.access_card") for line in rule].count(1) == 1
    assert 'subject.isInGroup("kartlar")' in "".join(rule)


@pytest.mark.parametrize("name", ["plugdev", "_scard", "Kart.Okur-2", "0", "a" * 32])
def test_name_of_a_group_is_taken_as_it_is(name: str) -> None:
    assert is_group(name)


@pytest.mark.parametrize(
    "name",
    ["", "-a", 'a"b', "a b", "a\n", "a\\", "çalışanlar", "a" * 33, '") || true || ("'],
)
def test_what_is_no_group_is_refused_with_the_rule_of_names(name: str) -> None:
    done = _ask(f"--polkit-rule={name}")

    assert done.exit_code == 3
    assert done.stdout == ""
    assert "--polkit-rule" in done.stderr
    assert "at most 32 letters" in done.stderr


def test_rule_has_one_form_only() -> None:
    done = _ask("--polkit-rule", "kartlar", "--format", "json")

    assert (done.exit_code, done.stdout) == (3, "")
