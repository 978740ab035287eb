# SPDX-License-Identifier: Apache-2.0
"""The dates of a card as a calendar: read back by a reader of calendars, never as text alone."""

import re
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result
from icalendar import Calendar, Event

from cardtool.cli import main
from cardtool.model.certificate import Certificate
from cardtool.model.redact import redact
from cardtool.model.snapshot import Snapshot
from cardtool.model.trust import Status, Trust
from cardtool.rules import diagnose
from cardtool.rules.renewal import Policy
from cardtool.rules.timeline import with_moments
from cardtool.text import LANGUAGES, Text
from cardtool.views.data import ics
from tests.conftest import Tokens
from tests.golden.desk import (
    AT,
    HOLDER,
    NUMBER,
    SERIAL,
    ZONE,
    certificate,
    desk,
    held,
    name,
    person,
)
from tests.rig.certificates import ca, nes, tckn
from tests.rig.softhsm import SoftHsm

ENDS = datetime(2028, 1, 10, 8, 0, tzinfo=UTC)
"""Of the usual NES of the described desk."""
OPENS = ENDS - timedelta(days=90)
POLICY = Policy()
KEY = b"the key of the calendars"
every_language = pytest.mark.parametrize("language", LANGUAGES)


def _written(
    *desks: Snapshot, at: datetime = AT, policy: Policy = POLICY, language: str = "en"
) -> str:
    diagnoses = (with_moments(diagnose(redact(each, KEY), at, policy), policy) for each in desks)
    return "".join(ics.render(diagnoses, Text(language, ZONE)))


def _events(written: str) -> list[Event]:
    calendar = Calendar.from_ical(written)
    assert isinstance(calendar, Calendar)
    assert [each.name for each in calendar.subcomponents] == ["VEVENT"] * len(calendar.events)
    return calendar.events


def _starts(written: str) -> dict[str, date]:
    return {str(each["SUMMARY"]): each.start for each in _events(written)}


def _names(written: str) -> set[str]:
    return {str(each["UID"]) for each in _events(written)}


def _with(**changes: object) -> Snapshot:
    return desk(held(certificate(person(), **changes)))


def test_an_nes_gives_its_three_dates_in_order_at_their_seconds() -> None:
    starts = _starts(_written(desk()))

    assert list(starts) == [
        "E-signature renewal opens",
        "Last safe day to apply for e-signature renewal",
        "The e-signature certificate ends",
    ]
    opens, last, ends = starts.values()
    assert (opens, ends) == (OPENS, ENDS)
    # 30 days before the end is Saturday 11 December 2027 in Turkey
    assert last == datetime(2027, 12, 10, 23, 59, 59, tzinfo=ZONE)


@every_language
def test_every_event_is_titled_and_told_in_the_language(language: str) -> None:
    text = Text(language, ZONE)

    for kind, event in zip(
        ("opens", "apply-by", "ends"), _events(_written(desk(), language=language)), strict=True
    ):
        assert event["SUMMARY"] == text.label(f"calendar-{kind}")
        first, *rest = str(event["DESCRIPTION"]).split("\n")
        assert first == text.label(f"calendar-{kind}-means")
        assert f"{text.label('certificate-serial')}: 0102" in rest
        assert f"{text.label('certificate-ends')}: {text.moment(ENDS)}" in rest


@every_language
def test_moments_are_in_utc_and_need_no_zone(language: str) -> None:
    written = _written(desk(), language=language)

    starts = re.findall(r"^DTSTART.*$", written, re.MULTILINE)
    assert starts[0] == "DTSTART:20271012T080000Z\r"
    assert all(re.fullmatch(r"DTSTART:\d{8}T\d{6}Z\r", each) for each in starts)
    assert "VTIMEZONE" not in written
    assert "TZID" not in written


@every_language
def test_lines_are_as_the_standard_has_them(language: str) -> None:
    """RFC 5545 §3.1: CRLF ends each line, and none is longer than 75 octets."""
    lines = _written(desk(), language=language).encode().split(b"\r\n")

    assert lines[0] == b"BEGIN:VCALENDAR"
    assert lines[-2:] == [b"END:VCALENDAR", b""]
    assert not [each for each in lines if b"\n" in each or b"\r" in each or len(each) > 75]


def test_an_event_has_what_every_event_must_have() -> None:
    """RFC 5545 §3.6, §3.6.1 and §3.6.6."""
    written = _written(desk())
    calendar = Calendar.from_ical(written)

    assert calendar["VERSION"] == "2.0"
    assert calendar["PRODID"]
    for event in _events(written):
        assert all(event[each] for each in ("UID", "DTSTAMP", "SUMMARY"))
        for alarm in event.alarms.times:
            assert alarm.alarm["ACTION"] == "DISPLAY"
            assert alarm.alarm["DESCRIPTION"] == event["SUMMARY"]


def test_alarms_go_off_at_the_opening_and_before_the_other_dates() -> None:
    opens, last, ends = (
        [each.trigger for each in event.alarms.times] for event in _events(_written(desk()))
    )

    assert opens == [OPENS]
    assert ends == [ENDS - timedelta(days=7), ENDS - timedelta(days=1)]
    mornings = [datetime(2027, 12, day, 8, 59, 59, tzinfo=ZONE) for day in (3, 10)]
    assert last == mornings


def test_a_second_import_changes_what_is_there() -> None:
    """RFC 5545 §3.8.7.4: the same UID, and the later look has the larger SEQUENCE."""
    later = AT + timedelta(days=2)
    again = msgspec.structs.replace(desk(), taken_at=later)

    first, second = _written(desk()), _written(again, at=later, policy=Policy(notice_days=100))

    assert _names(first) == _names(second)
    old, new = _events(first), _events(second)
    assert all(a.sequence < b.sequence for a, b in zip(old, new, strict=True))
    assert [each.DTSTAMP for each in new] == [later] * 3
    assert new[0].start == ENDS - timedelta(days=100)


@pytest.mark.parametrize("later", [timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)])
def test_a_look_a_minute_later_outranks_the_first(later: timedelta) -> None:
    """A calendar drops an event whose SEQUENCE is no larger. Source: RFC 5546 §2.1.5."""
    again = msgspec.structs.replace(desk(), taken_at=desk().taken_at + later)

    old, new = _events(_written(desk())), _events(_written(again))

    grown = [b.sequence - a.sequence for a, b in zip(old, new, strict=True)]
    assert grown == [later // timedelta(minutes=1)] * len(old)


def test_the_same_look_written_twice_is_the_same_file() -> None:
    assert _written(desk()) == _written(desk())


def test_certificates_have_events_of_their_own() -> None:
    other = held(certificate(person("CAN ÖRNEK", "10000002062"), serial="0103"))
    two = desk(held(certificate(person())), msgspec.structs.replace(other, sha256="CD" * 32))

    assert len(_names(_written(two))) == 6
    assert _names(_written(desk())) < _names(_written(two))


def test_another_persons_certificate_that_ends_later_takes_no_dates_away() -> None:
    other = certificate(
        person("CAN ÖRNEK", "10000002062"), serial="0103", not_after_at=ENDS + timedelta(days=9)
    )

    assert _names(_written(desk())) < _names(_written(_both(certificate(person()), other)))


def test_a_certificate_seen_twice_is_told_of_once() -> None:
    first = desk()
    twice = msgspec.structs.replace(first, modules=first.modules * 2)

    for written in (_written(twice), _written(first, first)):
        assert len(_events(written)) == len(_names(written)) == 3


def test_several_desks_are_one_calendar() -> None:
    other = held(certificate(person("CAN ÖRNEK", "10000002062"), serial="0103"))
    written = _written(desk(), desk(msgspec.structs.replace(other, sha256="CD" * 32)))

    assert written.count("BEGIN:VCALENDAR") == written.count("END:VCALENDAR") == 1
    assert len(_events(written)) == 6


@pytest.mark.parametrize(
    ("at", "left"),
    [
        (OPENS - timedelta(seconds=1), 3),
        (OPENS, 3),
        (OPENS + timedelta(seconds=1), 2),
        (datetime(2027, 12, 11, tzinfo=ZONE), 1),
        (ENDS, 1),
        (ENDS + timedelta(seconds=1), 0),
    ],
)
def test_what_is_past_is_left_out_and_the_last_second_is_not_past(at: datetime, left: int) -> None:
    written = _written(desk(), at=at)

    assert len(_events(written)) == left if left else written == ""


def test_a_new_certificate_that_waits_gives_its_beginning_and_its_own_dates() -> None:
    begins = AT + timedelta(days=5)

    starts = _starts(_written(_with(not_before_at=begins)))

    assert starts.pop("The new e-signature certificate becomes valid") == begins
    assert starts == _starts(_written(desk()))


def _both(old: Certificate, new: Certificate, **trust: object) -> Snapshot:
    """Return a desk with two certificates, the second of which has another fingerprint."""
    held_apart = msgspec.structs.replace(held(new), sha256="CD" * 32)
    return msgspec.structs.replace(desk(held(old), held_apart), **trust)


def test_only_the_successor_that_waits_is_renewed() -> None:
    ends, issuer = AT + timedelta(days=200), name(CN="Başka Sağlayıcı")
    policy = Policy(issuers=(("BAŞKA", Policy(notice_days=60, lead_days=10)),))
    old = certificate(person(), serial="0100", not_after_at=ends)
    new = certificate(person(), serial="0199", not_before_at=ends, issuer=issuer)

    events = _events(_written(_both(old, new), policy=policy))

    told = [
        (each.start, re.findall(r"0100|0199", str(each["DESCRIPTION"])), str(each["SUMMARY"]))
        for each in events
    ]
    assert told == [
        (ends, ["0100"], "The e-signature certificate ends"),
        (ends, ["0199"], "The new e-signature certificate becomes valid"),
        (ENDS - timedelta(days=60), ["0199"], "E-signature renewal opens"),
        (
            datetime(2027, 12, 31, 23, 59, 59, tzinfo=ZONE),
            ["0199"],
            "Last safe day to apply for e-signature renewal",
        ),
        (ENDS, ["0199"], "The e-signature certificate ends"),
    ]
    alone = desk(msgspec.structs.replace(held(new), sha256="CD" * 32))
    assert _names(_written(alone)) < {str(each["UID"]) for each in events}


def test_two_certificates_of_one_person_with_one_end_have_events_each() -> None:
    own = Policy(issuers=(("BAŞKA", Policy(notice_days=60)),))
    other = certificate(person(), serial="0199", issuer=name(CN="Başka Sağlayıcı"))

    opens = {
        str(each["DESCRIPTION"]).rpartition(": ")[2]: each.start
        for each in _events(_written(_both(certificate(person()), other), policy=own))
        if each["SUMMARY"] == "E-signature renewal opens"
    }

    assert opens == {"0102": OPENS, "0199": ENDS - timedelta(days=60)}


def _refused(sha256: str) -> Trust:
    said = Status(source="ocsp", url="http://x/", status="revoked", said_at=AT)
    return Trust(sha256=sha256, asked_at=AT, chain=(sha256,), status=said)


def test_a_certificate_that_is_refused_gives_nothing_and_replaces_nothing() -> None:
    revoked = (_refused("CD" * 32),)
    newer = certificate(person(), serial="0199", not_after_at=ENDS + timedelta(days=9))
    alone = msgspec.structs.replace(desk(), trust=(_refused("AB" * 32),))

    assert _written(alone) == ""
    both = _both(certificate(person()), newer, trust=revoked)
    assert _names(_written(both)) == _names(_written(desk()))


def test_an_old_certificate_beside_the_new_one_gives_nothing() -> None:
    old = held(certificate(person(), serial="0100", not_after_at=AT + timedelta(days=9)))
    both = desk(msgspec.structs.replace(old, sha256="CD" * 32), held(certificate(person())))

    assert _names(_written(both)) == _names(_written(desk()))


def test_an_issuer_on_the_card_that_ends_first_is_the_end() -> None:
    ends = ENDS - timedelta(days=100)
    issuer = certificate(
        certificate(person()).issuer,
        serial="01",
        is_ca=True,
        key_usage=("keyCertSign",),
        qc_statements=(),
        not_after_at=ends,
    )
    both = desk(
        held(certificate(person())), msgspec.structs.replace(held(issuer), sha256="CD" * 32)
    )

    written = _written(both)

    assert _starts(written)["The e-signature certificate ends"] == ends
    assert _names(written) == _names(_written(desk()))


def test_no_date_ahead_is_no_calendar() -> None:
    """RFC 5545 §3.6: a calendar has at least one component."""
    assert _written(msgspec.structs.replace(desk(), modules=())) == ""


def test_thresholds_of_an_issuer_move_its_dates() -> None:
    own = Policy(notice_days=60, lead_days=10)
    policy = Policy(issuers=(("kamu elektronik", own),))

    opens, last, _ = _starts(_written(desk(), policy=policy)).values()

    assert opens == ENDS - timedelta(days=60)
    assert last == datetime(2027, 12, 31, 23, 59, 59, tzinfo=ZONE)


def test_the_end_of_one_without_an_end_can_be_written() -> None:
    """RFC 5280 §4.1.2.5: this is how a certificate says that it has none."""
    never = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)

    assert _events(_written(_with(not_after_at=never)))[-1].start == never


@pytest.mark.parametrize("offset_h", [14, -14])
def test_a_look_at_the_edge_of_the_calendar_can_be_written(offset_h: int) -> None:
    zone = timezone(timedelta(hours=offset_h))
    last = datetime(9999, 12, 31, 23, 59, 59, tzinfo=zone)
    edge = last if offset_h < 0 else datetime(1, 1, 1, tzinfo=zone)

    events = _events(_written(msgspec.structs.replace(desk(), taken_at=edge)))

    assert len(events) == 3
    assert all(0 <= each.sequence < 2**31 for each in events)


@pytest.mark.parametrize(
    "text",
    [
        "\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nSUMMARY:x",
        '\\n;,":\x1b[31m\u202e\u2028',
        "Ğ" * 900,
    ],
)
def test_nothing_on_a_card_can_end_an_event_or_begin_another(text: str) -> None:
    written = _written(_with(issuer=person(holder=text)))

    assert len(_events(written)) == 2  # when another provider's renewal opens is not known
    assert not re.search(r"[\x00-\x09\x0b\x0c\x0e-\x1f\x7f\u202e\u2028]", written)


# the command


@pytest.fixture(name="store", scope="module")
def _store(tokens: Tokens) -> SoftHsm:
    begins = ENDS - timedelta(days=1095)
    der = nes(name="DENİZ ÖRNEK", number=tckn(7), not_before=begins, not_after=ENDS)
    return tokens((f"{tckn(7)}NES0", der), ("KESHS", ca().der))


def _ask(store: SoftHsm, *arguments: str) -> Result:
    settings = {"SOFTHSM2_CONF": store.env["SOFTHSM2_CONF"], "CARDTOOL_LANG": "en"}
    runner = CliRunner(env={**settings, "CARDTOOL_CONFIG": ""})
    return runner.invoke(main, ("calendar", "--module", str(store.module), *arguments))


def test_a_card_is_written_to_a_file_as_to_standard_output(store: SoftHsm, tmp_path: Path) -> None:
    path = tmp_path / "kart.ics"

    filed = _ask(store, "--at", "2026-11-23", "-o", str(path))
    shown = _ask(store, "--at", "2026-11-23")

    assert (filed.exit_code, filed.stdout, filed.stderr) == (0, "", f"Written: {path}\n")
    assert (shown.exit_code, shown.stderr) == (0, "")
    body = path.read_bytes().decode()
    assert _events(body)[-1].start == ENDS
    assert _names(body) == _names(shown.stdout_bytes.decode())


def test_the_exit_status_of_a_calendar_that_was_written_is_well(store: SoftHsm) -> None:
    assert _ask(store, "--at", "2028-01-09").exit_code == 0


def test_without_a_date_the_file_stays_and_the_exit_status_tells(
    store: SoftHsm, tmp_path: Path
) -> None:
    path = tmp_path / "kart.ics"
    path.write_text("as it was")

    done = _ask(store, "--at", "2029-01-01", "-o", str(path))

    assert path.read_text() == "as it was"
    assert done.exit_code == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("cardtool: No date of an e-signature certificate lies ahead")


def test_what_is_written_names_nobody_unless_asked(store: SoftHsm) -> None:
    redacted = _ask(store, "--at", "2026-11-23")
    kept = _ask(store, "--at", "2026-11-23", "--keep-personal")

    assert "DENİZ" not in redacted.stdout
    assert tckn(7) not in redacted.stdout
    assert "Holder: ~" in redacted.stdout.replace("\r\n ", "").replace("\n ", "")
    (holder,) = {
        line
        for event in _events(kept.stdout_bytes.decode())
        for line in str(event["DESCRIPTION"]).split("\n")
        if line.startswith("Holder: ")
    }
    assert holder == "Holder: DENİZ ÖRNEK"
    assert _names(kept.stdout_bytes.decode()) == _names(redacted.stdout_bytes.decode())


def test_saved_desks_make_a_calendar_without_a_person(saved: str) -> None:
    runner = CliRunner(env={"CARDTOOL_CONFIG": ""})

    done = runner.invoke(main, ("diagnose", saved, "--at", AT.isoformat(), "--format", "ics"))

    assert done.exit_code == 0
    body = done.stdout_bytes.decode()
    assert _names(body) == _names(_written(desk()))
    unfolded = body.replace("\r\n ", "")
    assert not any(each in unfolded for each in (HOLDER, NUMBER, SERIAL))


def test_a_calendar_has_no_other_format() -> None:
    done = CliRunner().invoke(main, ("calendar", "--format", "json"))

    assert done.exit_code == 3
    assert "it has ics" in done.stderr
