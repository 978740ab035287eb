# SPDX-License-Identifier: Apache-2.0
"""The dates of every NES for a calendar: when its renewal opens, when to have applied, its end.

The moments are those of the findings; nothing is counted here. What an event is called by
(`UID`) hangs on the certificate and the kind of event alone, so that a calendar which is given
them a second time moves what it has. Source: RFC 5545.
"""

import uuid
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

import msgspec
from icalendar import Alarm, Calendar, Event

from cardtool.model.certificate import Certificate
from cardtool.model.diagnosis import Diagnosis, Finding
from cardtool.model.moments import utc
from cardtool.model.snapshot import Failure
from cardtool.model.summary import Summary
from cardtool.text import Text
from cardtool.views.harmless import escape
from cardtool.views.paper import Paper

_OURS = uuid.UUID("5b0c8f0e-8c0b-5d4e-9a53-0f6a3c1d7e42")
"""Namespace of the events' names; any other would do, but it must never change."""

_WEEK, _DAY = timedelta(days=7), timedelta(days=1)

_MORNING = timedelta(hours=15)
"""Before the end of a day, which the last day to apply ends at."""

_KINDS = {
    "begins": ("not_before_at", (timedelta(),)),
    "opens": ("opens_at", (timedelta(),)),
    "apply-by": ("apply_by_at", (_WEEK + _MORNING, _MORNING)),
    "ends": ("not_after_at", (_WEEK, _DAY)),
}
"""By kind of event: the fact that is its moment, and how long before it the alarms go off."""

_MARKS = frozenset({"not_before_at", "not_after_at"})
"""Facts of which, beside a `sha256`, only what is said of an NES with time to come has one."""

_MOST_CHANGES = 2**31 - 1
"""The largest INTEGER there is. Source: RFC 5545 §3.3.8."""


class _Date(msgspec.Struct, frozen=True, kw_only=True):
    """A moment of a certificate, and what is said of it."""

    sha256: str
    kind: str
    """A key of `_KINDS`."""
    moment: datetime
    taken_at: datetime
    """When the certificate was looked at."""
    before: str = ""
    """Stands in front of the name of the event."""
    rows: dict[str, str]
    """Key of a label -> value."""


class _Nes(msgspec.Struct, frozen=True, kw_only=True):
    """A qualified certificate with what was found of its time."""

    sha256: str
    content: Certificate
    state: Finding


def render(diagnoses: Iterable[Diagnosis], text: Text, paper: Paper | None = None) -> Iterator[str]:
    """Yield one calendar for all diagnoses, part by part, or nothing where no date lies ahead.

    A calendar must have an event. What is past is left out, or its alarms would all go off
    when the file is opened. One certificate on several desks is told of once, as on the first.
    Source: RFC 5545 §3.6.
    """
    del paper
    yield from _calendar(_dates(diagnoses, text), text)


def render_list(
    summaries: Iterable[Summary], text: Text, paper: Paper | None = None
) -> Iterator[str]:
    """Yield the same calendar for a list whose lines are dated.

    The events are named as those of `render`, so that no calendar has one twice. What is kept
    meanwhile is some hundred bytes of each certificate.
    """
    del paper
    yield from _calendar(_dates_of_list(summaries, text), text)


def _calendar(dates: Iterable[_Date], text: Text) -> Iterator[str]:
    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", f"-//cardtool//cardtool//{text.language.upper()}")
    head, last, tail = calendar.to_ical().decode().partition("END:VCALENDAR")
    is_begun = False
    for each in dates:
        event = _event(each, text).to_ical().decode()
        yield event if is_begun else head + event
        is_begun = True
    if is_begun:
        yield last + tail


def _dates(diagnoses: Iterable[Diagnosis], text: Text) -> Iterator[_Date]:
    told = set()
    for diagnosis in diagnoses:
        practice = f"{text.label('practice')}: {escape(diagnosis.practice)}: "
        for nes in _all_nes(diagnosis):
            for kind, (fact, _) in _KINDS.items():
                moment = _moment(nes.state, fact)
                if moment is None or moment < diagnosis.at or (nes.sha256, kind) in told:
                    continue
                told.add((nes.sha256, kind))
                yield _Date(
                    sha256=nes.sha256,
                    kind=kind,
                    moment=moment,
                    taken_at=diagnosis.snapshot.taken_at,
                    before=practice if diagnosis.practice else "",
                    rows=_rows(nes, text),
                )


def _dates_of_list(summaries: Iterable[Summary], text: Text) -> Iterator[_Date]:
    told = set()
    for line in summaries:
        if line.not_before_at is None or line.not_after_at is None or line.not_after_at < line.at:
            continue
        name = hash(line.sha256)  # a number, for there may be a million of them
        if name in told:
            continue
        told.add(name)
        rows = {
            "certificate-begins": text.moment(line.not_before_at),
            "certificate-ends": text.moment(line.not_after_at),
            "calendar-holder": escape(line.holder),
            "certificate-issuer": escape(line.issuer),
            "list-host": escape(line.host),
            "list-unit": escape(line.unit),
        }
        for kind, (field, _) in _KINDS.items():
            moment = getattr(line, field)
            if moment is not None and moment >= line.at:
                yield _Date(
                    sha256=line.sha256,
                    kind=kind,
                    moment=moment,
                    taken_at=line.card_seen_at or line.taken_at,
                    before=f"{escape(line.host)}: ",
                    rows={label: said for label, said in rows.items() if said},
                )


def _event(date: _Date, text: Text) -> Event:
    """Return an event with its alarms.

    What was looked at later outranks what was looked at earlier, to the minute: seconds are too
    many for the number. Source: RFC 5545 §3.8.7.4, RFC 5546 §2.1.5.
    """
    summary = f"{date.before}{text.label(f'calendar-{date.kind}')}"
    lines = (f"{text.label(label)}: {value}" for label, value in date.rows.items())
    event = Event()
    event.add("uid", str(uuid.uuid5(_OURS, f"{escape(date.sha256)}/{date.kind}")))
    event.add("dtstamp", utc(date.taken_at))
    event.add("sequence", min(max(int(date.taken_at.timestamp()) // 60, 0), _MOST_CHANGES))
    event.add("summary", summary)
    event.add("description", "\n".join((text.label(f"calendar-{date.kind}-means"), *lines)))
    event.add("transp", "TRANSPARENT")
    event.add("dtstart", utc(date.moment))
    for before in _KINDS[date.kind][1]:
        event.add_component(_alarm(-before, summary))
    return event


def _rows(nes: _Nes, text: Text) -> dict[str, str]:
    facts, content = nes.state.facts, nes.content
    return {
        "certificate-begins": text.moment(content.not_before_at),
        "certificate-ends": text.moment(_moment(nes.state, "not_after_at") or content.not_after_at),
        "calendar-holder": escape(str(facts["holder"])),
        "certificate-issuer": escape(content.issuer.first("CN") or "-"),
        "certificate-serial": escape(content.shown_serial),
    }


def _alarm(trigger: timedelta, words: str) -> Alarm:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("trigger", trigger)
    alarm.add("description", words)
    return alarm


def _all_nes(diagnosis: Diagnosis) -> Iterator[_Nes]:
    """Give each NES that has time to come, with the certificate it is."""
    contents = dict(_certificates(diagnosis))
    for state in diagnosis.findings:
        if "sha256" in state.facts and _MARKS & state.facts.keys():
            sha256 = str(state.facts["sha256"])
            yield _Nes(sha256=sha256, content=contents[sha256], state=state)


def _certificates(diagnosis: Diagnosis) -> Iterator[tuple[str, Certificate]]:
    for _, _, token in diagnosis.snapshot.tokens():
        for each in () if isinstance(token.certificates, Failure) else token.certificates:
            if isinstance(each.content, Certificate):
                yield each.sha256, each.content


def _moment(finding: Finding, fact: str) -> datetime | None:
    said = finding.facts.get(fact)
    return None if said is None else datetime.fromisoformat(str(said))
