# SPDX-License-Identifier: Apache-2.0
"""The dates of every NES for a calendar: when its renewal opens, when to have applied, its end.

The moments come from the findings; nothing is computed here. The identifier of an event (`UID`)
depends only on the certificate and the kind of event, so importing the file again moves the events.
Source: RFC 5545.
"""

import uuid
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import TypeVar

import msgspec
from icalendar import Alarm, Calendar, Event

from cardtool.model.certificate import Certificate
from cardtool.model.diagnosis import Diagnosis
from cardtool.model.lists import Summary
from cardtool.model.moments import utc
from cardtool.text import Text
from cardtool.views.harmless import escape
from cardtool.views.paper import PAPER, Paper

_OURS = uuid.UUID("5b0c8f0e-8c0b-5d4e-9a53-0f6a3c1d7e42")
"""Namespace of the events' identifiers. It is random, and must never change."""

_WEEK, _DAY = timedelta(days=7), timedelta(days=1)

_MORNING = timedelta(hours=15)
"""From 9 in the morning to the end of the day, which is the last second to apply."""

_KINDS = {
    "begins": ("not_before_at", (timedelta(),)),
    "opens": ("opens_at", (timedelta(),)),
    "apply-by": ("apply_by_at", (_WEEK + _MORNING, _MORNING)),
    "ends": ("not_after_at", (_WEEK, _DAY)),
}
"""By kind of event: the fact with its moment, and how long before it the alarms go off."""

_MARKS = frozenset({"not_before_at", "not_after_at"})
"""Only a finding about an NES that has not ended has a `sha256` and one of these facts."""

_MOST_CHANGES = 2**31 - 1
"""The largest INTEGER there is. Source: RFC 5545 §3.3.8."""


Part = TypeVar("Part", Alarm, Calendar, Event)


class _Nes(msgspec.Struct, frozen=True, kw_only=True):
    """A qualified certificate that has not ended, and what its events say."""

    sha256: str
    moments: Mapping[str, datetime | None]
    """By the facts that `_KINDS` names."""
    at: datetime
    taken_at: datetime
    before: str = ""
    """A text before the name of each event."""
    rows: Mapping[str, str]
    """Key of a label -> value."""


def render(diagnoses: Iterable[Diagnosis], text: Text, _paper: Paper = PAPER) -> Iterator[str]:
    """Yield one calendar for all diagnoses, part by part, or nothing if no date lies ahead.

    A calendar must have an event. Past moments are left out, because their alarms would go off when
    the file is opened. A certificate that is on several workstations is shown once, for the first.
    Source: RFC 5545 §3.6.
    """
    certificates = (nes for diagnosis in diagnoses for nes in _all_nes(diagnosis, text))
    return _calendar(certificates, text)


def render_list(summaries: Iterable[Summary], text: Text) -> Iterator[str]:
    """Yield the same calendar for a list whose lines are dated.

    The events have the identifiers that `render` gives them, so no calendar gets one twice. Some
    hundred bytes of each certificate are kept in memory.
    """
    return _calendar((nes for line in summaries for nes in _listed(line, text)), text)


def _calendar(certificates: Iterable[_Nes], text: Text) -> Iterator[str]:
    """Yield an event for each moment ahead, once for each certificate."""
    product = f"-//cardtool//cardtool//{text.language.upper()}"
    calendar = _with(Calendar(), version="2.0", prodid=product)
    head, last, tail = calendar.to_ical().decode().partition("END:VCALENDAR")
    names, is_begun = set(), False
    for nes in certificates:
        name = hash(nes.sha256)  # a number, because there may be a million of them
        if name in names:
            continue
        names.add(name)
        for kind, (fact, _) in _KINDS.items():
            moment = nes.moments[fact]
            if moment is not None and moment >= nes.at:
                yield "" if is_begun else head
                yield _event(nes, kind, moment, text).to_ical().decode()
                is_begun = True
    if is_begun:
        yield last + tail


def _event(nes: _Nes, kind: str, moment: datetime, text: Text) -> Event:
    """Make the event of a moment, with its alarms.

    Its number grows with the moment of the check, so a later event replaces an earlier one. It
    counts minutes, because seconds would be too many. Source: RFC 5545 §3.8.7.4, RFC 5546 §2.1.5.
    """
    summary = f"{nes.before}{text.label(f'calendar-{kind}')}"
    lines = (f"{text.label(label)}: {value}" for label, value in nes.rows.items())
    event = _with(
        Event(),
        uid=str(uuid.uuid5(_OURS, f"{escape(nes.sha256)}/{kind}")),
        dtstamp=utc(nes.taken_at),
        sequence=min(max(int(nes.taken_at.timestamp()) // 60, 0), _MOST_CHANGES),
        summary=summary,
        description="\n".join((text.label(f"calendar-{kind}-means"), *lines)),
        transp="TRANSPARENT",
        dtstart=utc(moment),
    )
    for before in _KINDS[kind][1]:
        event.add_component(_with(Alarm(), action="DISPLAY", trigger=-before, description=summary))
    return event


def _with(component: Part, **properties: object) -> Part:
    """Return a part of a calendar with its properties, in their order."""
    for name, value in properties.items():
        component.add(name, value)
    return component


def _listed(line: Summary, text: Text) -> Iterator[_Nes]:
    """Yield the certificate of a line with its workstation, unless it has ended."""
    begins, ends = line.not_before_at, line.not_after_at
    if begins is None or ends is None or ends < line.at:
        return
    rows = {
        "certificate-begins": text.moment(begins),
        "certificate-ends": text.moment(ends),
        "calendar-holder": escape(line.holder),
        "certificate-issuer": escape(line.issuer),
        "list-host": escape(line.host),
        "list-unit": escape(line.unit),
    }
    yield _Nes(
        sha256=line.sha256,
        moments={fact: getattr(line, fact) for fact, _ in _KINDS.values()},
        at=line.at,
        taken_at=line.card_seen_at or line.taken_at,
        before=f"{escape(line.host)}: ",
        rows={label: value for label, value in rows.items() if value},
    )


def _all_nes(diagnosis: Diagnosis, text: Text) -> Iterator[_Nes]:
    """Yield each NES that has not ended, with the moments that its finding names."""
    contents = {
        stored.sha256: stored.content
        for stored in diagnosis.snapshot.certificates()
        if isinstance(stored.content, Certificate)
    }
    practice = f"{text.label('practice')}: {escape(diagnosis.practice)}: "
    for finding in diagnosis.findings:
        if "sha256" not in finding.facts or not _MARKS & finding.facts.keys():
            continue
        sha256 = str(finding.facts["sha256"])
        content = contents[sha256]
        texts = {fact: finding.facts.get(fact) for fact, _ in _KINDS.values()}
        moments = {
            fact: None if value is None else datetime.fromisoformat(str(value))
            for fact, value in texts.items()
        }
        yield _Nes(
            sha256=sha256,
            moments=moments,
            at=diagnosis.at,
            taken_at=diagnosis.snapshot.taken_at,
            before=practice if diagnosis.practice else "",
            rows={
                "certificate-begins": text.moment(content.not_before_at),
                "certificate-ends": text.moment(moments["not_after_at"] or content.not_after_at),
                "calendar-holder": escape(str(finding.facts["holder"])),
                "certificate-issuer": escape(content.issuer.first("CN") or "-"),
                "certificate-serial": escape(content.shown_serial),
            },
        )
