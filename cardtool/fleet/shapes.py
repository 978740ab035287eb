# SPDX-License-Identifier: Apache-2.0
"""The columns of a snapshot by its shape: of two that differ in names and dates, one is judged.

A snapshot's text without its names, numbers and dates is its skeleton, byte for byte
(`templates`). Rules see of the names only which are equal, and of the dates only their order: both
are part of the shape. So a desk of a known shape has the known verdicts, at moments of its own, and
what was checked in the skeleton when it was first decoded is right in it again. Whatever is not
as cardtool writes it (another order, a value that cannot be found in the text, a moment far off)
is judged in full: `line` returns None. Tests hold both ways equal for every described desk and
any other, whatever becomes of the values.
"""

from bisect import bisect_right
from datetime import UTC, datetime
from itertools import count
from typing import Any

import msgspec

from cardtool.fleet.judging import NUL, NUL_SHOWN, Line, Row, accepted, check, identity_of, to_us
from cardtool.fleet.lean import Person, Picks, Places, picks
from cardtool.fleet.templates import Templates, remember
from cardtool.fleet.turns import EARLIEST_US, LATEST_US, Nes, in_us, ranks, told_by_clock
from cardtool.fleet.turns import turns as all_turns
from cardtool.model.certificate import Certificate
from cardtool.model.origin import IdentityPolicy
from cardtool.model.snapshot import Snapshot, decode
from cardtool.model.utc import Utc
from cardtool.rules import desk
from cardtool.rules.phases import BEGINNING, phases
from cardtool.rules.policy import Policy
from cardtool.rules.renewal import ends_at
from cardtool.rules.summary import counting, reader_state

_KEPT = 4096
"""Templates and shapes that are remembered; a template takes 2 to 3 kB."""

_NEVER = datetime.max.replace(tzinfo=UTC)
_MOMENTS = msgspec.json.Decoder(tuple[Utc, ...])


class _Skeleton(msgspec.Struct, frozen=True):
    """What is told by a skeleton alone."""

    number: int
    schema: int
    readers: str
    every: tuple[Nes, ...]
    identity: IdentityPolicy


class _Shape(msgspec.Struct, frozen=True):
    """The verdicts of a desk; each phase begins at one of its moments, by number."""

    turns: Picks
    levels: tuple[tuple[int, str, str, str], ...]
    """Severity, verdict, codes and reader of each phase: one more than `turns`."""
    template: str
    """The phases as they are stored, with a hole for each turn."""
    counts: int | None
    """Which of the accepted NES counts."""


class Shapes:
    """What is known of the snapshots that were seen."""

    def __init__(self, at: datetime, policy: Policy) -> None:
        """Judge for a moment, by a policy."""
        self.at = at
        self.policy = policy
        self.judged = 0
        """How many had to be judged in full, of those that could have been told by their shape."""
        self._at_us = to_us(at)
        self._templates = Templates(_KEPT)
        self._shapes: dict[Any, _Shape] = {}
        self._numbers = count()

    def line(self, text: bytes) -> Line | None:
        """Return the columns of a snapshot; None: it is not to be told by its shape.

        Raises:
            SnapshotError: it is none.
            UnfitError: it cannot be kept.
        """
        read = self._templates.read(text)
        if read is None:
            return None
        template, values = read
        where = template.places
        try:
            moments = _MOMENTS.decode('["' + '","'.join(where.times(values)) + '"]')
        except msgspec.DecodeError:
            return None
        times = in_us(moments)
        if min(times) <= EARLIEST_US or max(times) >= LATEST_US:
            return None
        compared = (*values, *times) if where.compared is None else where.compared(values)
        first: dict[Any, int] = {}
        equal = tuple([first.setdefault(each, place) for place, each in enumerate(compared)])
        skeleton, snapshot = template.skeletons.get(equal), None
        if skeleton is None:
            snapshot = decode(text)
            skeleton = _skeleton(snapshot, next(self._numbers), self.policy)
        turns = all_turns(skeleton.every, times)
        order = (skeleton.number, *ranks(turns), *told_by_clock(where, skeleton.every, moments))
        shape = self._shapes.get(order)
        if shape is not None:
            return self._filled(where, values, times, turns, skeleton, shape)
        self.judged += 1
        shape = _shape(snapshot or decode(text), turns, self.policy)
        if shape is None:
            return None
        line = self._filled(where, values, times, turns, skeleton, shape)
        check(line)  # before it is remembered: of the next of this shape it is known
        remember(template.skeletons, equal, skeleton, _KEPT)
        remember(self._shapes, order, shape, _KEPT)
        return line

    def _filled(  # noqa: PLR0913, PLR0917 - all that a line is made of
        self,
        where: Places,
        values: list[str],
        times: list[int],
        turns: list[int],
        skeleton: _Skeleton,
        shape: _Shape,
    ) -> Line:
        at = shape.turns(turns)
        level = bisect_right(at, self._at_us)
        severity, verdict, codes, reader = shape.levels[level]
        taken_us = times[0]
        certificates = tuple(
            _certificate(where.people[nes.place], values, nes, times)
            for nes in skeleton.every
            if nes.is_accepted
        )
        sha256 = holder = person = issuer = ""
        not_before_us = not_after_us = card_seen_us = None
        if shape.counts is not None:
            sha256, holder, person, issuer, not_before_us, not_after_us, _, card_seen_us = (
                certificates[shape.counts]
            )
        workstation = (
            values[where.key],
            values[where.host],
            values[where.unit],
            values[where.user],
            taken_us,
            taken_us,
            severity,
            verdict,
            codes,
            at[level] if level < len(at) else None,
            shape.template % at,
            reader,
            skeleton.readers,
            holder,
            person,
            issuer,
            sha256,
            not_before_us,
            not_after_us,
            card_seen_us,
        )
        return Line(
            schema=skeleton.schema,
            workstation=workstation,
            certificates=certificates,
            identity=skeleton.identity,
        )


def _certificate(who: Person, values: list[str], nes: Nes, times: list[int]) -> Row:
    holder = values[who.holder] or "-"
    paper = times[2 * nes.place + 2]
    return (
        values[who.sha256],
        holder,
        values[who.number] or holder,
        nes.issuer,
        times[2 * nes.place + 1],
        paper if nes.issuer_ends_us is None else min(paper, nes.issuer_ends_us),
        times[0],
        times[0],
    )


def _skeleton(snapshot: Snapshot, number: int, policy: Policy) -> _Skeleton:
    stored = [
        each.content
        for _, _, token in snapshot.tokens()
        if isinstance(token.certificates, tuple)
        for each in token.certificates
        if isinstance(each.content, Certificate) and not each.content.is_ca
    ]
    every, whole = [], {each.certificate for each in accepted(snapshot)}
    for nes in desk.all_nes(snapshot):
        place = next(place for place, each in enumerate(stored) if each is nes.certificate)
        every.append(
            Nes(
                place=place,
                issuer=nes.issuer.replace(NUL, NUL_SHOWN),
                issuer_ends_us=_issuer_ends_us(snapshot, nes),
                own=policy.of(nes.issuer),
                is_accepted=nes.certificate in whole,
            )
        )
    readers = tuple(each.name for each in desk.readers(snapshot))
    return _Skeleton(
        number=number,
        schema=snapshot.schema,
        readers=msgspec.json.encode(readers).decode(),
        every=tuple(every),
        identity=identity_of(snapshot),
    )


def _issuer_ends_us(snapshot: Snapshot, nes: desk.Nes) -> int | None:
    """Return when the first of an NES's issuers ends, whenever it ends itself."""
    for place in desk.places(snapshot):
        here = [each.content for _, each in place.certificates]
        if any(each is nes.certificate for each in here):
            known = [each for each in here if isinstance(each, Certificate)]
            ends = ends_at(msgspec.structs.replace(nes.certificate, not_after_at=_NEVER), known)
            return None if ends == _NEVER else to_us(ends)
    return None


def _shape(snapshot: Snapshot, turns: list[int], policy: Policy) -> _Shape | None:
    """Judge a desk in full, and say at which of its moments each phase begins."""
    has_readers = bool(desk.readers(snapshot))
    begins, levels, parts = [], [], []
    for phase in phases(snapshot, policy):
        codes = " ".join(phase.codes)
        state = reader_state(phase.codes, has_readers=has_readers)
        levels.append((phase.severity.rank, phase.verdict, codes, state.value))
        parts.append(f'{phase.severity.rank},"{phase.verdict}","{codes}"]')
        if phase.from_at > BEGINNING:
            moment = to_us(phase.from_at)
            if moment not in turns:
                return None
            begins.append(turns.index(moment))
    whole = f"[[{to_us(BEGINNING)}," + ",[%d,".join(parts) + "]"
    chosen = counting(snapshot)
    certificates = [nes.certificate for nes in accepted(snapshot)]
    return _Shape(
        turns=picks(begins),
        levels=tuple(levels),
        template=whole,
        counts=next(
            (n for n, each in enumerate(certificates) if chosen and each is chosen.certificate),
            None,
        ),
    )
