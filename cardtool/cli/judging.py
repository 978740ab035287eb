# SPDX-License-Identifier: Apache-2.0
"""Judges snapshots, hides people whom the output must not show, and records what checks found.

Rules and redaction are imported while the card answers (`looking.look`), not earlier.
"""

import logging
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

import msgspec

from cardtool.cli.asked import Asked
from cardtool.model.diagnosis import Diagnosis, Severity
from cardtool.model.snapshot import Snapshot
from cardtool.probe import last_good

if TYPE_CHECKING:
    from cardtool.model.hiding import Hiding
    from cardtool.model.lists import Summary

_LOG = logging.getLogger(__name__)

_Record = TypeVar("_Record", bound=msgspec.Struct)
_Judged = TypeVar("_Judged", "Diagnosis", "Summary")


def judge(asked: Asked, snapshot: Snapshot, moment: datetime | None = None) -> Diagnosis:
    """Diagnose a snapshot, after hiding what must not be shown.

    It is judged for the moment of `--at`, or for `moment`, or for now.
    """
    from cardtool.model.redact import mask  # noqa: PLC0415
    from cardtool.rules import diagnose  # noqa: PLC0415

    is_leaving = asked.keeps or asked.format.leaves
    shown = leaving(asked, snapshot) if is_leaving else mask(snapshot)
    at = asked.option("at") or moment or datetime.now().astimezone()
    diagnosis = diagnose(shown, at, asked.config.days())
    if asked.format.name == "ics":
        from cardtool.rules.timeline import with_moments  # noqa: PLC0415

        diagnosis = with_moments(diagnosis, asked.config.days())
    _LOG.debug("judged for %s: %s", at.isoformat(timespec="seconds"), diagnosis.verdict)
    return diagnosis


def leaving(asked: Asked, snapshot: Snapshot) -> Snapshot:
    """Return what may leave the machine: without the person, unless `--keep-personal` is given."""
    return snapshot if asked.keeps else redacted(asked, snapshot)


def redacted(asked: Asked, snapshot: Snapshot) -> Snapshot:
    """Return a snapshot without the person in it."""
    from cardtool.model.redact import redact  # noqa: PLC0415
    from cardtool.probe import identity  # noqa: PLC0415

    return redact(snapshot, asked.key, identity.names())


def hiding(asked: Asked) -> "Hiding | None":
    """Return what hides the people of a list; None: they stay as they are in the store."""
    from cardtool.model.hiding import Hiding  # noqa: PLC0415

    is_shown = asked.keeps or not (asked.format.leaves or asked.format.watches)
    return None if is_shown else Hiding(asked.key)


def hidden(asked: Asked, records: Iterable[_Record]) -> Iterable[_Record]:
    """Return the records of a list, with their people hashed unless they may stay."""
    hides = hiding(asked)
    return records if hides is None else map(hides.record, records)


def record(asked: Asked, diagnosis: Diagnosis) -> None:
    """Record a check for later ones and for the event log, but not a check for another moment."""
    if asked.option("at") is None:
        keep_state(diagnosis)
        tell_event_log(asked, diagnosis)


def tell_reminders(asked: Asked, diagnosis: Diagnosis) -> None:
    """Tell the reminders of this user, if there are any, which certificates their card holds.

    `cardtool watch` does not do this: the cards that a helpdesk reads are not its own.
    """
    if asked.option("at") is None and last_good.has_reminders():
        from cardtool.remind import due, memory  # noqa: PLC0415 - for those who are reminded

        memory.change(lambda now: due.noted(now, diagnosis))


def keep_state(diagnosis: Diagnosis) -> None:
    """Keep the state of a workstation that can sign: a later check says what has changed.

    While the clock may be wrong, the earlier state stays, as evidence about the clock.
    """
    codes = {finding.code for finding in diagnosis.findings}
    if "clock-went-back" in codes:
        last_good.doubt(diagnosis.snapshot.taken_at)
    elif "desk-ready" in codes:
        last_good.remember(diagnosis.snapshot)


def tell_event_log(asked: Asked, diagnosis: Diagnosis) -> None:
    """Tell Windows' event log of a changed verdict, if the site wants that; it names no person.

    If another check was running, the card was not read, and there is no verdict to tell.
    """
    if not asked.config.event_log or diagnosis.snapshot.running is not None:
        return
    from cardtool.probe.event_log import Kind, tell  # noqa: PLC0415 - for few sites

    kinds = {Severity.OK: Kind.INFORMATION, Severity.CRITICAL: Kind.ERROR}
    code, number = diagnosis.verdict, diagnosis.deciding.number
    kind = kinds.get(diagnosis.deciding.severity, Kind.WARNING)
    says = f"{number} {code}: {asked.text.means(code)}"
    tell(kind, int(number.removeprefix("K-")), code, says)


def noting_severities(records: Iterable[_Judged], severities: set[Severity]) -> Iterator[_Judged]:
    """Yield the records unchanged, and add the severity of each to `severities`."""
    for record in records:
        severities.add(record.severity)
        yield record


def worst_status(severities: Iterable[Severity]) -> int:
    """Return the exit status of the worst of these severities; of none, that of ok."""
    return max(severities, key=lambda severity: severity.rank, default=Severity.OK).exit_status
