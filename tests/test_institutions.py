# SPDX-License-Identifier: Apache-2.0
"""Profiles of institutions: those that ship are in order, a broken one is refused at its place."""

import codecs
import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from cardtool.catalog import institutions
from cardtool.catalog.institutions.error import ProfileError
from cardtool.cli import main
from cardtool.model.procedure import KEYS, Fact, Kind
from cardtool.text import LANGUAGES, Text

FOLDER = Path(institutions.__file__).parent
IBAN = "TR95 0001 0003 1636 8242 4650 12"
GOOD = f"""
name = "Örnek Kurumu"
[fact.iban]
value = "{IBAN}"
source = "a paper"
checked = 2026-11-23
"""

every_profile = pytest.mark.parametrize("name", institutions.SHIPPED)


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
    assert sorted(path.stem for path in FOLDER.glob("*.toml")) == sorted(institutions.SHIPPED)


@every_profile
def test_a_profile_that_ships_is_in_order(name: str) -> None:
    path = str(FOLDER / f"{name}.toml")

    if name == "default":  # it is nobody's
        institutions.check("-", institutions.load(name).facts, path)
    else:
        assert institutions.load(path).facts == institutions.load(name).facts


@every_profile
def test_every_fact_that_ships_has_a_source_and_a_day(name: str) -> None:
    for fact in institutions.load(name).facts.values():
        assert len(fact.source) > len("x.gov.tr")
        assert fact.checked >= date(2026, 11, 23), "the day the first of them was written down"


def test_nobody_is_chosen_unless_somebody_says_so() -> None:
    nationwide = institutions.load()

    assert (nationwide.id, nationwide.name) == ("default", "")
    assert not [key for key in nationwide.facts if KEYS[key].kind is Kind.IBAN]
    assert {"account_holder", "bank", "branch", "unit"}.isdisjoint(nationwide.facts)


def test_an_institution_has_what_is_nationwide_and_its_own() -> None:
    there = institutions.load("kirikkale-ism")

    assert there.name == "Kırıkkale İl Sağlık Müdürlüğü"
    assert there.facts.items() >= institutions.load().facts.items()
    assert there.facts["iban"].value == IBAN
    assert "tarihsiz" in there.facts["iban"].source


def test_every_key_has_a_fact_somewhere() -> None:
    assert set(institutions.load("kirikkale-ism").facts) == set(KEYS)


def test_a_site_has_a_profile_of_its_own(tmp_path: Path) -> None:
    own = institutions.load(
        str(_own(tmp_path, GOOD + _fact("provider_phone", "0312 000 00 00")[15:]))
    )

    assert (own.id, own.name) == ("own", "Örnek Kurumu")
    assert own.facts["iban"] == Fact(value=IBAN, source="a paper", checked=date(2026, 11, 23))
    assert own.facts["provider_phone"].value == "0312 000 00 00"
    assert own.facts["reader_form"] == institutions.load().facts["reader_form"]


def test_the_mark_that_some_editors_put_first_is_passed_over(tmp_path: Path) -> None:
    path = _own(tmp_path, codecs.BOM_UTF8 + GOOD.encode())

    assert institutions.load(str(path)).name == "Örnek Kurumu"


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
    (_fact("provider_phone", "444 5 57"), "$.fact.provider_phone.value", "+90 312 000 00 00"),
    (_fact("provider_phone", "call us"), "$.fact.provider_phone.value", "not a telephone number"),
    (_fact("provider_phone", "+1 202 555 0100"), "$.fact.provider_phone.value", "not a telephone"),
    (_fact("list_mail", "a.b.tr"), "$.fact.list_mail.value", "not an e-mail address"),
    (_fact("list_mail", "a@b"), "$.fact.list_mail.value", "name@domain.tr"),
    (_fact("list_mail", "a@b.tr, c@d.tr"), "$.fact.list_mail.value", "not an e-mail address"),
    (_fact("ibann", IBAN), "$.fact.ibann", "Similar keys: iban"),
    (_fact("qqqqqq", IBAN), "$.fact.qqqqqq", "Similar keys: -"),
    (_fact("unit", ""), "$.fact.unit.value", "is empty"),
    (_fact("unit", "  "), "$.fact.unit.value", "is empty"),
    (_fact("unit", r"a\nb"), "$.fact.unit.value", "one line"),
    (_fact("unit", r"a\u001b[31m"), "$.fact.unit.value", "visible letters"),
    (_fact("unit", r"a\u202eb"), "$.fact.unit.value", "visible letters"),
    (_fact("unit", "a" * 301), "$.fact.unit.value", "300"),
    (GOOD.replace('"a paper"', '""'), "$.fact.iban.source", "is empty"),
    (GOOD.replace('"Örnek Kurumu"', '""'), "$.name", "is empty"),
    (GOOD.replace('name = "Örnek Kurumu"', ""), "$.name", "is empty"),
    (GOOD.replace('"a paper"', "1"), "$.fact.iban.source", "Expected `str`"),
    (GOOD.replace("2026-11-23", '"soon"'), "$.fact.iban.checked", "Invalid RFC3339"),
    (GOOD.replace("checked = 2026-11-23", ""), "$.fact.iban", "missing required field"),
    (GOOD + "date = 1\n", "$.fact.iban", "unknown field `date`"),
    ("name = 'X'\nfact = 1\n", "$.fact", "Expected `object`"),
    ("name = 'X'\n[fact]\niban = 'TR'\n", "$.fact.iban", "Expected `object`"),
    ("name = 'X'\n[facts.iban]\n", "$", "unknown field `facts`"),
    ("name = X", "own.toml", "as TOML"),
    (b"name = '\xe7'", "own.toml", "Line 1 is not UTF-8"),
    (GOOD.encode("utf-16"), "own.toml", "saved as UTF-16"),
    ("#" * (1024 * 1024 + 1), "own.toml", "larger than"),
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


@pytest.mark.parametrize("text", [each[0] for each in BROKEN[:30]])
def test_a_profile_is_refused_in_both_languages(tmp_path: Path, text: str | bytes) -> None:
    path = _own(tmp_path, text)
    with pytest.raises(ProfileError) as caught:
        institutions.load(str(path))

    said = [Text(each).refusal(caught.value.code, caught.value.facts) for each in LANGUAGES]

    assert said[0] != said[1]
    assert "…" not in "".join(said)
    assert said[0] in _explain(tmp_path, str(path), "tr").stderr


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("kirikkale", "Similar names: kirikkale-ism"),
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
    with pytest.raises(ProfileError) as caught:
        institutions.load(name)

    sentence = Text("en").refusal(caught.value.code, caught.value.facts)
    assert said in sentence
    assert "…" not in sentence


def test_a_wrong_name_in_the_configuration_is_refused(tmp_path: Path) -> None:
    done = _explain(tmp_path, "kirikale-ism")

    assert done.exit_code == 3
    assert "Similar names: kirikkale-ism" in done.stderr


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

    with pytest.raises(ProfileError) as caught:
        institutions.check("X", {"iban": fact}, "f")

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
    ],
)
def test_a_value_may_be_written_in_any_usual_way(key: str, value: str) -> None:
    fact = Fact(value=value, source="s", checked=date(2026, 1, 1))

    institutions.check("X", {key: fact}, "f")


@given(st.sampled_from(sorted(KEYS)), st.text(max_size=40))
def test_any_value_is_taken_or_refused_at_its_place(key: str, value: str) -> None:
    fact = Fact(value=value, source="s", checked=date(2026, 1, 1))

    refused = None
    try:
        institutions.check("X", {key: fact}, "f")
    except ProfileError as error:
        refused = error.facts["place"]

    usable = bool(value.strip()) and value.isprintable()
    assert refused in ({None, f"$.fact.{key}.value"} if usable else {f"$.fact.{key}.value"})


def test_what_ships_is_read_without_what_only_a_profile_of_ones_own_needs() -> None:
    code = (
        "import sys; from cardtool.catalog import institutions;"
        "institutions.load('kirikkale-ism'); print('stdnum' in sys.modules)"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)

    assert done.stdout.split() == [b"False"]
