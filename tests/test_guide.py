# SPDX-License-Identifier: Apache-2.0
"""`guide`: procedures on the screen and as data, an address written in full, a receipt's lines."""

import json
import os
import shlex
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from msgspec.structs import replace

from cardtool.catalog import procedures
from cardtool.cli import main
from cardtool.cli.refusal import UNKNOWN
from cardtool.model.diagnosis import Actor
from cardtool.model.procedure import (
    KEYS,
    Fact,
    Guide,
    Institution,
    Kind,
    Role,
    Step,
    confirm,
    counted,
)
from cardtool.text import LANGUAGES, Text
from cardtool.views.data import procedures as documents
from cardtool.views.paper import Paper
from cardtool.views.people.guide import render
from tests.conftest import without_settings
from tests.refused import sentence

HOLDER = "Ayşe Çığ ÖRNEK"
NUMBER = "10000000146"
_ARABIC = {ord(str(digit)): 0x660 + digit for digit in range(10)}
PERSON = f"{HOLDER}\n{NUMBER}\n"
KIRIKKALE = ("--institution", "kirikkale-ism")
HOSTILE = "Gül Cad. \x1b[31m \u202eNo:5\u2066\x00\x9b Keskin"
NAMES = tuple(procedures.load())

every_language = pytest.mark.parametrize("language", LANGUAGES)
every_procedure = pytest.mark.parametrize("name", NAMES)
every_institution = pytest.mark.parametrize("institution", procedures.SHIPPED)


@pytest.fixture(autouse=True)
def _settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without_settings(monkeypatch, tmp_path)


def _ask(*arguments: str, body: str | bytes | None = None, columns: int = 80) -> Result:
    return CliRunner(env={"COLUMNS": str(columns)}).invoke(main, ["guide", *arguments], input=body)


def _process(
    *arguments: str, body: bytes = b"", encoding: str = "utf-8"
) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(
        [sys.executable, "-m", "cardtool", "guide", *arguments],
        env={**os.environ, "PYTHONIOENCODING": encoding},
        input=body,
        capture_output=True,
        check=False,
    )


def _guide(name: str, institution: str, role: Role | None = None) -> Guide:
    return procedures.guide(procedures.load()[name], role, procedures.institution(institution))


def _text(language: str, institution: Institution, *, is_named: bool = False) -> Text:
    """Give the words, for a reader who named the institution or one who did not."""
    command = f"cardtool --institution {institution.id}" if is_named else "cardtool"
    return Text(language, institution=institution.values(), command=command)


def _source(key: str) -> dict[str, str]:
    fact = procedures.institution("kirikkale-ism").facts[key]
    return {"source": fact.source, "checked": fact.checked.isoformat()}


def _on_one_line(page: str) -> str:
    return " ".join(page.split())


# what there is


@every_language
def test_the_list_names_every_procedure_with_what_it_is_for(language: str) -> None:
    page = _on_one_line(_ask("--lang", language).stdout)
    text = _text(language, procedures.institution())

    for name in NAMES:
        said = f"{name} {text.procedure(name, 'title')}. {text.procedure(name, 'says')}"
        assert _on_one_line(said) in page
    assert "`cardtool guide " in page


def test_the_list_is_data_too() -> None:
    found = json.loads(_ask("--format", "json", "--lang", "tr").stdout)["procedures"]

    assert [each["name"] for each in found] == list(NAMES)
    assert found[0]["title"] == Text("tr").procedure(NAMES[0], "title")
    assert all(each["says"] for each in found)


@every_language
def test_an_unknown_procedure_is_refused_with_those_close_to_it(language: str) -> None:
    near = sentence(_ask("renewel", "--lang", language))
    far = sentence(_ask("xyz\x1b[2J", "--lang", language))

    assert "renewel" in near
    assert ": renewal." in near
    assert all(name in far for name in NAMES)
    assert "\x1b" not in far


# one procedure on the screen


@every_institution
@every_language
@every_procedure
def test_a_page_tells_every_step_in_its_order(name: str, language: str, institution: str) -> None:
    asked = _ask(name, "--lang", language, "--institution", institution)
    guide = _guide(name, institution)
    text = _text(language, guide.institution, is_named=True)

    page = _on_one_line(asked.stdout)
    assert asked.exit_code == 0
    assert asked.stdout.startswith(text.procedure(name, "title"))
    places = [page.index(f" {n}. {text.guide(step.code)}") for n, step in _numbered(guide)]
    assert places == sorted(places)
    assert all(text.at_hand(each) in page for each in guide.at_hand)
    assert text.procedure(name, "says") in page
    assert text.procedure(name, "takes") in page
    assert "…" not in page


def _numbered(guide: Guide) -> list[tuple[int, Step]]:
    return list(zip(counted(guide.steps), guide.steps, strict=True))


@every_language
def test_somebody_elses_steps_stand_below_a_name(language: str) -> None:
    told = [
        (name, each.actor)
        for name in NAMES
        for each in _guide(name, "kirikkale-ism").steps
        if each.actor is not Actor.YOU
    ]

    assert told
    for name, actor in told:
        named = f"\n  {Text(language).label(f'actor-{actor}')}:\n"
        assert named in _ask(name, *KIRIKKALE, "--lang", language, columns=100).stdout


@every_language
def test_the_institution_and_the_role_are_told_where_they_were_chosen(language: str) -> None:
    text = Text(language)
    chosen = _ask("renewal", *KIRIKKALE, "--role", "staff", "--lang", language).stdout
    for_all = _ask("renewal", *KIRIKKALE, "--lang", language).stdout

    whom = f"{text.label('role')}: {text.label('role-staff')}"
    assert chosen.splitlines()[1:3] == [
        f"  {procedures.institution('kirikkale-ism').name}",
        f"  {whom}",
    ]
    assert chosen.count(text.label("role")) == 1
    assert f"     {whom}\n" in for_all
    assert text.label("role-physician") in for_all
    assert text.label("role-physician") not in chosen


@pytest.mark.parametrize("role", [role.value for role in Role])
def test_a_role_is_told_its_own_steps_only(role: str) -> None:
    whole = _guide("renewal", "kirikkale-ism").steps
    found = json.loads(_ask("renewal", *KIRIKKALE, "--role", role, "--format", "json").stdout)

    wanted = [each.code for each in whole if not each.roles or role in each.roles]
    assert [each["code"] for each in found["steps"]] == wanted
    assert len(wanted) < len(whole)
    assert found["role"] == role


@every_language
def test_money_stands_with_its_source_its_date_and_a_warning(language: str) -> None:
    guide = _guide("first-application", "kirikkale-ism", Role.PHYSICIAN)
    page = _on_one_line(
        _ask("first-application", *KIRIKKALE, "--role", "physician", "--lang", language).stdout
    )

    facts = [confirm(each, guide.institution) for each in guide.steps]
    warned = [Text(language).of_fact("confirm", each) for each in facts if each is not None]
    assert warned
    assert page.count(Text(language).label("confirm").split(".")[0]) == len(set(warned))
    assert all(each in page for each in warned)


@every_language
def test_who_bears_the_cost_stands_below_the_step(language: str) -> None:
    text = Text(language)
    page = _ask("lost-or-stolen", *KIRIKKALE, "--lang", language).stdout

    assert f"     {text.label('payer')}: {text.label('payer-you')}\n" in page


@every_institution
@every_language
@every_procedure
@pytest.mark.parametrize("width", [40, 80])
def test_a_page_keeps_its_width_but_never_breaks_what_is_to_be_copied(
    name: str, language: str, institution: str, width: int
) -> None:
    lines = _ask(
        name, "--lang", language, "--institution", institution, columns=width
    ).stdout.splitlines()

    guide = _guide(name, institution)
    for line in lines:
        assert len(line) <= width or any(each in line.split()[-1] for each in "`/"), line
        assert line == line.rstrip()
    for step in guide.steps:
        for key in step.facts:
            if KEYS[key].kind is not Kind.TEXT:
                value = guide.institution.facts[key].value
                assert any(value in line for line in lines), key


@pytest.mark.parametrize("width", range(40, 80, 5))
def test_what_is_to_be_typed_is_never_broken(width: int) -> None:
    page = _ask("renewal", "--lang", "en", columns=width).stdout
    long = _ask("order-reader", "--lang", "en", columns=width).stdout

    assert "`cardtool guide unlock-pin`" in page
    assert any("`cardtool guide order-reader --address " in line for line in long.splitlines())


def test_phone_comes_first_where_a_card_is_lost() -> None:
    for institution in procedures.SHIPPED:
        page = _ask("lost-or-stolen", "--institution", institution, "--lang", "tr").stdout
        first = page[page.index(" 1. ") : page.index(" 2. ")]

        assert "444 5 576" in first


@pytest.mark.parametrize("width", [40, 80])
def test_what_a_profile_says_moves_nothing_on_the_terminal(width: int) -> None:
    shipped = _guide("renewal", "kirikkale-ism")
    value = "\x1b[2J\u202eX\x9b" + "y" * 300
    facts = {
        key: Fact(value=value, source=value, checked=fact.checked)
        for key, fact in shipped.institution.facts.items()
    }
    hostile = Institution(id="own", name=value, facts=facts)

    page = "".join(
        render([replace(shipped, institution=hostile)], _text("tr", hostile), Paper(width=width))
    )

    assert page.count("y" * 20) > 10
    assert page.replace("\n", "").isprintable()
    assert max(map(len, page.splitlines())) <= width


def test_several_procedures_are_kept_apart() -> None:
    guides = [_guide(name, "default") for name in NAMES[:2]]
    guides[0] = replace(guides[0], at_hand=())
    text = _text("en", procedures.institution())

    page = "".join(render(guides, text))

    one, other = ("".join(render([each], text)) for each in guides)
    assert page == f"{one}\n{other}"
    assert page.count(text.label("at-hand")) == 1


# as data


@every_institution
@every_language
@every_procedure
def test_json_has_everything_that_the_page_tells(
    name: str, language: str, institution: str
) -> None:
    found = json.loads(
        _ask(name, "--format", "json", "--lang", language, "--institution", institution).stdout
    )
    guide = _guide(name, institution)
    text = _text(language, guide.institution, is_named=True)

    assert found["name"] == name
    assert found["title"] == text.procedure(name, "title")
    assert found["takes"] == text.procedure(name, "takes")
    assert found["institution"] == {"id": institution, "name": guide.institution.name}
    assert found["role"] is None
    assert [each["code"] for each in found["at_hand"]] == list(guide.at_hand)
    for step, each in zip(guide.steps, found["steps"], strict=True):
        assert each["says"] == text.guide(step.code)
        assert (each["code"], each["actor"], each["payer"]) == (step.code, step.actor, step.payer)
        assert set(each["facts"]) == set(step.facts)
        links = [key for key in step.facts if KEYS[key].kind is Kind.LINK]
        assert ("link" in each) == bool(links)
        assert not links or each["link"] == guide.institution.facts[links[0]].value
        for fact in each["facts"].values():
            assert set(fact) == {"value", "source", "checked"}
        money = confirm(step, guide.institution)
        assert ("confirm" in each) == (money is not None)
        if money:
            said = {"source": money.source, "checked": money.checked.isoformat()}
            assert each["confirm"] == said


def test_several_procedures_are_a_document_each() -> None:
    guides = [_guide(name, "default") for name in NAMES]
    rendered = documents.render(guides, _text("tr", procedures.institution()))

    assert [json.loads(each)["name"] for each in rendered] == list(NAMES)


# where to


@pytest.mark.parametrize("form", ["terminal", "json", "html"])
def test_a_page_goes_into_a_file_whole(form: str, tmp_path: Path) -> None:
    file = tmp_path / "sayfa"
    common = ("warranty", "--lang", "tr", "--format", form)

    written = _ask(*common, "-o", str(file))

    assert (written.exit_code, written.stdout) == (0, "")
    assert file.read_text("utf-8") == _ask(*common).stdout


def test_all_procedures_are_one_html_page() -> None:
    page = _ask("--format", "html", "--lang", "en").stdout

    assert page.count("<!DOCTYPE html>") == 1
    for name in NAMES:
        assert Text("en").procedure(name, "title") in page


@pytest.mark.parametrize(
    "arguments",
    [
        ("--format", "ics"),
        ("renewal", "--role", "doctor"),
        ("renewal", "--institution", ""),
        ("renewal", "--address", "Gül Caddesi 5"),
        ("--address", "Gül Caddesi 5"),
        ("order-reader", "--address", "Gül Caddesi 5", "--receipt"),
        ("order-reader", "--address", "Gül Caddesi 5", "-o", "x"),
        ("order-reader", "--address", "Gül Caddesi 5", "--format", "html"),
        ("--receipt",),
        ("renewal", "--receipt", "-o", "x"),
        ("renewal", "--receipt", "--format", "html"),
        ("renewal", "--receipt", "--format", "json"),
        ("renewal", "--format", "json", "--keep-personal"),
        ("renewal", "--format", "html", "--keep-personal"),
        ("renewal", "--receipt", "--keep-personal"),
    ],
)
def test_options_that_do_not_go_together_are_refused_with_a_reason(
    arguments: tuple[str, ...],
) -> None:
    refused = _ask(*arguments, *(() if "--institution" in arguments else KIRIKKALE), body=PERSON)

    assert refused.exit_code == UNKNOWN
    assert refused.stdout == ""
    assert refused.stderr.splitlines()[-1].startswith("Error: ")
    assert "Gül" not in refused.stderr


# whose


def test_the_configuration_names_the_institution_unless_the_option_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "config.toml"
    config.write_text('institution = "kirikkale-ism"\n', encoding="utf-8")
    monkeypatch.setenv("CARDTOOL_CONFIG", str(config))
    name = procedures.institution("kirikkale-ism").name

    assert name in _ask("renewal").stdout
    assert name not in _ask("renewal", "--institution", "default").stdout


@pytest.mark.parametrize("is_relative", [True, False])
def test_a_file_of_its_own_is_a_profile_from_any_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, is_relative: bool
) -> None:
    file = tmp_path / "bizim.toml"
    file.write_text('name = "Örnek İl Sağlık Müdürlüğü"\n', encoding="utf-8")
    monkeypatch.chdir(tmp_path)

    asked = _ask("renewal", "--institution", "bizim.toml" if is_relative else str(file))

    assert asked.exit_code == 0
    assert asked.stdout.splitlines()[1] == "  Örnek İl Sağlık Müdürlüğü"


@pytest.mark.parametrize("name", ["kirikkale", "yok.toml"])
def test_a_profile_that_is_not_there_is_refused_in_one_sentence(name: str) -> None:
    assert name in sentence(_ask("renewal", "--institution", name, "--lang", "tr"))


def test_commands_that_are_shown_name_the_institution_that_was_named(
    tmp_path: Path,
) -> None:
    file = tmp_path / "bizim kurum.toml"
    file.write_text('name = "Örnek İl Sağlık Müdürlüğü"\n', encoding="utf-8")
    shown = f"cardtool --institution '{file}' guide unlock-pin"

    named = _ask("renewal", "--institution", str(file))
    found = json.loads(_ask("renewal", *KIRIKKALE, "--format", "json").stdout)["steps"]

    assert f"`{shown}`" in named.stdout
    assert any("cardtool --institution kirikkale-ism guide" in each["says"] for each in found)
    assert "--institution" not in _ask("renewal").stdout
    again = CliRunner().invoke(main, shlex.split(shown)[1:])
    assert "Örnek İl Sağlık Müdürlüğü" in again.stdout


@pytest.mark.parametrize(
    "command",
    [
        ("check",),
        ("check", "--format", "json"),
        ("snapshot",),
        ("drivers",),
        ("diagnose", "-", "--format", "json"),
        ("practice", "sound", "--format", "json"),
        ("certs", "export"),
        ("sign-test",),
    ],
)
def test_a_profile_that_is_not_there_is_told_by_every_command_before_it_looks(
    command: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "config.toml"
    config.write_text('institution = "yok"\n', encoding="utf-8")
    common = ("-v", "--lang", "en")

    named = CliRunner().invoke(main, [*common, "--institution", "yok", *command])
    monkeypatch.setenv("CARDTOOL_CONFIG", str(config))
    configured = CliRunner().invoke(main, [*common, *command])

    assert "looking" not in named.stderr + configured.stderr
    assert "cardtool: --institution yok: There is no" in named.stderr
    assert f"cardtool: {config}: $.institution yok: There is no" in configured.stderr
    assert (named.stdout, configured.stdout) == ("", "")
    assert (named.exit_code, configured.exit_code) == (UNKNOWN, UNKNOWN)


def test_a_number_of_its_own_stands_with_its_source_where_another_is_nationwide(
    tmp_path: Path,
) -> None:
    file = tmp_path / "bizim.toml"
    fact = 'value = "0312 000 00 00"\nsource = "Örnek kurum yazısı"\nchecked = 2026-01-02\n'
    file.write_text(f'name = "Örnek"\n[fact.provider_phone]\n{fact}', encoding="utf-8")
    own = procedures.institution(str(file))
    asked = ("lost-or-stolen", "--lang", "en", "--institution")

    page = _on_one_line(_ask(*asked, str(file)).stdout)
    html = _ask(*asked, str(file), "--format", "html").stdout

    said = f"[1] {Text('en').of_fact('source', own.facts['provider_phone'])}"
    assert own.overridden == ("provider_phone",)
    assert said in page
    assert said in html
    assert "Örnek kurum yazısı" not in _ask(*asked, "default").stdout
    assert Text("en").label("source").split(".")[0] not in _ask(*asked, "kirikkale-ism").stdout


@pytest.mark.parametrize("options", [("--address", "Gül Caddesi 5 Keskin"), ("-o", "-")])
def test_a_hyphen_for_a_file_is_standard_output(options: tuple[str, ...]) -> None:
    asked = _ask("order-reader", *options, "-o", "-")

    assert asked.exit_code == 0
    assert asked.stdout == _ask("order-reader", *options).stdout


def test_the_option_holds_for_other_commands_too() -> None:
    asked = CliRunner().invoke(
        main, ["explain", "nes-expired", "--institution", "yok", "--lang=en"]
    )

    assert "yok" in sentence(asked)


# the address


def test_an_address_is_written_in_full_and_what_was_changed_is_told() -> None:
    asked = _ask(
        "order-reader", "--lang", "en", "--address", "Gül Mah. Işık Sok. No:5 Keskin/Kkale"
    )

    assert asked.exit_code == 1
    assert "\n  Gül Mahallesi Işık Sokak Numara: 5 Keskin/Kırıkkale\n" in asked.stdout
    assert [line.split()[:2] for line in asked.stdout.splitlines()[4:]] == [
        ["Mah.", "Mahallesi"],
        ["Sok.", "Sokak"],
        ["No:", "Numara"],
        ["Kkale", "Kırıkkale"],
    ]
    assert "(character 5)" in asked.stdout


@every_language
def test_an_address_without_abbreviations_is_well(language: str) -> None:
    asked = _ask("order-reader", "--lang", language, "--address", "Gül Caddesi 5 Keskin Kırıkkale")

    assert asked.exit_code == 0
    assert Text(language).label("address-same") in asked.stdout
    assert Text(language).label("address-hint-number") not in asked.stdout


def test_a_long_address_is_one_line_to_copy() -> None:
    address = " ".join(["Gül Caddesi 5"] * 20)

    shown = _ask("order-reader", "--address", address, columns=40).stdout

    assert f"\n  {address}\n" in shown


def test_the_address_comes_from_standard_input_where_it_is_asked_for() -> None:
    asked = _ask("order-reader", "--address", "-", body="Gül Mah.\r\nNo 5 Keskin\n")

    assert asked.exit_code == 1
    assert "\n  Gül Mahallesi Numara 5 Keskin\n" in asked.stdout


def test_the_address_is_data_too() -> None:
    asked = _ask("order-reader", "--format", "json", "--address", "Gül Cad. Keskin")

    assert json.loads(asked.stdout) == {
        "address": "Gül Caddesi Keskin",
        "changes": [{"place": 5, "short": "Cad.", "full": "Caddesi"}],
        "hints": ["number", "short"],
    }


@every_language
def test_what_an_address_may_lack_is_told_without_refusing_it(language: str) -> None:
    asked = _ask("order-reader", "--lang", language, "--address", "Gül Caddesi")

    page = _on_one_line(asked.stdout)
    assert asked.exit_code == 0
    assert Text(language).label("address-hint-number") in page
    assert Text(language).label("address-hint-short") in page


@every_language
@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("", "--address"),
        ("  \n", "--address"),
        ("12/3 - 5", "--address"),
        ("\u202e\x1b\x00", "--address"),
        ("a" * 501, "500"),
        ("a" * 10_000, "500"),
        ("\udcff Cad. 5", "UTF-8"),
        ("Sağ. Ocağı Xy. Cad. 5", "Sağ (1), Xy (12)"),
    ],
)
def test_an_address_that_cannot_be_used_is_refused_in_one_sentence(
    address: str, told: str, language: str
) -> None:
    assert told in sentence(_ask("order-reader", "--lang", language, "--address", address))


@pytest.mark.parametrize("encoding", ["utf-8:strict", "utf-8:surrogateescape"])
@pytest.mark.parametrize("body", [b"", b"\xff\xfe\x00", b"a" * 10_000])
def test_an_address_from_standard_input_is_refused_in_one_sentence(
    body: bytes, encoding: str
) -> None:
    done = _process("order-reader", "--address", "-", body=body, encoding=encoding)

    assert done.returncode == UNKNOWN
    assert done.stdout == b""
    assert done.stderr.startswith(b"cardtool: --address: ")
    assert done.stderr.count(b"\n") == 1


@pytest.mark.parametrize("form", ["terminal", "json"])
def test_a_hostile_address_obeys_nobody(form: str) -> None:
    asked = _ask("order-reader", "--format", form, "--address", HOSTILE)

    assert "Gül Caddesi [31m Numara: 5 Keskin" in asked.stdout
    assert asked.stdout.replace("\n", "").isprintable()


def test_an_address_is_not_logged() -> None:
    done = _process("order-reader", "-v", "--address", "Gizlipınar Caddesi 5 Keskin Kırıkkale")

    assert "Gizlipınar" in done.stdout.decode()
    assert b"Gizli" not in done.stderr


# the receipt


@every_language
@pytest.mark.parametrize(
    ("name", "purpose"),
    [
        ("first-application", "Mini Kart Okuyucu ve 3 Yıllık NES bedeli"),
        ("renewal", "3 Yıllık NES bedeli"),
    ],
)
def test_the_lines_of_a_receipt_stand_as_the_bank_is_to_write_them(
    name: str, purpose: str, language: str
) -> None:
    asked = _ask(name, "--receipt", *KIRIKKALE, "--lang", language, body=PERSON, columns=40)

    assert asked.exit_code == 0
    assert asked.stderr == ""
    assert [each for each in asked.stdout.splitlines() if each.startswith("  ")] == [
        f"  Adı Soyadı: {HOLDER}",
        f"  T.C. Kimlik No: {NUMBER}",
        f"  Açıklama: {purpose}",
    ]
    assert Text(language).label("receipt-kept") in _on_one_line(asked.stdout)
    assert "2026" in asked.stdout


def test_a_receipt_is_data_where_it_is_asked_for_in_so_many_words() -> None:
    options = ("--receipt", *KIRIKKALE, "--format", "json", "--keep-personal")
    asked = _ask("renewal", *options, body=PERSON)

    assert json.loads(asked.stdout) == {
        "procedure": "renewal",
        "needed": True,
        "lines": [
            {"label": "Adı Soyadı", "value": HOLDER},
            {"label": "T.C. Kimlik No", "value": NUMBER},
            {"label": "Açıklama", "value": "3 Yıllık NES bedeli"},
        ],
        "confirm": _source("receipt_renewal"),
    }


@every_language
@pytest.mark.parametrize("name", ["first-application", "renewal"])
def test_staff_need_no_receipt_and_are_asked_for_nothing(name: str, language: str) -> None:
    options = ("--receipt", *KIRIKKALE, "--role", "staff")
    asked = _ask(name, *options, "--lang", language, body="")
    data = _ask(name, *options, "--format", "json", "--keep-personal", body="")

    assert asked.exit_code == 0
    assert asked.stdout == f"{Text(language).label('receipt-needless')}\n"
    assert json.loads(data.stdout) == {"procedure": name, "needed": False, "lines": []}


@every_language
@every_procedure
def test_a_procedure_without_a_receipt_names_those_that_have_one(name: str, language: str) -> None:
    if name in ("first-application", "renewal"):
        assert "--institution" in sentence(_ask(name, "--receipt", "--lang", language))
        return

    refused = sentence(_ask(name, "--receipt", *KIRIKKALE, "--lang", language, body=PERSON))

    assert name in refused
    assert ": first-application, renewal" in refused


@every_language
@pytest.mark.parametrize(
    "name", ["", "Ayşe", "Ayşe 5", "Ayşe \x1b[31m", "x" * 60 + " " + "y" * 60, "a " * 5000, ". -"]
)
def test_a_name_that_is_none_is_refused_and_not_repeated(name: str, language: str) -> None:
    body = f"{name}\n{NUMBER}\n"
    refused = sentence(_ask("renewal", "--receipt", *KIRIKKALE, "--lang", language, body=body))

    assert not name.strip() or name not in refused
    assert NUMBER not in refused


def _wrong_in_one_digit() -> list[str]:
    return [
        NUMBER[:place] + digit + NUMBER[place + 1 :]
        for place in range(len(NUMBER))
        for digit in "0123456789"
        if digit != NUMBER[place]
    ]


def test_a_number_that_is_wrong_in_one_digit_is_refused_and_not_repeated() -> None:
    for number in _wrong_in_one_digit():
        refused = sentence(_ask("renewal", "--receipt", *KIRIKKALE, body=f"{HOLDER}\n{number}\n"))
        assert number not in refused
        assert HOLDER not in refused


@every_language
@pytest.mark.parametrize(
    "number", ["", "1000000014", "100000001460", "abc", NUMBER.translate(_ARABIC)]
)
def test_what_is_no_number_is_refused_in_one_sentence(number: str, language: str) -> None:
    body = f"{HOLDER}\n{number}"

    refused = sentence(_ask("renewal", "--receipt", *KIRIKKALE, "--lang", language, body=body))

    assert "T.C. Kimlik No" in refused


def test_a_number_may_have_spaces_and_a_name_its_dots_and_hyphens() -> None:
    body = "  Ö.  Ayşe-Gül   D'Örnek \r\n100 000 001 46\r\n"

    asked = _ask("renewal", "--receipt", *KIRIKKALE, body=body)

    assert "  Adı Soyadı: Ö. Ayşe-Gül D'Örnek\n" in asked.stdout
    assert f"  T.C. Kimlik No: {NUMBER}\n" in asked.stdout


@pytest.mark.parametrize("encoding", ["utf-8:strict", "utf-8:surrogateescape", "ascii"])
def test_bytes_that_are_no_letters_are_refused_without_a_trace_of_them(encoding: str) -> None:
    done = _process(
        "renewal", "--receipt", *KIRIKKALE, body=b"\xff Gizli Ad\n10000000146\n", encoding=encoding
    )

    assert done.returncode == UNKNOWN
    assert done.stdout == b""
    assert done.stderr.count(b"\n") == 1
    assert b"Gizli" not in done.stderr


@pytest.mark.parametrize("number", [NUMBER, "10000000147"])
def test_nothing_that_was_typed_is_written_anywhere_but_on_the_receipt(
    number: str, tmp_path: Path
) -> None:
    places = ("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "TMPDIR")
    command = [sys.executable, "-B", "-m", "cardtool", "-v", "guide", "renewal", "--receipt"]

    done = subprocess.run(
        [*command, *KIRIKKALE],
        input=f"{HOLDER}\n{number}\n".encode(),
        env={**os.environ, **dict.fromkeys(places, str(tmp_path)), "CARDTOOL_STATE": ""},
        capture_output=True,
        check=False,
    )

    for secret in (HOLDER, number):
        assert secret.encode() not in done.stderr
        assert (secret.encode() in done.stdout) == (number == NUMBER)
    for file in tmp_path.rglob("*"):
        assert file.is_dir() or HOLDER.encode() not in file.read_bytes()
    assert list(tmp_path.rglob("*")) == []


def _at_a_terminal(typed: bytes) -> tuple[str, str, int]:
    """Return what `--receipt` wrote to its two streams while a person typed at a terminal."""
    if sys.platform == "win32":
        raise NotImplementedError
    ours, theirs = os.openpty()
    command = [sys.executable, "-m", "cardtool", "guide", "renewal", "--receipt", *KIRIKKALE]
    with subprocess.Popen(
        command, stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        os.close(theirs)
        os.write(ours, typed)
        out, err = process.communicate(timeout=60)
        os.close(ours)
    return out.decode(), err.decode(), process.returncode


def test_a_person_at_a_terminal_is_asked_on_standard_error() -> None:
    out, err, status = _at_a_terminal(PERSON.encode())

    assert status == 0
    assert err == "Adı Soyadı: T.C. Kimlik No: "
    assert f"  Adı Soyadı: {HOLDER}\n" in out


def test_a_person_who_leaves_is_let_go() -> None:
    out, err, status = _at_a_terminal(b"\x04")

    assert (out, err, status) == ("", "Adı Soyadı: ", 130)


def test_the_program_as_installed_guides() -> None:
    done = _process("renewal", *KIRIKKALE, "--lang", "tr")

    assert done.returncode == 0
    assert "TR95 0001 0003 1636 8242 4650 12" in done.stdout.decode()
    assert done.stderr == b""


def test_a_console_that_lacks_turkish_letters_is_written_to_all_the_same() -> None:
    done = _process("renewal", *KIRIKKALE, "--lang", "tr", encoding="ascii")

    assert done.returncode == 0
    assert b"Kirikkale Il Saglik Mudurlugu" in done.stdout


def test_guiding_needs_no_device_library() -> None:
    blocked = """
        import sys
        sys.argv[:] = ["cardtool", "guide", "renewal"]
        names = {"smartcard", "pkcs11", "cryptography", "asn1crypto", "ctypes"}
        sys.modules.update(dict.fromkeys(names))
        from cardtool.__main__ import main
        main()
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(blocked)], capture_output=True, check=False
    )

    assert (done.returncode, done.stderr) == (0, b"")


def test_cases_that_exclude_each_other_are_headings_and_counted_from_one_number() -> None:
    page = _on_one_line(_ask("renewal", "--lang", "en", "--institution", "default").stdout)
    cases = ("If your certificate is still valid:", "If your certificate has ended:")
    either = [page.index(f"{case} 6. ") for case in cases]

    assert either == sorted(either)
    assert "In every case: 8. " in page


def test_steps_after_cases_are_counted_on_from_the_longest() -> None:
    cases = ("", "", "a", "a", "b", "", "c", "d", "d")
    steps = [Step(code="x", branch=case) for case in cases]

    assert counted(steps) == [1, 2, 3, 4, 3, 5, 6, 6, 7]
    assert counted([]) == []
