# SPDX-License-Identifier: Apache-2.0
"""The dates of every NES for a calendar: when its renewal opens, when to have applied, its end.

The moments are those of the findings; nothing is counted here. What an event is called by
(`UID`) hangs on the certificate and the kind of event alone, so that a calendar which is given
them a second time moves what it has. Source: RFC 5545.
"""

import uuid
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

import msgspec
from icalendar import Alarm, Calendar, Event

from cardtool.model.certificate import Certificate
from cardtool.model.diagnosis import Diagnosis, Finding
from cardtool.model.snapshot import Failure
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
    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", f"-//cardtool//cardtool//{text.language.upper()}")
    head, last, tail = calendar.to_ical().decode().partition("END:VCALENDAR")
    told: set[str] = set()
    for each in diagnoses:
        for event in _events(each, text):
            if (name := str(event["UID"])) not in told:
                yield event.to_ical().decode() if told else head + event.to_ical().decode()
                told.add(name)
    if told:
        yield last + tail


def _events(diagnosis: Diagnosis, text: Text) -> Iterator[Event]:
    for nes in _all_nes(diagnosis):
        for kind, (fact, alarms) in _KINDS.items():
            moment = _moment(nes.state, fact)
            if moment is None or moment < diagnosis.at:
                continue
            event = _event(diagnosis, nes, kind, text)
            event.add("dtstart", _utc(moment))
            for before in alarms:
                event.add_component(_alarm(-before, str(event["SUMMARY"])))
            yield event


def _event(diagnosis: Diagnosis, nes: _Nes, kind: str, text: Text) -> Event:
    """Return an event without its moment.

    What was looked at later outranks what was looked at earlier, to the minute: seconds are too
    many for the number. Source: RFC 5545 §3.8.7.4, RFC 5546 §2.1.5.
    """
    taken_at = diagnosis.snapshot.taken_at
    summary = text.label(f"calendar-{kind}")
    if diagnosis.practice:
        summary = f"{text.label('practice')}: {escape(diagnosis.practice)}: {summary}"
    event = Event()
    event.add("uid", str(uuid.uuid5(_OURS, f"{nes.sha256}/{kind}")))
    event.add("dtstamp", _utc(taken_at))
    event.add("sequence", min(max(int(taken_at.timestamp()) // 60, 0), _MOST_CHANGES))
    event.add("summary", summary)
    event.add("description", _description(nes, kind, text))
    event.add("transp", "TRANSPARENT")
    return event


def _description(nes: _Nes, kind: str, text: Text) -> str:
    facts, content = nes.state.facts, nes.content
    rows = {
        "certificate-begins": text.moment(content.not_before_at),
        "certificate-ends": text.moment(_moment(nes.state, "not_after_at") or content.not_after_at),
        "calendar-holder": escape(str(facts["holder"])),
        "certificate-issuer": escape(content.issuer.first("CN") or "-"),
        "certificate-serial": escape(content.serial),
    }
    lines = (f"{text.label(label)}: {value}" for label, value in rows.items())
    return "\n".join((text.label(f"calendar-{kind}-means"), *lines))


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


def _utc(moment: datetime) -> datetime:
    """Return a moment in UTC; one at the edge of the calendar stays within it."""
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        return moment.replace(tzinfo=UTC)
