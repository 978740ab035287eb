# SPDX-License-Identifier: Apache-2.0
"""Reads tokens through modules, each in a worker: one bad slot, token or module hides no other."""

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from cardtool.deadline import Deadline
from cardtool.model.snapshot import Failure, Module, Slot, Token
from cardtool.probe.isolation import Workers
from cardtool.probe.jobs import OPENED, TOKEN, OpenModule, ReadToken, ask

_SHORTEST_PART = 4
"""Letters; a shorter part of a name does not identify the reader."""

_CUT = "..."
"""How a reader's name ends in a slot description that is too short for it (OpenSC)."""


def read_module(
    module: Module, environment: dict[str, str], deadline: Deadline, workers: Workers
) -> Module:
    """Return the module with its slots and tokens, as far as they could be read.

    If a slot crashes a worker or takes too long, a new worker reads the other slots.
    """
    worker = workers.pkcs11(deadline.left_s / 2)
    question = OpenModule(path=module.path, environment=environment)
    opened = ask(worker, question, OPENED, timeout_s=deadline.left_s)
    tokens: dict[int, Token | Failure | None] = {}
    refusal: Failure | None = None
    occupied = () if isinstance(opened, Failure) else opened.occupied
    for place, slot_id in enumerate(occupied):
        if worker.is_lost and refusal is None:
            worker = workers.pkcs11()
            again = ask(worker, question, OPENED, timeout_s=deadline.left_s)
            refusal = again if isinstance(again, Failure) else None
        if refusal is not None:
            tokens[slot_id] = refusal
            continue
        share = deadline.share(len(occupied) - place)
        answer = ask(worker, ReadToken(slot_id=slot_id), TOKEN, timeout_s=share.left_s)
        tokens[slot_id] = answer if isinstance(answer, Failure) else answer.token
    worker.end()
    if isinstance(opened, Failure):
        return replace(module, info=opened, slots=opened)
    slots = (replace(slot, token=tokens.get(slot.id, slot.token)) for slot in opened.slots)
    return replace(module, info=opened.info, slots=tuple(slots))


def match_slots(slots: Sequence[Slot], readers: Iterable[str]) -> tuple[Slot, ...]:
    """Name the reader of each slot.

    A slot's description is its reader's name, whole or cut to 64 bytes. Readers that cannot be
    told apart by what is left are taken in their order, which modules keep.
    """
    names = tuple(readers)
    groups: dict[str, list[Slot]] = {}
    for slot in slots:
        groups.setdefault(slot.description.strip(), []).append(slot)
    reader_of: dict[int, str] = {}
    for description, group in groups.items():
        fitting = _readers_like(description, names)
        if fitting:
            slots_a_reader = max(1, len(group) // len(fitting))
            for place, slot in enumerate(group):
                reader_of[slot.id] = fitting[min(place // slots_a_reader, len(fitting) - 1)]
    return tuple(replace(slot, reader=reader_of.get(slot.id)) for slot in slots)


def _readers_like(description: str, names: tuple[str, ...]) -> tuple[str, ...]:
    if not description:
        return ()
    exact = tuple(name for name in names if name.strip() == description)
    part = description.removesuffix(_CUT)
    if exact or len(part) < _SHORTEST_PART:
        return exact
    return tuple(name for name in names if part in name)
