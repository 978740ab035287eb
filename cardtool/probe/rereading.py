# SPDX-License-Identifier: Apache-2.0
"""Reads the cards, and reads them again if a card moved or the result is bad news.

If a card moves while it is read, a module may return too little without an error: OpenSC then lists
fewer certificates. If PC/SC did not notice the movement, a second reading shows it.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from msgspec.structs import replace

from cardtool.deadline import Deadline
from cardtool.model.certificate import Certificate
from cardtool.model.snapshot import Failure, Module, Reader, Token
from cardtool.probe.isolation import Workers
from cardtool.probe.jobs import READERS, ListReaders, ask
from cardtool.probe.reading import read_cards, reset_cards

Readers = tuple[Reader, ...] | Failure
Read = dict[str, Module]  # with what the modules read, by path
LAST_LIST_S = 0.5  # of the time, for listing the readers again after the reading

_POLL_S = 0.45
"""A little more than pcscd needs at most to notice a pulled card: it polls every 0.4 s.

Source: pcsc-lite 1.9, eventhandler.c, PCSCLITE_STATUS_POLL_RATE.
"""

_SETTLE_S = 2.0  # how long a card that was pulled may take to be noticed, and again to come back
_MOST_CHANGES = 2  # a card that was pulled or swapped while it was read is read again once

_NEEDED, _START_S = 1.5, 1.0
"""A second reading needs 1.5 times the time of the last one, and a second to start."""

_WELL = timedelta(days=90)
"""A certificate that ends sooner is bad news, because its successor may not have been read."""


def read_until_sure(  # noqa: PLR0913 - what a check knows by then
    fitting: tuple[Module, ...],
    readers: Readers,
    deadline: Deadline,
    workers: Workers,
    *,
    asked_for: bool,
    at: datetime,
) -> tuple[Readers, Read]:
    """Return the readers as they are after the reading, and what the modules read of their cards.

    `at` is the moment for which certificates count as good or bad news. If two readings differ, the
    better one is returned, and the readers are marked (`Reader.differs`).
    """
    unconfirmed: Read | None = None
    changes = 0
    while True:
        before_s = deadline.left_s
        rest = Deadline(deadline.left_s - LAST_LIST_S)
        here = readers if isinstance(readers, tuple) else ()
        read, tried = read_cards(fitting, here, rest, workers, asked_for=asked_for)
        if not read:
            return readers, read
        again_s = _NEEDED * (before_s - deadline.left_s) + _START_S + LAST_LIST_S
        readers, changed = _compare(
            readers, _list_again(tried, deadline, workers), tried, reset_cards(read)
        )
        if isinstance(readers, Failure):
            return readers, read
        if changed:
            unconfirmed, changes = None, changes + 1
            if changes == _MOST_CHANGES:
                return readers, read
        elif unconfirmed is not None:
            return _confirm(readers, unconfirmed, read, tried, at)
        elif _is_good_news(read, tried, at) or deadline.left_s < again_s:
            return readers, read
        else:
            unconfirmed = read


def _list_again(tried: tuple[str, ...], deadline: Deadline, workers: Workers) -> Readers:
    """List the readers after a reading; wait for PC/SC's next poll, even past the deadline."""
    last_s = max(deadline.left_s, LAST_LIST_S)
    settle_s = min(deadline.left_s / (2 * len(tried) + 1), _SETTLE_S)  # twice a reader
    question = ListReaders(verify=tried, settle_s=settle_s, poll_s=_POLL_S)
    return ask(workers.pcsc, question, READERS, timeout_s=last_s + _POLL_S)


def _compare(
    before: Readers, after: Readers, tried: tuple[str, ...], reset: set[str]
) -> tuple[Readers, bool]:
    """Return the readers as they are now, and whether any card came, went or was `reset`.

    `Reader.changes` goes up only if the reader's card was `tried`.
    """
    if isinstance(after, Failure) and after.api == "worker":  # too busy to answer once more
        return before, False
    if isinstance(before, Failure) or isinstance(after, Failure):
        return after, False
    then, now = (
        {reader.name: (reader.event_count, reader.card) for reader in readers}
        for readers in (before, after)
    )
    moved = {name for name in then.keys() | now.keys() if then.get(name) != now.get(name)}
    changed = moved | (reset & now.keys())
    changes = {reader.name: reader.changes for reader in before}
    readers = tuple(
        replace(reader, changes=changes.get(reader.name, 0) + (reader.name in changed & set(tried)))
        for reader in after
    )
    return readers, bool(changed)


def _confirm(
    readers: tuple[Reader, ...], first: Read, second: Read, tried: tuple[str, ...], at: datetime
) -> tuple[Readers, Read]:
    """Return the better of two readings, and mark the readers whose cards they differ about."""
    differing = {
        name
        for name in tried
        if _contents(first, name) != _contents(second, name)
        if any(
            isinstance(answer, Token) for read in (first, second) for answer in _answers(read, name)
        )
    }

    def worth(read: Read) -> tuple[int, int]:
        good = sum(_is_good_news(read, (name,), at) for name in tried)
        return good, sum(len(_contents(read, name)) for name in tried)

    better = max(first, second, key=worth)
    return tuple(replace(reader, differs=reader.name in differing) for reader in readers), better


def _answers(read: Read, reader: str) -> Iterator[Token | Failure | None]:
    """Yield the answers of all modules about a reader's card.

    A slot whose reader is not known counts for every reader.
    """
    for module in read.values():
        if isinstance(module.slots, tuple):
            yield from (slot.token for slot in module.slots if slot.reader in (reader, None))
        else:
            yield module.slots


def _contents(read: Read, reader: str) -> frozenset[str]:
    """Return the contents of a card, so that two readings can be compared."""
    contents: set[str] = set()
    for answer in _answers(read, reader):
        part = answer.certificates if isinstance(answer, Token) else answer
        if isinstance(answer, Token):
            contents.update(answer.flags)
        if isinstance(part, Failure):
            contents.add(part.name)
        else:
            contents.update(certificate.sha256 for certificate in part or ())
    return frozenset(contents)


def _is_good_news(read: Read, tried: tuple[str, ...], at: datetime) -> bool:
    """Tell whether each card that was tried holds a certificate that can sign for some time.

    A module that hung or crashed counts as good news: a second reading would show nothing new.
    """
    for reader in tried:
        answers = tuple(_answers(read, reader))
        is_lost = bool(answers) and all(
            isinstance(answer, Failure) and answer.api == "worker" for answer in answers
        )
        if not is_lost and not any(_is_well(answer, at) for answer in answers):
            return False
    return True


def _is_well(answer: Token | Failure | None, at: datetime) -> bool:
    return (
        isinstance(answer, Token)
        and "CKF_USER_PIN_INITIALIZED" in answer.flags
        and isinstance(answer.certificates, tuple)
        and any(
            isinstance(stored.content, Certificate) and _is_qualified(stored.content, at)
            for stored in answer.certificates
        )
    )


def _is_qualified(certificate: Certificate, at: datetime) -> bool:
    """Tell whether a certificate may sign now and for some time; rules decide what kind it is."""
    return (
        bool(certificate.qc_statements)
        and not certificate.is_ca
        and certificate.not_before_at <= at <= certificate.not_after_at - _WELL
    )
