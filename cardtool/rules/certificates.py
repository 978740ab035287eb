# SPDX-License-Identifier: Apache-2.0
"""Findings about certificates: that an NES is there, and whether it is in force at the moment.

All dates are compared as moments and days are counted from them, never from calendar days: the
last day ends at a second.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from cardtool.model.diagnosis import Finding
from cardtool.model.snapshot import Card, Failure, Snapshot, Source
from cardtool.rules import desk
from cardtool.rules.codes import finding
from cardtool.rules.policy import Policy

_DAY = timedelta(days=1)

_WORN = ("CKR_DEVICE_ERROR", "CKR_DEVICE_MEMORY", "CKR_DATA_INVALID")
"""What a chip that fails half way makes drivers say. Source: PKCS#11 v2.40 §5.1, CK_RV."""

_LAST_SECOND = timedelta(seconds=1)
"""It belongs to a certificate's validity, so a successor may begin with the next one."""


def check(snapshot: Snapshot, at: datetime, policy: Policy) -> Iterator[Finding]:
    """Give findings for each place without an NES, then two for each NES: which, and how long."""
    all_nes, seats = desk.all_nes(snapshot), desk.signing_seats(snapshot)
    for place in desk.places(snapshot):
        if _matters(place, seats):
            yield from _without(place, snapshot, has_other=bool(all_nes))
    people: dict[str, list[desk.Nes]] = {}
    for nes in all_nes:
        people.setdefault(nes.person, []).append(nes)
    for nes in all_nes:
        yield finding(
            "nes-found",
            reader=nes.place,
            holder=nes.holder,
            identity=nes.certificate.subject.first("serialNumber") or "-",
            issuer=nes.certificate.issuer.first("CN") or "-",
            serial=nes.certificate.serial,
        )
        others = [each for each in people[nes.person] if each is not nes]
        if nes.is_in_force(at):
            yield _in_force(nes, others, at, policy)
        else:
            yield _out_of_force(nes, others, at)


def _matters(place: desk.Place, seats: tuple[desk.Seat, ...]) -> bool:
    """Tell whether an NES would be looked for here, and not only some store of the system."""
    return place.reader is not None or any(
        module.source is Source.CONFIGURED or any(desk.is_for(module, seat.card) for seat in seats)
        for module, _ in place.tokens
    )


def _without(place: desk.Place, snapshot: Snapshot, *, has_other: bool) -> Iterator[Finding]:
    name, has_own = place.name, bool(desk.nes_of(place))
    certificates = [each for _, each in desk.certificates(place)]
    failures = [
        token.certificates for _, token in place.tokens if isinstance(token.certificates, Failure)
    ]
    odd = [
        finding(
            "certificate-skipped" if has_own else "certificate-unparsable",
            reader=name,
            reason=desk.reason(each.content),
            sha256=each.sha256,
        )
        for each in certificates
        if isinstance(each.content, Failure)
    ]
    yield from odd
    if has_own:
        return
    if failures:
        yield _unreadable(place, failures, snapshot)
    elif has_other:
        yield finding("nes-elsewhere", reader=name)
    elif not certificates:
        yield finding("certificates-missing", reader=name, label=place.tokens[0][1].label)
    else:
        yield finding("nes-missing", reader=name, count=len(certificates))


def _unreadable(place: desk.Place, failures: list[Failure], snapshot: Snapshot) -> Finding:
    failure = next((each for each in failures if not desk.is_ours(each)), failures[0])
    reason = desk.reason(failure)
    if desk.is_ours(failure):
        return finding("cardtool-fault", part=place.tokens[0][0].path, reason=reason)
    is_read_by_none = len(failures) == len(place.tokens)
    is_worn = failure.name in _WORN and is_read_by_none and _is_undisturbed(place, snapshot)
    code = "card-worn" if is_worn else "certificates-unreadable"
    return finding(code, reader=place.name, reason=reason)


def _is_undisturbed(place: desk.Place, snapshot: Snapshot) -> bool:
    """Tell whether a card stayed in its reader and no other program held it."""
    return any(
        reader.name == place.reader
        and isinstance(reader.card, Card)
        and reader.changes == 0
        and reader.connection is None
        and "EXCLUSIVE" not in reader.states
        for reader in desk.readers(snapshot)
    )


def _in_force(nes: desk.Nes, others: list[desk.Nes], at: datetime, policy: Policy) -> Finding:
    """Say how long it is valid; where its successor is here, its end needs no renewal."""
    ends = nes.certificate.not_after_at
    later = [each for each in others if each.certificate.not_after_at > ends]
    facts = {"reader": nes.place, "holder": nes.holder, "not_after_at": ends.isoformat()}
    days = (ends - at) // _DAY
    if any(each.is_in_force(at) for each in later):
        return finding("nes-superseded", **facts)
    if any(each.certificate.not_before_at <= ends + _LAST_SECOND for each in later):
        code = "nes-valid"
    elif days <= policy.critical_days:
        code = "nes-expiring-critical"
    elif days <= policy.urgent_days:
        code = "nes-expiring-soon"
    elif days <= policy.notice_days:
        code = "nes-expiring"
    else:
        code = "nes-valid"
    return finding(code, **facts, days_left=days)


def _out_of_force(nes: desk.Nes, others: list[desk.Nes], at: datetime) -> Finding:
    ends, begins = nes.certificate.not_after_at, nes.certificate.not_before_at
    facts = {"reader": nes.place, "holder": nes.holder}
    if at > ends:
        if any(each.certificate.not_after_at > ends for each in others):
            return finding("nes-superseded", **facts, not_after_at=ends.isoformat())
        past = (at - ends) // _DAY
        return finding("nes-expired", **facts, not_after_at=ends.isoformat(), days_past=past)
    if any(each.is_in_force(at) for each in others):
        return finding("nes-waiting", **facts, not_before_at=begins.isoformat())
    wait = (begins - at) // _DAY
    return finding(
        "nes-not-yet-valid", **facts, not_before_at=begins.isoformat(), days_to_wait=wait
    )
