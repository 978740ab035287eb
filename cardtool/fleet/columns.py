# SPDX-License-Identifier: Apache-2.0
"""The columns of the store, declared once: tables, statements and lists read them here by name.

To add a column, add a field to a record, fill it in `columns`, and add a migration. If lists are to
show it, add a field to `Summary` as well and fill it in `line`.
"""

import functools
from datetime import datetime
from typing import Annotated, Any, TypeVar, get_type_hints

import msgspec
from msgspec.structs import asdict, replace

from cardtool.model.diagnosis import Severity
from cardtool.model.lists import ReaderState, Summary
from cardtool.model.moments import from_us, to_us
from cardtool.model.refused import Refused
from cardtool.model.snapshot import Snapshot
from cardtool.rules import desk, diagnose, renewal, trust
from cardtool.rules.renewal import Policy
from cardtool.rules.summary import summarise
from cardtool.rules.timeline import next_turn, turns

LONGEST = 255
"""Characters of a text that queries compare: an index of PostgreSQL takes 2,704 bytes a row."""

Name = Annotated[str, msgspec.Meta(max_length=LONGEST)]
"""A text that queries compare."""
Long = Annotated[str, msgspec.Meta(extra={"sql": "Text"})]
Small = Annotated[int, msgspec.Meta(extra={"sql": "SmallInteger"})]

DUE_US = -(2**63)
"""Value of `turns_us` in a row that must be judged again before anybody sees it."""

SEVERITIES = tuple(Severity)
"""By rank."""
_READERS = {state.value: state for state in ReaderState}
_NUL, _NUL_SHOWN = "\0", "\N{SYMBOL FOR NULL}"


class WorkstationRow(msgspec.Struct, frozen=True, kw_only=True):
    """A workstation as its latest snapshot shows it, judged for the moment of writing."""

    host_key: Name
    """`host_id`, or the name of a workstation that has none: no two rows share one."""
    host: Name
    unit: Name
    user: Name
    first_seen_us: int
    taken_us: int
    """When the latest snapshot was taken."""
    severity: Small
    """`Severity.rank`."""
    verdict: str
    codes: str
    """Codes of the findings that are not in order, separated by blanks."""
    turns_us: int | None
    """The moment at which the verdict changes; until then the columns hold. None: never."""
    reader: str
    """A `ReaderState`."""
    readers: Long
    """Their names, a JSON list."""
    holder: Name
    """Of the NES that counts. It and the fields below may come from an earlier snapshot."""
    person: Name
    issuer: Name
    sha256: Name
    not_before_us: int | None
    not_after_us: int | None
    card_seen_us: int | None


OF_THE_NES = ("holder", "person", "issuer", "sha256", "not_before_us", "not_after_us",
              "card_seen_us")  # fmt: skip
"""Columns that come from the last snapshot with an NES: the end of a card put away stays known."""


class CertificateRow(msgspec.Struct, frozen=True, kw_only=True):
    """An NES that was seen on a workstation."""

    sha256: Name
    holder: Name
    person: Name
    issuer: Name
    not_before_us: int
    not_after_us: int
    first_seen_us: int
    last_seen_us: int


class SnapshotRow(msgspec.Struct, frozen=True, kw_only=True):
    """A snapshot as it was received."""

    taken_us: int
    schema: Small
    """Version of the format it is written in."""
    body: bytes
    """Compressed JSON (`bodies`)."""


class Columns(msgspec.Struct, frozen=True, kw_only=True):
    """What one snapshot says, in the columns of the tables."""

    workstation: WorkstationRow
    certificates: tuple[CertificateRow, ...]


def columns(snapshot: Snapshot, at: datetime, policy: Policy) -> Columns:
    """Return the columns of a snapshot, judged for a moment.

    Raises:
        Refused: it names no workstation, a name in it is too long, or its format is below 1.
    """
    summary = summarise(diagnose(snapshot, at, policy))
    taken_us = to_us(snapshot.taken_at)
    workstation = WorkstationRow(
        host_key=summary.host_id or summary.host,
        host=summary.host,
        unit=summary.unit,
        user=summary.user,
        first_seen_us=taken_us,
        taken_us=taken_us,
        severity=summary.severity.rank,
        verdict=summary.verdict,
        codes=" ".join(summary.codes),
        turns_us=_us(next_turn(turns(snapshot, policy), at)),
        reader=summary.reader.value,
        readers=msgspec.json.encode(summary.readers).decode(),
        holder=summary.holder,
        person=summary.person,
        issuer=summary.issuer,
        sha256=summary.sha256,
        not_before_us=_us(summary.not_before_at),
        not_after_us=_us(summary.not_after_at),
        card_seen_us=_us(summary.card_seen_at),
    )
    refused = trust.refused(snapshot)  # revoked or broken: no program accepts these
    certificates = tuple(
        CertificateRow(
            sha256=nes.sha256,
            holder=nes.certificate.holder,
            person=nes.certificate.person,
            issuer=nes.certificate.issuer_name,
            not_before_us=to_us(nes.certificate.not_before_at),
            not_after_us=to_us(nes.ends_at),
            first_seen_us=taken_us,
            last_seen_us=taken_us,
        )
        for nes in desk.all_nes(snapshot)
        if nes.certificate not in refused
    )
    if snapshot.schema < 1:
        raise Refused(code="import-format")
    if not workstation.host_key:
        raise Refused(code="import-nameless")
    return Columns(workstation=_fit(workstation), certificates=tuple(map(_fit, certificates)))


def _us(moment: datetime | None) -> int | None:
    return None if moment is None else to_us(moment)


StoredRow = Any
"""A `WorkstationRow`, or what a database gives of one: the same fields by name."""


def line(row: StoredRow, at: datetime, dates: Policy | None = None) -> Summary:
    """Return the line of a row whose columns hold at a moment.

    `dates` gives the moments of the renewal; None: the line does not tell them.
    """
    ends = None if row.not_after_us is None else from_us(row.not_after_us)
    opens_at = apply_by_at = None
    if ends is not None and dates is not None:
        days = dates.of(row.issuer)
        opens_at, apply_by_at = renewal.opens_at(ends, days), renewal.apply_by_at(ends, days)
    return Summary(
        host=row.host,
        host_id="" if row.host_key == row.host else row.host_key,
        unit=row.unit,
        user=row.user,
        at=at,
        taken_at=from_us(row.taken_us),
        severity=SEVERITIES[row.severity],
        verdict=row.verdict,
        codes=split(row.codes),
        reader=_READERS[row.reader],
        readers=names(row.readers),
        holder=row.holder,
        person=row.person,
        issuer=row.issuer,
        sha256=row.sha256,
        not_before_at=None if row.not_before_us is None else from_us(row.not_before_us),
        not_after_at=ends,
        days_left=None if ends is None else renewal.days_left(ends, at),
        card_seen_at=None if row.card_seen_us is None else from_us(row.card_seen_us),
        opens_at=opens_at,
        apply_by_at=apply_by_at,
    )


@functools.lru_cache(maxsize=4096)
def split(codes: str) -> tuple[str, ...]:
    """Return the codes in the column `codes`."""
    return tuple(codes.split())


@functools.lru_cache(maxsize=4096)
def names(readers: str) -> tuple[str, ...]:
    """Return the names in the column `readers`."""
    return msgspec.json.decode(readers, type=tuple[str, ...])


_Row = TypeVar("_Row", WorkstationRow, CertificateRow)
_NAMES = frozenset(
    name
    for record in (WorkstationRow, CertificateRow)
    for name, hint in get_type_hints(record, include_extras=True).items()
    if hint == Name
)


def _fit(row: _Row) -> _Row:
    r"""Return a row whose texts every database takes: PostgreSQL refuses \0 in a text.

    Source: https://www.postgresql.org/docs/current/datatype-character.html.
    """
    changed = {}
    for name, value in asdict(row).items():
        if name in _NAMES and len(value) > LONGEST:
            raise Refused(code="import-long")
        if isinstance(value, str) and _NUL in value:
            changed[name] = value.replace(_NUL, _NUL_SHOWN)
    return replace(row, **changed) if changed else row
