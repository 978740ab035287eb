# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: D101 - each is the part of `model` that it is named after, and nothing of its own
"""What may differ between two snapshots of one shape, read without the rest of them.

The order of the fields is that in which cardtool writes them: values are found in the text by it.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any

import msgspec

from cardtool.model.certificate import Name
from cardtool.model.snapshot import Failure
from cardtool.model.utc import Utc


class Certificate(msgspec.Struct, tag="certificate"):
    subject: Name
    serial: str
    not_before_at: str
    not_after_at: str
    is_ca: bool = False
    subject_key_id: str = ""


class Object(msgspec.Struct):
    content: Certificate | Failure
    sha256: str
    label: str = ""
    id: str = ""
    der: str | None = None


class Token(msgspec.Struct, tag="token"):
    label: str
    serial: str = ""
    certificates: tuple[Object, ...] | Failure = ()


class Slot(msgspec.Struct):
    token: Token | Failure | None = None


class Info(msgspec.Struct, tag="info"):
    version: str


class Module(msgspec.Struct):
    info: Info | Failure | None = None
    slots: tuple[Slot, ...] | Failure | None = None


class Host(msgspec.Struct):
    name: str
    release: str
    python: str


class LastGood(msgspec.Struct):
    taken_at: str
    release: str
    modules: dict[str, str] = {}
    doubted_at: str | None = None


class Origin(msgspec.Struct):
    host_id: str
    unit: str = ""
    user: str = ""


class Lean(msgspec.Struct):
    """What may differ between two snapshots of one shape, and nothing else."""

    taken_at: str
    tool: str
    host: Host
    modules: tuple[Module, ...] = ()
    built_at: str | None = None
    trust: None = None  # what is more is judged in full
    last_good: LastGood | None = None
    origin: Origin | None = None
    snapshot: None = None


DECODER = msgspec.json.Decoder(Lean)

Picks = Callable[[Sequence[Any]], tuple[Any, ...]]
"""Takes some of a list, by their numbers."""

NOWHERE = -1
"""The number of what is empty: an empty text is the last of a list of values."""


class Person(msgspec.Struct, frozen=True):
    """Where a certificate says whose it is."""

    holder: int
    number: int
    sha256: int


class Places(msgspec.Struct, frozen=True):
    """Where the texts of a skeleton stand among its values, by number."""

    host: int
    key: int
    unit: int
    user: int
    people: tuple[Person, ...]
    """Of certificates that are no authority's, in their order in the text."""
    times: Picks
    """When it was taken, two for each of these certificates, then `last_good` and its doubt."""
    built_at: datetime | None
    """Does not vary."""
    has_good: bool
    has_doubt: bool
    compared: Picks | None
    """What is compared with the last good look, beside the parts that do not vary; None: all."""


def values(lean: Lean) -> list[str]:  # noqa: C901 - one walk
    """Return all texts that may differ within a skeleton, in their order."""
    host = lean.host
    found: list[str] = [lean.taken_at, lean.tool, host.name, host.release, host.python]
    for module in lean.modules:
        if isinstance(module.info, Info):
            found.append(module.info.version)
        for slot in module.slots if isinstance(module.slots, tuple) else ():
            if isinstance(token := slot.token, Token):
                found += (token.label, token.serial)
                for each in token.certificates if isinstance(token.certificates, tuple) else ():
                    content = each.content
                    if isinstance(content, Certificate) and not content.is_ca:
                        found += [one.value for one in content.subject.attributes]
                        found += (content.serial, content.not_before_at, content.not_after_at)
                        found += (content.subject_key_id, each.sha256, each.label, each.id)
                        if each.der is not None:
                            found.append(each.der)
    if lean.last_good is not None:
        found += (lean.last_good.taken_at, lean.last_good.release)
        found += lean.last_good.modules.values()
        if lean.last_good.doubted_at is not None:
            found.append(lean.last_good.doubted_at)
    if lean.origin is not None:
        found += (lean.origin.host_id, lean.origin.unit, lean.origin.user)
    return found


def ders(lean: Lean) -> list[str]:
    """Return the encoded certificates, which may be long."""
    return [each.der for each in _certificates(lean) if each.der]


def places(lean: Lean, number: Callable[[str], int]) -> Places:
    """Return where everything stands, of a text in which a mark stands for each value.

    `number` returns the number of a mark, and `NOWHERE` of an empty text.

    Raises:
        ValueError: what does not vary is no moment.
    """
    host, origin, last = lean.host, lean.origin, lean.last_good
    times, people = [lean.taken_at], []
    for each in _certificates(lean):
        if isinstance(content := each.content, Certificate):
            times += (content.not_before_at, content.not_after_at)
            name = content.subject
            who = (name.first("CN") or "", name.first("serialNumber") or "", each.sha256)
            people.append(Person(*map(number, who)))
    compared: list[str] = []
    if last is not None:
        times += [each for each in (last.taken_at, last.doubted_at) if each is not None]
        versions = (each.info.version for each in lean.modules if isinstance(each.info, Info))
        compared += (host.release, last.release, *versions, *last.modules.values())
    return Places(
        host=number(host.name),
        key=number((origin and origin.host_id) or host.name),
        unit=number(origin.unit if origin else ""),
        user=number(origin.user if origin else ""),
        people=tuple(people),
        times=picks([number(each) for each in times]),
        built_at=None if lean.built_at is None else msgspec.convert(lean.built_at, Utc),
        has_good=last is not None,
        has_doubt=last is not None and last.doubted_at is not None,
        compared=None if len(people) > 1 else picks([number(each) for each in compared]),
    )


def picks(numbers: Sequence[int]) -> Picks:
    """Return what takes the values of these numbers from a list, as a tuple."""
    if len(numbers) > 1:
        return itemgetter(*numbers)
    return lambda found: tuple(found[each] for each in numbers)


def _certificates(lean: Lean) -> list[Object]:
    return [
        each
        for module in lean.modules
        if isinstance(module.slots, tuple)
        for slot in module.slots
        if isinstance(slot.token, Token) and isinstance(slot.token.certificates, tuple)
        for each in slot.token.certificates
        if isinstance(each.content, Certificate) and not each.content.is_ca
    ]
