# SPDX-License-Identifier: Apache-2.0
"""Judges snapshots of desks that nobody has: hundreds of something, and then four times as many.

Broken is the promise where four times as many take over ten times as much of the processor, or
where the store does not take the desk.
"""

import gc
import random
import time
from collections.abc import Callable, Iterator
from datetime import timedelta

from msgspec.structs import replace

from cardtool.fleet.columns import columns
from cardtool.model.certificate import Attribute, Certificate, Name
from cardtool.model.refused import Refused
from cardtool.model.snapshot import Failure, Snapshot, Source
from cardtool.model.trust import Status, Trust
from cardtool.rules import diagnose
from cardtool.rules.renewal import Policy
from cardtool.rules.summary import summarise
from tests import desks
from tests.trials import Trial

_POLICY = Policy()
_SMALL, _LARGE = 400, 1600
_MOST = 10.0
"""Times as much work; linear is 4, the square 16."""

_SHORT_S = 0.01
"""Of the processor; what takes less is not compared."""

_ROUNDS = 3


def _person(rnd: random.Random, number: int, **settings: object) -> Certificate:
    ends_at = desks.AT + timedelta(days=rnd.randrange(-400, 900), seconds=number)
    settings = {"person": (f"{10_000_000_000 + number}", f"KİŞİ {number}")} | settings
    return desks.nes(ends_at=ends_at, serial=f"{number:08X}", **settings)  # type: ignore[arg-type]


def _authority(number: int, issuer: int, key: str = "") -> Certificate:
    names = (
        Name(attributes=(Attribute(type="CN", value=f"KÖK {each}"),)) for each in (number, issuer)
    )
    subject, by = names
    whole = replace(desks.authority(), subject=subject, issuer=by, serial=f"CA{number:06X}")
    return replace(whole, subject_key_id=key)


def _cards(rnd: random.Random, count: int) -> Snapshot:
    names = [f"READER {number} 00 00" for number in range(count)]
    slots = (
        desks.slot(desks.token(_person(rnd, number)), name, slot_id=number)
        for number, name in enumerate(names)
    )
    readers = tuple(desks.reader(name=name) for name in names)
    return desks.desk(readers, (desks.module(*slots),))


def _modules(rnd: random.Random, count: int) -> Snapshot:
    modules = (
        desks.module(
            desks.slot(desks.token(_person(rnd, number)), f"READER {number}"),
            path=f"/usr/lib/{number}/libakisp11.so",
            source=rnd.choice(tuple(Source)),
        )
        for number in range(count)
    )
    readers = (desks.reader(name=f"READER {number}") for number in range(count))
    return desks.desk(tuple(readers), tuple(modules))


def _successors(rnd: random.Random, count: int) -> Snapshot:
    every = (_person(rnd, number, person=desks.AYSE) for number in range(count))
    return desks.desk(modules=(desks.module(desks.slot(desks.token(*every))),))


def _chain(rnd: random.Random, count: int) -> Snapshot:
    card = replace(_person(rnd, 0), issuer=_authority(0, 0).subject)
    every = [_authority(number, number + 1) for number in range(count)]
    rnd.shuffle(every)
    return desks.desk(modules=(desks.module(desks.slot(desks.token(card, *every))),))


def _issuers(rnd: random.Random, count: int) -> Snapshot:
    by = _authority(0, 0).subject
    cards = [replace(_person(rnd, number), issuer=by) for number in range(count)]
    every = [replace(_authority(number, 0), subject=by) for number in range(count)]
    return desks.desk(modules=(desks.module(desks.slot(desks.token(*cards, *every))),))


def _same_card(rnd: random.Random, count: int) -> Snapshot:
    card = desks.slot(desks.token(_person(rnd, 0), _authority(0, 0)))
    modules = (desks.module(card, path=f"/opt/{number}.so") for number in range(count))
    return desks.desk(modules=tuple(modules))


def _empty_readers(_: random.Random, count: int) -> Snapshot:
    readers = (desks.reader(None, f"READER {number}") for number in range(count))
    usb = tuple(desks.usb(f"{number:04X}:0001", name=f"Reader {number}") for number in range(count))
    return replace(desks.desk(tuple(readers), ()), usb=usb)


def _unserved(rnd: random.Random, count: int) -> Snapshot:
    usb = (
        desks.usb(f"{number:04X}:0001", name=f"R{number}", drivers=rnd.choice(((), ("x", "y"))))
        for number in range(count)
    )
    readers = (desks.reader(name=f"READER {number}") for number in range(count))
    return replace(desks.desk(tuple(readers), ()), usb=tuple(usb))


def _unread(rnd: random.Random, count: int) -> Snapshot:
    failures = (desks.NO_FILE, desks.HUNG, desks.REFUSED)
    modules = [
        desks.fileless(f"/opt/{number}/libakisp11.so", rnd.choice(failures))
        for number in range(count)
    ]
    modules += [desks.unloaded(f"/usr/lib/{number}/libakisp11.so") for number in range(count)]
    readers = (desks.reader(name=f"READER {number}") for number in range(count))
    return desks.desk(tuple(readers), tuple(modules))


def _refused(rnd: random.Random, count: int) -> Snapshot:
    failures: tuple[Failure, ...] = (desks.HUNG, desks.NOT_RECOGNISED, desks.REFUSED, desks.BUG)
    slots = (
        desks.slot(rnd.choice(failures), rnd.choice((None, f"READER {number}")), slot_id=number)
        for number in range(count)
    )
    held = (None, desks.HELD)
    readers = (
        desks.reader(name=f"READER {number}", connection=rnd.choice(held), changes=number % 3)
        for number in range(count)
    )
    return desks.desk(tuple(readers), (desks.module(*slots),))


def _no_reader(rnd: random.Random, count: int) -> Snapshot:
    slots = (
        desks.slot(desks.token(_person(rnd, number)), None, slot_id=number)
        for number in range(count)
    )
    readers = (desks.reader(name=f"READER {number}") for number in range(count))
    return desks.desk(tuple(readers), (desks.module(*slots),))


def _asked(rnd: random.Random, count: int) -> Snapshot:
    every = [_person(rnd, number, person=desks.AYSE) for number in range(count)]
    module = desks.module(desks.slot(desks.token(*every)))
    told = tuple(
        Trust(
            sha256=f"{number:08X}" * 8,
            asked_at=desks.AT,
            status=Status(
                status=rnd.choice(("good", "revoked")),
                source="ocsp",
                url="http://ocsp.example",
                said_at=desks.AT,
            ),
        )
        for number in range(count)
    )
    return replace(desks.desk(modules=(module,)), trust=told)


def _worn(_: random.Random, count: int) -> Snapshot:
    names = [f"READER {number}" for number in range(count)]
    slots = (
        desks.slot(replace(desks.token(), certificates=desks.DEVICE_ERROR), name, slot_id=number)
        for number, name in enumerate(names)
    )
    return desks.desk(tuple(desks.reader(name=name) for name in names), (desks.module(*slots),))


CROWDS: tuple[Callable[[random.Random, int], Snapshot], ...] = (
    _cards,
    _modules,
    _successors,
    _chain,
    _issuers,
    _same_card,
    _empty_readers,
    _unserved,
    _unread,
    _refused,
    _no_reader,
    _asked,
    _worn,
)


def _spent_s(snapshot: Snapshot) -> float:
    """Return how much of the processor it takes to judge a desk; the least of a few times."""
    spent = []
    was_on = gc.isenabled()
    gc.disable()  # it looks at all that the process holds, whatever the desk
    for _ in range(_ROUNDS):
        again = replace(snapshot)  # answers are remembered by object
        start = time.process_time()
        summarise(diagnose(again, desks.AT, _POLICY))
        spent.append(time.process_time() - start)
    if was_on:
        gc.enable()
    return min(spent)


def _try(crowd: Callable[[random.Random, int], Snapshot], seed: int) -> str:
    small, large = (crowd(random.Random(seed), count) for count in (_SMALL, _LARGE))  # noqa: S311
    few_s, many_s = _spent_s(small), _spent_s(large)
    name = crowd.__name__.strip("_")
    if many_s > _MOST * max(few_s, _SHORT_S):
        return f"{name}: {few_s * 1000:.0f} ms for {_SMALL}, {many_s * 1000:.0f} for {_LARGE}"
    try:
        columns(large, desks.AT, _POLICY)
    except Refused as error:
        return f"{name}: {error.code}"
    return ""


def run(cases: int, seed: int) -> Iterator[str]:
    """Judge so many crowds, each kind in turn."""
    for number in range(cases):
        yield _try(CROWDS[number % len(CROWDS)], seed + number // len(CROWDS))


TRIAL = Trial(
    name="crowded-desks",
    promise="Thousands of cards, readers, drivers, certificates or successors in one snapshot take "
    "time in proportion to their number, and the store takes such a desk.",
    run=run,
    few=len(CROWDS),
    many=10 * len(CROWDS),
)
