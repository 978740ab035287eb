# SPDX-License-Identifier: Apache-2.0
"""Both languages say the same things, by the rules for words, and values come through as found."""

import errno
import re
import string
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from cardtool import catalog
from cardtool.catalog import procedures
from cardtool.cli import main
from cardtool.model.diagnosis import Severity
from cardtool.model.procedure import KEYS
from cardtool.rules.codes import ROWS, finding
from cardtool.rules.codes.steps import (
    ELSEWHERE,
    INSTEAD,
    OF_OTHER_CARDS,
    OF_SEVERAL,
    SEEN,
    TO_EMPTY,
    TO_WORKING,
    WITHOUT_HUB,
    WITHOUT_READER,
    of_other_provider,
)
from cardtool.text import LANGUAGES, Text, load_words

TURKEY = timezone(timedelta(hours=3))
KINDS = ("finding", "step", "procedure", "guide")
NATIONWIDE = procedures.institution().values()

every_language = pytest.mark.parametrize("language", LANGUAGES)


def _sentences(language: str) -> dict[tuple[str, str, str], str]:
    words: dict[str, Any] = load_words(language)
    return {
        (kind, code, part): sentence
        for kind in KINDS
        for code, parts in words[kind].items()
        for part, sentence in parts.items()
    }


def _placeholders(pattern: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(pattern) if name is not None}


@every_language
def test_a_language_has_the_sentences_of_english_with_the_same_placeholders(language: str) -> None:
    own, english = _sentences(language), _sentences("en")

    assert own.keys() == english.keys()
    assert {key: _placeholders(each) for key, each in own.items()} == {
        key: _placeholders(each) for key, each in english.items()
    }


@every_language
@pytest.mark.parametrize("table", sorted({*load_words("en")} - {*KINDS}))
def test_a_language_has_the_words_of_english_in_the_other_tables(language: str, table: str) -> None:
    """A date is written as the language has it: with the month's name or number."""
    own, english = load_words(language), load_words("en")

    assert own.keys() == english.keys()
    assert own[table].keys() == english[table].keys()
    for key, words in english[table].items() if table != "moment" else ():
        assert _placeholders(str(own[table][key])) == _placeholders(str(words)), key


@every_language
def test_no_two_languages_share_a_sentence(language: str) -> None:
    others = [_sentences(other) for other in LANGUAGES if other != language]

    for key, sentence in _sentences(language).items():
        assert all(other[key] != sentence for other in others), key


@every_language
def test_every_code_has_its_sentences_and_no_other_code_has(language: str) -> None:
    words = load_words(language)

    assert list(words["finding"]) == list(ROWS)
    for code, parts in words["finding"].items():
        others = {key for key in parts if key.startswith(("says-", "means-"))}
        phases = others - {"says-elsewhere"}
        assert set(parts) == {"says", "means"} | others
        assert not phases or "phase" in ROWS[code].facts


@every_language
def test_every_step_is_said_and_used(language: str) -> None:
    used = {step for row in ROWS.values() for step in row.steps}
    used |= {one for steps in INSTEAD.values() for instead in steps.values() for one in instead}
    used |= (
        set(SEEN.values())
        | set(OF_SEVERAL)
        | set(OF_OTHER_CARDS.values())
        | set(TO_EMPTY.values())
        | set(TO_WORKING.values())
        | set(WITHOUT_READER)
        | (set(ELSEWHERE.values()) | set(WITHOUT_HUB.values())) - {""}
    )
    assert set(load_words(language)["step"]) == used
    for parts in load_words(language)["step"].values():
        assert set(parts) in ({"says"}, {"says", "says-plain"})
        assert _placeholders(parts.get("says-plain", "")) <= {*NATIONWIDE, "command"}


@every_language
def test_a_step_that_would_have_gaps_is_said_plainly_where_no_workstation_was_seen(
    language: str,
) -> None:
    text = Text(language, institution=NATIONWIDE)

    for code, parts in load_words(language)["step"].items():
        if "says-plain" in parts:
            assert "…" not in text.step(code, {})
            facts = dict.fromkeys(_placeholders(parts["says"]), "x")
            assert text.step(code, {}) != text.step(code, facts)


@every_language
@pytest.mark.parametrize("code", ROWS)
def test_a_sentence_asks_only_for_facts_its_code_gives(language: str, code: str) -> None:
    words, row = load_words(language), ROWS[code]

    for key, words_of_key in words["finding"][code].items():
        allowed = set() if key.startswith("means") else set(row.facts)
        assert _placeholders(words_of_key) <= allowed
    for step in row.steps:
        allowed = {*row.facts, *NATIONWIDE, "command"}
        assert _placeholders(words["step"][step]["says"]) <= allowed, step
    for step in of_other_provider(row.steps):
        allowed = {*row.facts, *NATIONWIDE, "command", "own_provider", "own_renewal"}
        assert _placeholders(words["step"][step]["says"]) <= allowed, step


@pytest.mark.parametrize("code", ROWS)
def test_no_fact_of_a_code_is_named_like_one_of_an_institution(code: str) -> None:
    assert not {*ROWS[code].facts} & {*KEYS, "command"}


@every_language
def test_no_sentence_holds_what_may_change_under_it(language: str) -> None:
    """A telephone number or an address in a sentence would have no source and no date."""
    for key, sentence in _sentences(language).items():
        own = re.sub(r"\{\w+\}|`[^`]*`", "", sentence)
        assert not re.search(r"\d{3} \d|https?:|\w\.(?:gov|edu|com)\b|@\w|TR\d\d", own), key


@every_language
def test_a_step_tells_the_number_and_the_page_of_the_nationwide_profile(language: str) -> None:
    text = Text(language, institution=NATIONWIDE)

    assert "444 5 576" in text.step("ask-provider", {})
    assert "https://ebasvuru.kamusm.gov.tr/kartokuyucu" in text.step("order-reader", {})
    assert "…" in Text(language).step("ask-provider", {})


@every_language
def test_sentences_keep_the_rules_for_words(language: str) -> None:
    for key, sentence in _sentences(language).items():
        assert "!" not in sentence, key
        assert not re.search(r"\}['\u2019\w]", sentence), f"a suffix on a value: {key}"
        assert not re.search(r"(?i)lütfen|\bplease\b|failed to|başarısız", sentence), key
        assert sentence == sentence.strip(), key
        assert "  " not in sentence, key
        assert "\u0307" not in sentence, f"a dot of its own over an i: {key}"


@every_language
def test_a_first_sentence_has_no_acronym_but_the_one_everybody_knows(language: str) -> None:
    for kind, code, part in _sentences(language):
        if (kind, part) == ("finding", "says"):
            sentence = load_words(language)["finding"][code]["says"]
            first = re.split(r"[.:{]", sentence)[0]
            assert set(re.findall(r"\b[A-ZÇĞİÖŞÜ]{2,}\b", first)) <= {"PIN"}, code


@every_language
def test_every_card_that_is_no_nes_is_called_by_words_and_no_other(language: str) -> None:
    cards = (*catalog.load().cards, *catalog.foreign().cards)

    assert load_words(language)["card"].keys() == {
        card.called for card in cards if card.holds == "other"
    }


def test_a_card_is_called_in_the_language_or_by_its_own_name() -> None:
    def said(card: str) -> list[str]:
        found = finding("card-recognised", reader="ACS", card=card, atr="3B")
        return [Text(language).says(found) for language in LANGUAGES]

    assert said("id-estonia") == [
        "Kart tanındı: Estonya kimlik kartı. Okuyucu: ACS (ATR 3B).",
        "Card recognised: an Estonian identity card. Reader: ACS (ATR 3B).",
    ]
    assert ["AKİS V3" in sentence for sentence in said("AKİS V3")] == [True, True]


@every_language
def test_every_severity_has_a_word(language: str) -> None:
    assert all(Text(language).label(f"severity-{each.value}") for each in Severity)


def test_a_sentence_is_said_with_its_facts() -> None:
    missing = finding("card-missing", readers="ACS ACR39U 00 00")

    assert Text("tr").says(missing) == (
        "Okuyucu takılı, ama içinde kart yok. Okuyucu: ACS ACR39U 00 00"
    )
    assert Text("en").says(missing) == (
        "A reader is plugged in, but there is no card in it. Reader: ACS ACR39U 00 00"
    )


def test_a_code_is_explained_without_a_desk() -> None:
    assert (
        Text("en").means("card-missing")
        == "The card was not inserted, or not pushed in all the way."
    )
    assert Text("en").step("correct-path", {}).endswith(": …")
    assert Text("en").step("correct-path", {"module": "/x.so"}).endswith(": /x.so")


@every_language
def test_a_step_names_the_command_that_its_reader_has(language: str) -> None:
    assert "`cardtool`" in Text(language).step("run-again", {})
    assert "`./run`" in Text(language, command="./run").step("run-again", {})
    assert "./run --timeout" in Text(language, command="./run").step("allow-more-time", {})


@every_language
def test_no_step_has_a_command_of_its_own(language: str) -> None:
    for key, sentence in _sentences(language).items():
        assert "`cardtool" not in sentence, key


def _commands(sentence: str) -> list[str]:
    """Return what is to be typed, without what stands for a name of the reader's own."""
    typed = re.findall(r"`([^`]+)`", sentence)
    return [re.sub(r"\b[A-ZÇĞİÖŞÜ]{3,}\b|\w+\.(?:json|cer)\b", "NAME", each) for each in typed]


def test_all_languages_have_the_same_commands_typed() -> None:
    turkish, english = (_sentences(language) for language in ("tr", "en"))

    assert {key: _commands(each) for key, each in turkish.items()} == {
        key: _commands(each) for key, each in english.items()
    }


@every_language
@pytest.mark.parametrize(
    ("step", "command"),
    [
        ("allow-flatpak", "flatpak override --user --socket=pcsc "),
        ("connect-snap", "sudo snap connect "),
        ("share-pcsc-socket", "docker run -v /run/pcscd:/run/pcscd "),
        ("print-polkit-rule", "./run drivers --polkit-rule "),
        ("unmask-pcscd", "sudo systemctl unmask pcscd.socket pcscd.service"),
        ("set-zone", "sudo timedatectl set-timezone Europe/Istanbul"),
        ("list-blocked-devices", "sudo usbguard list-devices --blocked"),
        ("allow-device", "sudo usbguard allow-device -p "),
    ],
)
def test_a_step_for_the_it_desk_has_the_exact_command(
    step: str, command: str, language: str
) -> None:
    assert f"`{command}" in Text(language, command="./run").step(step, {})


@every_language
def test_the_package_to_install_is_named_for_this_system(language: str) -> None:
    facts: dict[str, str | int] = {"product": "AKİA", "system": "macOS", "bits": 64}

    said = Text(language).step("install-driver", facts)

    assert re.search(r"macOS \(?64 bit", said)
    assert re.search(r"(^|Install )AKİA ", said)


@every_language
def test_the_reader_driver_to_install_is_the_one_that_was_found_to_be_missing(
    language: str,
) -> None:
    facts: dict[str, str | int] = {"model": "ACR38", "driver": "ACS Unified"}

    assert Text(language).step("install-reader-driver", facts).endswith(": ACS Unified")
    for code, row in ROWS.items():
        assert "install-reader-driver" not in row.steps or "driver" in row.facts, code


@pytest.mark.parametrize(
    ("language", "automatic", "manual", "start"),
    [
        ("tr", "Otomatik", "El ile", "Başlat komutunu seçin"),
        ("en", "Automatic", "Manual", "choose Start"),
    ],
)
def test_a_service_is_set_and_started_in_a_step_each(
    language: str, automatic: str, manual: str, start: str
) -> None:
    steps = ("enable-windows-service", "enable-windows-enumerator", *_STARTS)
    said = [Text(language).step(step, {}) for step in steps]

    assert [[word in each for word in (automatic, manual, start)] for each in said] == [
        [True, False, False],
        [False, True, False],
        [False, False, True],
        [False, False, True],
    ]


_STARTS = ("start-windows-service", "start-windows-enumerator")


@every_language
@pytest.mark.parametrize("step", ["list-blocked-devices", "allow-device"])
def test_a_usb_rule_is_one_command_a_step(step: str, language: str) -> None:
    assert len(_commands(Text(language).step(step, {}))) == 1


@every_language
def test_what_a_mac_can_do_about_the_library_is_among_its_steps(language: str) -> None:
    steps = [Text(language).step(step, {}) for step in ROWS["service-library-missing"].steps]

    assert any("Linux" not in each and "cardtool" not in each for each in steps)


@every_language
def test_programs_that_may_hold_the_card_are_named(language: str) -> None:
    held = finding("card-in-use", reader="R", card="C", programs="java, AKİA")

    assert Text(language).says(held).endswith(": java, AKİA")


@every_language
def test_changes_are_told_with_the_moment_of_the_last_good_check(language: str) -> None:
    changed = finding(
        "changed-driver", module="M", before="1", after="2", good_at="2027-04-13T14:25:08Z"
    )

    assert "17:25:08 (UTC+03:00)" in Text(language, TURKEY).says(changed)


HOSTILE = ["{x}", "{", "}}{0.__class__}", "%s{module!r:>9999999}", "\x1b[31m\x00", "", "İı"]


@every_language
@pytest.mark.parametrize("value", HOSTILE)
def test_a_hostile_value_comes_through_letter_by_letter(language: str, value: str) -> None:
    said = Text(language).says(finding("reader-found", reader=value))

    assert said == Text(language).says(finding("reader-found", reader="")) + value


@given(st.text(), st.integers())
def test_any_value_comes_through_letter_by_letter(value: str, number: int) -> None:
    said = Text("tr").says(finding("nes-missing", reader=value, count=number))

    assert said.endswith(value)
    assert str(number) in said


def test_a_moment_is_shown_in_its_zone_with_the_offset() -> None:
    moment = datetime(2027, 4, 13, 14, 25, 8, tzinfo=UTC)

    assert Text("tr", TURKEY).moment(moment) == "13.04.2027 17:25:08 (UTC+03:00)"
    assert Text("en", TURKEY).moment(moment) == "13 April 2027 17:25:08 (UTC+03:00)"
    assert Text("en", UTC).moment(moment) == "13 April 2027 14:25:08 (UTC+00:00)"


def test_a_day_below_ten_is_written_as_its_language_writes_it() -> None:
    moment = datetime(2027, 4, 3, 4, 5, 6, tzinfo=UTC)

    assert Text("tr", UTC).moment(moment) == "03.04.2027 04:05:06 (UTC+00:00)"
    assert Text("en", UTC).moment(moment) == "3 April 2027 04:05:06 (UTC+00:00)"


def test_without_a_zone_the_machine_decides() -> None:
    moment = datetime(2027, 4, 3, 4, 5, 6, tzinfo=UTC)

    assert Text("en").moment(moment) == Text("en", moment.astimezone().tzinfo).moment(moment)


@pytest.mark.parametrize(
    ("edge", "hours"), [("0001-01-01T00:00:00Z", -9), ("9999-12-31T23:59:59Z", 9)]
)
def test_the_edges_of_the_calendar_are_shown_in_their_own_offset(edge: str, hours: int) -> None:
    shown = Text("tr", timezone(timedelta(hours=hours))).moment(datetime.fromisoformat(edge))

    assert shown.endswith("(UTC+00:00)")
    assert edge[:4] in shown


class _ShortZone(tzinfo):
    """A zone of some years only, as the one of Windows is."""

    def utcoffset(self, moment: datetime | None) -> timedelta:
        """Refuse a year that the system cannot name. Source: Microsoft, localtime."""
        if moment is None or not 1970 <= moment.year <= 3000:
            raise OSError(errno.EINVAL, "Invalid argument")
        return timedelta(hours=3)

    def dst(self, moment: datetime | None) -> timedelta:
        """Know no summer time."""
        del moment
        return timedelta(0)

    def tzname(self, moment: datetime | None) -> str:
        """Give the zone a name."""
        del moment
        return "short"


@pytest.mark.parametrize("moment", ["1969-12-31T12:00:00Z", "3500-01-01T12:00:00Z"])
def test_a_year_that_the_zone_of_the_system_lacks_is_shown_in_its_own_offset(moment: str) -> None:
    shown = Text("tr", _ShortZone()).moment(datetime.fromisoformat(moment))

    assert shown.endswith("12:00:00 (UTC+00:00)")


def test_a_step_tells_a_moment_to_the_minute() -> None:
    text = Text("tr", TURKEY)
    waiting = {"not_before_at": "2027-04-13T14:25:08+00:00"}

    assert text.step("use-older-card", waiting).endswith(": 13.04.2027 17:25")
    assert "17:25:08 (UTC+03:00)" in text.says(finding("nes-not-yet-valid", **waiting))


@given(st.datetimes(timezones=st.sampled_from([UTC, TURKEY])))
def test_every_moment_can_be_shown(moment: datetime) -> None:
    assert f"{moment.minute:02}:{moment.second:02}" in Text("en", TURKEY).moment(moment)


@every_language
@pytest.mark.parametrize("code", ROWS)
def test_no_fact_is_left_open_when_all_are_given(language: str, code: str) -> None:
    whole = finding(code, **dict.fromkeys(ROWS[code].facts, "x"))

    assert "…" not in Text(language).says(whole)
    assert "…" in Text(language).says(replace(whole, facts={})) or not _placeholders(
        load_words(language)["finding"][code]["says"]
    )


def test_steps_name_the_command_that_the_person_typed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARDTOOL_COMMAND", "./run")

    told = CliRunner().invoke(main, ["explain", "card-missing", "--lang", "en"]).output

    assert "`./run`" in told
    assert "`cardtool`" not in told
