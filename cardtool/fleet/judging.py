# SPDX-License-Identifier: Apache-2.0
"""What of a snapshot becomes columns: its line, and its verdict at every moment there is.

Each snapshot is judged in full here; `shapes` makes the same columns without, where it may.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from cardtool.model.diagnosis import Severity
from cardtool.model.origin import IdentityPolicy
from cardtool.model.snapshot import Snapshot
from cardtool.rules import desk, diagnose, trust
from cardtool.rules.phases import phases, turns
from cardtool.rules.policy import Policy
from cardtool.rules.summary import summarise

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TICK = timedelta(microseconds=1)

_DAY_US = 86_400_000_000
_FIRST_US = (datetime.min.replace(tzinfo=UTC) - _EPOCH) // _TICK + _DAY_US
_LAST_US = (datetime.max.replace(tzinfo=UTC) - _EPOCH) // _TICK - _DAY_US

LONGEST = 255
"""Characters of a text that is looked for: PostgreSQL's indexes hold no row over 2,704 bytes."""

MOST_WORK = 50_000
"""Moments at which verdicts change times parts of a desk; one with fifty cards has fewer."""

NUL, NUL_SHOWN = "\0", "\N{SYMBOL FOR NULL}"

_LOOKED_FOR = ("host_key", "host", "unit", "user", "holder", "person", "issuer", "sha256")


class UnfitError(ValueError):
    """A snapshot that can be read and cannot be kept: the code of a refusal."""

    def __init__(self, code: str) -> None:
        """Say why."""
        super().__init__(code)
        self.code = code


def to_us(moment: datetime) -> int:
    """Return a moment as microseconds since 1970 in UTC."""
    return (moment - _EPOCH) // _TICK


def from_us(number: int) -> datetime:
    """Return the moment of a number of microseconds.

    One of the first or last day of the calendar is moved off it, for it has no name in every zone.
    """
    return _EPOCH + min(max(number, _FIRST_US), _LAST_US) * _TICK


STATION = (
    "host_key",
    "host",
    "unit",
    "user",
    "first_seen_us",
    "taken_us",
    "severity",
    "verdict",
    "codes",
    "turns_us",
    "phases",
    "reader",
    "readers",
    "holder",
    "person",
    "issuer",
    "sha256",
    "not_before_us",
    "not_after_us",
    "card_seen_us",
)
"""The columns of a workstation."""
CARD = (
    "sha256",
    "holder",
    "person",
    "issuer",
    "not_before_us",
    "not_after_us",
    "first_seen_us",
    "last_seen_us",
)
"""The columns of a certificate."""

Row = tuple[Any, ...]


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """The columns of one snapshot, beside the body."""

    schema: int
    """Of the format it is written in."""
    workstation: Row
    """As `STATION` names them."""
    certificates: tuple[Row, ...]
    """As `CARD` names them."""
    identity: IdentityPolicy
    """What it says of people."""

    def named(self) -> dict[str, Any]:
        """Return the columns of the workstation by their names."""
        return dict(zip(STATION, self.workstation, strict=True))


def judge(snapshot: Snapshot, at: datetime, policy: Policy) -> Line:
    """Return the columns of a snapshot, judged for a moment.

    Raises:
        UnfitError: it names no workstation, a name in it is longer than any is, or it holds more
            NES than can be judged for every moment at which one of them changes.
    """
    if len(turns(snapshot, policy)) * _parts(snapshot) > MOST_WORK:
        raise UnfitError(code="import-crowded")
    line = summarise(diagnose(snapshot, at, policy))
    all_phases = [
        (to_us(each.from_at), each.severity.rank, each.verdict, " ".join(each.codes))
        for each in phases(snapshot, policy)
    ]
    later = [phase[0] for phase in all_phases if phase[0] > to_us(at)]
    seen_us = to_us(snapshot.taken_at)
    workstation = {
        "host_key": line.host_id or line.host,
        "host": line.host,
        "unit": line.unit,
        "user": line.user,
        "first_seen_us": seen_us,
        "taken_us": seen_us,
        "severity": line.severity.rank,
        "verdict": line.verdict,
        "codes": " ".join(line.codes),
        "turns_us": min(later, default=None),
        "phases": msgspec.json.encode(all_phases).decode(),
        "reader": line.reader.value,
        "readers": msgspec.json.encode(line.readers).decode(),
        "holder": line.holder,
        "person": line.person,
        "issuer": line.issuer,
        "sha256": line.sha256,
        "not_before_us": line.not_before_at and to_us(line.not_before_at),
        "not_after_us": line.not_after_at and to_us(line.not_after_at),
        "card_seen_us": line.card_seen_at and to_us(line.card_seen_at),
    }
    certificates = tuple(
        {
            "sha256": nes.sha256,
            "holder": nes.holder,
            "person": nes.person,
            "issuer": nes.issuer,
            "not_before_us": to_us(nes.certificate.not_before_at),
            "not_after_us": to_us(nes.ends_at),
            "first_seen_us": seen_us,
            "last_seen_us": seen_us,
        }
        for nes in accepted(snapshot)
    )
    made = Line(
        schema=snapshot.schema,
        workstation=_kept(workstation, STATION),
        certificates=tuple(_kept(each, CARD) for each in certificates),
        identity=identity_of(snapshot),
    )
    check(made)
    return made


def _parts(snapshot: Snapshot) -> int:
    """Return how much there is to look at, each time a desk is judged."""
    listed = (snapshot.readers, snapshot.modules, snapshot.usb)
    parts = sum(len(each) for each in listed if isinstance(each, tuple))
    for module in snapshot.modules:
        parts += len(module.slots) if isinstance(module.slots, tuple) else 0
    return parts + sum(len(place.certificates) for place in desk.places(snapshot))


def accepted(snapshot: Snapshot) -> list[desk.Nes]:
    """Return the NES that somebody accepts: not those revoked or broken."""
    refused = trust.refused(snapshot)
    return [each for each in desk.all_nes(snapshot) if each.certificate not in refused]


def identity_of(snapshot: Snapshot) -> IdentityPolicy:
    """Return what a snapshot says of people: everything, where it was not sent."""
    return snapshot.origin.identity if snapshot.origin else IdentityPolicy.FULL


def check(line: Line) -> None:
    """Refuse what no table can keep.

    Raises:
        UnfitError: it names no workstation, or a name in it is longer than any is.
    """
    if line.schema < 1:
        raise UnfitError(code="import-format")
    if not line.named()["host_key"]:
        raise UnfitError(code="import-nameless")
    for names, row in ((STATION, line.workstation), *((CARD, each) for each in line.certificates)):
        found = zip(names, row, strict=True)
        if any(name in _LOOKED_FOR and len(value) > LONGEST for name, value in found):
            raise UnfitError(code="import-long")


def _kept(row: dict[str, Any], names: tuple[str, ...]) -> Row:
    r"""Return a row whose texts any database takes: PostgreSQL has no \0 in a text.

    Source: https://www.postgresql.org/docs/current/datatype-character.html.
    """
    values = (row[name] for name in names)
    return tuple(
        value.replace(NUL, NUL_SHOWN) if isinstance(value, str) else value for value in values
    )


SEVERITIES = tuple(Severity)
"""By rank."""
