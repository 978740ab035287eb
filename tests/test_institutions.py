# SPDX-License-Identifier: Apache-2.0
"""Profiles of institutions: those that ship are in order, a broken one is refused at its place."""

import codecs
import os
import subprocess
import sys
from datetime import date
from itertools import combinations
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from cardtool.catalog import procedures
from cardtool.cli import main
from cardtool.model.procedure import KEYS, TOGETHER, Fact, Kind
from cardtool.model.refused import Refused
from cardtool.text import LANGUAGES, Text

FOLDER = Path(procedures.__file__).parent / "institutions"
IBAN = "TR95 0001 0003 1636 8242 4650 12"
GOOD = 'name = "Örnek Kurumu"\n' + "".join(
    f'[fact.{key}]\nvalue = "{value}"\nsource = "a paper"\nchecked = 2026-11-23\n'
    for key, value in {"account_holder": "X", "bank": "X", "branch": "X", "iban": IBAN}.items()
)

every_profile = pytest.mark.parametrize("name", procedures.SHIPPED)


def _fact(key: str, value: str) -> str:
    return f'name = "Örnek"\n[fact.{key}]\nvalue = "{value}"\nsource = "s"\nchecked = 2026-01-31\n'


def _own(folder: Path, text: str | bytes) -> Path:
    path = folder / "own.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def _explain(folder: Path, name: str, language: str = "en") -> Result:
    """Run a command that shows a telephone number, with this institution in the configuration."""
    config = folder / "config.toml"
    config.write_text(f"institution = '{name}'\n", "utf-8")
    environ = {"CARDTOOL_CONFIG": str(config), "COLUMNS": "1000"}
    return CliRunner().invoke(main, ["explain", "card-worn", "--lang", language], env=environ)


def test_the_profiles_that_ship_are_those_in_the_folder() -> None:
    assert sorted(path.stem for path in FOLDER.glob("*.toml")) == sorted(procedures.SHIPPED)


@every_profile
def test_a_profile_that_ships_is_in_order(name: str) -> None:
    path = str(FOLDER / f"{name}.toml")

    if name == "default":  # it is nobody's
        procedures.check("-", procedures.institution(name).facts, path)
    else:
        assert procedures.institution(path).facts == procedures.institution(name).facts


@every_profile
def test_every_fact_that_ships_has_a_source_and_a_day(name: str) -> None:
    for fact in procedures.institution(name).facts.values():
        assert len(fact.source) > len("x.gov.tr")
        assert fact.checked >= date(2026, 11, 23), "the day the first of them was written down"


def test_nobody_is_chosen_unless_somebody_says_so() -> None:
    nationwide = procedures.institution()

    assert (nationwide.id, nationwide.name) == ("default", "")
    assert not [key for key in nationwide.facts if KEYS[key].kind is Kind.IBAN]
    assert {"account_holder", "bank", "branch", "unit"}.isdisjoint(nationwide.facts)


def test_an_institution_has_what_is_nationwide_and_its_own() -> None:
    there = procedures.institution("kirikkale-ism")

    assert there.name == "Kırıkkale İl Sağlık Müdürlüğü"
    assert there.facts.items() >= procedures.institution().facts.items()
    assert there.facts["iban"].value == IBAN
    assert "tarihsiz" in there.facts["iban"].source


def test_every_key_has_a_fact_somewhere() -> None:
    assert set(procedures.institution("kirikkale-ism").facts) == set(KEYS)


def test_a_site_has_a_profile_of_its_own(tmp_path: Path) -> None:
    own = procedures.institution(
        str(_own(tmp_path, GOOD + _fact("provider_phone", "0312 000 00 00")[15:]))
    )

    assert (own.id, own.name) == ("own", "Örnek Kurumu")
    assert own.facts["iban"] == Fact(value=IBAN, source="a paper", checked=date(2026, 11, 23))
    assert own.facts["provider_phone"].value == "0312 000 00 00"
    assert own.facts["reader_form"] == procedures.institution().facts["reader_form"]


def test_the_mark_that_some_editors_put_first_is_passed_over(tmp_path: Path) -> None:
    path = _own(tmp_path, codecs.BOM_UTF8 + GOOD.encode())

    assert procedures.institution(str(path)).name == "Örnek Kurumu"


def test_the_configuration_says_whose_facts_are_shown(tmp_path: Path) -> None:
    own = _own(tmp_path, _fact("provider_phone", "+90 312 000 00 00"))

    assert "444 5 576" in _explain(tmp_path, "default").output
    assert "444 5 576" in _explain(tmp_path, "kirikkale-ism").output
    assert "+90 312 000 00 00" in _explain(tmp_path, str(own)).output


BROKEN = [
    (_fact("iban", IBAN.replace("12", "13", 1)), "$.fact.iban.value", "not an IBAN of Turkey"),
    (_fact("iban", IBAN.replace("95", "59")), "$.fact.iban.value", "not an IBAN of Turkey"),
    (_fact("iban", "GB82 WEST 1234 5698 7654 32"), "$.fact.iban.value", "not an IBAN of Turkey"),
    (_fact("iban", IBAN[:-3]), "$.fact.iban.value", "26 letters and digits"),
    (_fact("price_page", "http://"), "$.fact.price_page.value", "not a link"),
    (_fact("price_page", "http:///page"), "$.fact.price_page.value", "not a link"),
    (_fact("price_page", "kamusm.gov.tr"), "$.fact.price_page.value", "https://HOST/PAGE"),
    (_fact("price_page", "ftp://a.tr/x"), "$.fact.price_page.value", "not a link"),
    (_fact("price_page", "javascript:alert(1)"), "$.fact.price_page.value", "not a link"),
    (_fact("price_page", "https://kamusm.gov.tr@a.tr/"), "$.fact.price_page.value", "not a link"),
    (_fact("price_page", "https://[::1"), "$.fact.price_page.value", "not a link"),
    (_fact("price_page", "https://a.tr:99999/"), "$.fact.price_page.value", "not a link"),
    (_fact("price_page", "https://a.tr/a b"), "$.fact.price_page.value", "not a link"),
    (_fact("price_page", "https://a.tr:0/"), "$.fact.price_page.value", "not a link"),
    (_fact("price_page", "https://a.tr/x."), "$.fact.price_page.value", "not a link"),
    (_fact("price_page", "https://a.tr/(x)"), "$.fact.price_page.value", "not a link"),
    (_fact("price_page", "https://a.tr/x'y"), "$.fact.price_page.value", "not a link"),
    (_fact("price_page", "https://a.tr/`x`y"), "$.fact.price_page.value", "not a link"),
    (_fact("price_page", "https://a.tr/<b>"), "$.fact.price_page.value", "not a link"),
    (_fact("provider_phone", "444 5 57"), "$.fact.provider_phone.value", "+90 312 000 00 00"),
    (_fact("provider_phone", "call us"), "$.fact.provider_phone.value", "not a telephone number"),
    (_fact("provider_phone", "+1 202 555 0100"), "$.fact.provider_phone.value", "not a telephone"),
    (_fact("list_mail", "a.b.tr"), "$.fact.list_mail.value", "not an e-mail address"),
    (_fact("list_mail", "a@b"), "$.fact.list_mail.value", "name@domain.tr"),
    (_fact("list_mail", "a@b.tr, c@d.tr"), "$.fact.list_mail.value", "not an e-mail address"),
    (_fact("ibann", IBAN), "$.fact.ibann", "one of: iban"),
    (_fact("qqqqqq", IBAN), "$.fact.qqqqqq", "one of: provider_phone, "),
    (_fact("unit", ""), "$.fact.unit.value", "is empty"),
    (_fact("unit", "  "), "$.fact.unit.value", "is empty"),
    (_fact("unit", r"a\nb"), "$.fact.unit.value", "one line"),
    (_fact("unit", r"a\u001b[31m"), "$.fact.unit.value", "visible letters"),
    (_fact("unit", r"a\u202eb"), "$.fact.unit.value", "visible letters"),
    (_fact("unit", "a" * 301), "$.fact.unit.value", "300"),
    (GOOD.replace('"a paper"', '""'), "$.fact.account_holder.source", "is empty or missing"),
    (GOOD.replace('"Örnek Kurumu"', '""'), "$.name", "is empty"),
    (GOOD.replace('name = "Örnek Kurumu"', ""), "$.name", "is empty"),
    (GOOD.replace('"a paper"', "1"), "$.fact.account_holder.source", "Expected `str`"),
    (GOOD.replace("2026-11-23", '"soon"'), "$.fact.account_holder.checked", "Invalid RFC3339"),
    (GOOD.replace("checked = 2026-11-23", ""), "$.fact.account_holder", "missing required field"),
    (GOOD + "date = 1\n", "$.fact.iban", "unknown field `date`"),
    ("name = 'X'\nfact = 1\n", "$.fact", "Expected `object`"),
    ("name = 'X'\n[fact]\niban = 'TR'\n", "$.fact.iban", "Expected `object`"),
    ("name = 'X'\n[facts.iban]\n", "$", "unknown field `facts`"),
    ("name = X", "own.toml", "as TOML"),
    (b"name = '\xe7'", "own.toml", "Line 1 is not UTF-8"),
    (GOOD.encode("utf-16"), "own.toml", "saved as UTF-16"),
    ("#" * (64 * 1024 + 1), "own.toml", "larger than"),
    ("a = " + "9" * 10_000, "own.toml", "TOML"),
    ("a = " + "[" * 100_000, "own.toml", "TOML"),
]


@pytest.mark.parametrize(("text", "place", "said"), BROKEN)
def test_a_broken_profile_is_refused_with_file_place_and_fix(
    tmp_path: Path, text: str | bytes, place: str, said: str
) -> None:
    path = _own(tmp_path, text)

    done = _explain(tmp_path, str(path))

    assert done.exit_code == 3
    assert done.stdout == ""
    assert f"{path}: " in done.stderr
    assert place in done.stderr
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
    assert "\x1b" not in done.stderr


@pytest.mark.parametrize("text", [each[0] for each in BROKEN])
def test_a_profile_is_refused_in_both_languages(tmp_path: Path, text: str | bytes) -> None:
    path = _own(tmp_path, text)
    with pytest.raises(Refused) as caught:
        procedures.institution(str(path))

    said = [Text(each).refusal(caught.value.code, caught.value.facts) for each in LANGUAGES]

    assert said[0] != said[1]
    assert "…" not in "".join(said)
    assert said[0] in _explain(tmp_path, str(path), "tr").stderr


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("kirikkale", "those that ship (default, kirikkale-ism)"),
        ("", "default, kirikkale-ism"),
        ("Kırıkkale", "no institution profile of this name"),
        ("own.toml", "not absolute"),
        ("profiles/own", "not absolute"),
        ("../default", "not absolute"),
        ("/nonexistent/own.toml", "no such institution profile"),
        ("/nonexistent/\0", "could not be read"),
    ],
)
def test_a_name_of_no_profile_is_one_clear_sentence(name: str, said: str) -> None:
    with pytest.raises(Refused) as caught:
        procedures.institution(name)

    sentence = Text("en").refusal(caught.value.code, {"place": "x", **caught.value.facts})
    assert said in sentence
    assert "…" not in sentence


def test_a_wrong_name_in_the_configuration_is_refused_with_the_file_and_the_key(
    tmp_path: Path,
) -> None:
    for name in ("kirikale-ism", "own.toml", "/nonexistent/own.toml"):
        done = _explain(tmp_path, name)

        assert done.exit_code == 3
        assert f"cardtool: {tmp_path / 'config.toml'}: $.institution {name}: " in done.stderr


def test_of_two_configuration_files_the_one_whose_name_holds_is_told(tmp_path: Path) -> None:
    folders = {"XDG_CONFIG_DIRS": "default", "XDG_CONFIG_HOME": "yok"}
    environ = {variable: str(tmp_path / variable) for variable in folders}
    for variable, name in folders.items():
        folder = tmp_path / variable / "cardtool"
        folder.mkdir(parents=True)
        (folder / "config.toml").write_text(f'institution = "{name}"\n')
    asked = ["explain", "card-worn", "--lang", "en"]

    both = CliRunner(env={**environ, "CARDTOOL_CONFIG": ""}).invoke(main, asked)
    (folder / "config.toml").write_text('language = "tr"\n')
    (tmp_path / "XDG_CONFIG_DIRS" / "cardtool" / "config.toml").write_text('institution = "yok"\n')
    one = CliRunner(env={**environ, "CARDTOOL_CONFIG": ""}).invoke(main, asked)

    assert f"{folder / 'config.toml'}: $.institution yok: " in both.stderr
    assert f"{tmp_path / 'XDG_CONFIG_DIRS' / 'cardtool' / 'config.toml'}: $." in one.stderr


def _fact_of(key: str) -> Fact:
    return procedures.institution("kirikkale-ism").facts[key]


@pytest.mark.parametrize("group", TOGETHER)
def test_of_facts_that_go_together_none_may_be_missing(group: tuple[str, ...]) -> None:
    procedures.check("X", {key: _fact_of(key) for key in group}, "f")
    for size in range(1, len(group)):
        for there in combinations(group, size):
            with pytest.raises(Refused) as caught:
                procedures.check("X", {key: _fact_of(key) for key in there}, "f")

            missing = ", ".join(key for key in group if key not in there)
            assert caught.value.facts["missing"] == missing
            for language in LANGUAGES:
                sentence = Text(language).refusal(caught.value.code, caught.value.facts)
                assert sentence.endswith(f": {missing}")
                assert f"({', '.join(there)})" in sentence


def test_what_takes_the_place_of_a_step_is_whole_with_what_goes_together() -> None:
    """A step stands in for another one where a fact is known: that fact brings its group along."""
    steps = [step for each in procedures.load().values() for step in each.steps]
    for group in TOGETHER:
        told = {key for step in steps for key in step.facts if key in group}
        assert told == set(group)
        assert any(set(step.unless) & set(group) for step in steps)


@pytest.mark.parametrize(
    ("day", "is_usable"),
    [
        ("1999-12-31", False),
        ("2000-01-01", True),
        ("2026-11-30", True),
        ("2026-12-01", False),
        ("9999-12-31", False),
    ],
)
def test_nobody_saw_it_tomorrow_or_before_there_were_certificates(
    day: str, *, is_usable: bool, tmp_path: Path
) -> None:
    path = _own(tmp_path, _fact("unit", "X").replace("2026-01-31", day))

    try:
        procedures.institution(str(path), date(2026, 11, 30))
        refused = None
    except Refused as error:
        refused = Text("en").refusal(error.code, error.facts)

    assert (refused is None) == is_usable
    assert refused is None or f"$.fact.unit.checked nobody can have seen it: {day}." in refused
    assert refused is None or "2026-11-30" in refused


def test_a_clock_that_is_behind_what_ships_refuses_no_profile(tmp_path: Path) -> None:
    path = _own(tmp_path, _fact("unit", "X").replace("2026-01-31", "2026-11-24"))

    assert procedures.institution(str(path), date(2000, 1, 1)).facts["unit"].value == "X"


def test_the_clock_of_this_computer_says_which_day_is_ahead(tmp_path: Path) -> None:
    path = _own(tmp_path, _fact("unit", "X").replace("2026-01-31", "9999-12-31"))

    assert "$.fact.unit.checked" in _explain(tmp_path, str(path)).stderr


@pytest.mark.parametrize(
    "text",
    [
        "a" + ".a" * 101 + " = 1",
        "name = 'X'\n[a" + ".a" * 20_000 + "]",
        "x = [{a" + '."a"' * 101 + " = 1}]",
        "\n".join(["a" + ".a" * 200 + " = 1"] * 100),
    ],
)
def test_keys_in_keys_without_end_are_refused_unparsed(tmp_path: Path, text: str) -> None:
    done = _explain(tmp_path, str(_own(tmp_path, text)))

    assert "could not be read as TOML (more than 100 dots (at line " in done.stderr


def test_a_line_of_dots_is_no_key(tmp_path: Path) -> None:
    path = _own(tmp_path, f"# {'.' * 500}\n{GOOD}")

    assert procedures.institution(str(path)).name == "Örnek Kurumu"


def test_what_is_no_regular_file_is_refused_unread(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.toml"
    if sys.platform != "win32":
        os.mkfifo(pipe)
    for path in (tmp_path, pipe, Path("/dev/zero")):
        done = _explain(tmp_path, str(path))

        assert done.exit_code == 3
        assert f"{path}: This cannot be a device, a pipe or a folder" in done.stderr


@pytest.mark.parametrize("index", [at for at, each in enumerate(IBAN) if each.isdigit()])
def test_an_iban_with_any_one_digit_changed_is_refused(index: int) -> None:
    other = IBAN[:index] + str((int(IBAN[index]) + 1) % 10) + IBAN[index + 1 :]
    fact = Fact(value=other, source="s", checked=date(2026, 1, 1))

    with pytest.raises(Refused) as caught:
        procedures.check("X", {"iban": fact}, "f")

    assert caught.value.code == "institution-iban"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("iban", IBAN.replace(" ", "")),
        ("provider_phone", "4445576"),
        ("provider_phone", "(0312) 000 00 00"),
        ("provider_phone", "0850 460 55 76"),
        ("provider_phone", "+90 312 000-00-00"),
        ("list_mail", "e-imza.birimi+x@il.saglik.gov.tr"),
        ("price_page", "http://a.b.tr:8080/x?y=1#z"),
        ("price_page", "HTTPS://A.B.TR/X"),
    ],
)
def test_a_value_may_be_written_in_any_usual_way(key: str, value: str) -> None:
    fact = Fact(value=value, source="s", checked=date(2026, 1, 1))
    group = next((some for some in TOGETHER if key in some), ())

    procedures.check("X", {**{each: _fact_of(each) for each in group}, key: fact}, "f")


@given(st.sampled_from(sorted(KEYS)), st.text(max_size=40))
def test_any_value_is_taken_or_refused_at_its_place(key: str, value: str) -> None:
    fact = Fact(value=value, source="s", checked=date(2026, 1, 1))

    refused = None
    try:
        group = next((some for some in TOGETHER if key in some), ())
        procedures.check("X", {**{each: _fact_of(each) for each in group}, key: fact}, "f")
    except Refused as error:
        refused = error.facts["place"]

    usable = bool(value.strip()) and value.isprintable()
    assert refused in ({None, f"$.fact.{key}.value"} if usable else {f"$.fact.{key}.value"})


def test_what_ships_is_read_without_what_only_a_profile_of_ones_own_needs() -> None:
    code = (
        "import sys; from cardtool.catalog import procedures;"
        "procedures.institution('kirikkale-ism'); print('stdnum' in sys.modules)"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)

    assert done.stdout.split() == [b"False"]
