# SPDX-License-Identifier: Apache-2.0
"""Findings about certificates: that an NES is there, and whether it is in force at the moment.

All dates are compared as moments and days are counted from them, never from calendar days: the
last day ends at a second.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from cardtool.model.diagnosis import Finding
from cardtool.model.snapshot import Failure, Snapshot, Source
from cardtool.rules import desk
from cardtool.rules.codes import finding
from cardtool.rules.policy import Policy

_DAY = timedelta(days=1)


def check(snapshot: Snapshot, at: datetime, policy: Policy) -> Iterator[Finding]:
    """Give findings for each place without an NES, then two for each NES: which, and how long."""
    all_nes = desk.all_nes(snapshot)
    for place in desk.places(snapshot):
        if _matters(place, snapshot):
            yield from _without(place, has_other=bool(all_nes))
    in_force = {nes.person for nes in all_nes if nes.is_in_force(at)}
    for nes in all_nes:
        yield finding(
            "nes-found",
            reader=nes.place,
            holder=nes.holder,
            identity=nes.certificate.subject.first("serialNumber") or "-",
            issuer=nes.certificate.issuer.first("CN") or "-",
            serial=nes.certificate.serial,
        )
        if nes.is_in_force(at):
            yield _remaining(nes, at, policy)
        else:
            yield _out_of_force(nes, at, has_other=nes.person in in_force)


def _matters(place: desk.Place, snapshot: Snapshot) -> bool:
    """Tell whether an NES would be looked for here, and not only some store of the system."""
    return place.reader is not None or any(
        module.source is Source.CONFIGURED
        or any(desk.is_for(module, seat.card) for seat in desk.signing_seats(snapshot))
        for module, _ in place.tokens
    )


def _without(place: desk.Place, *, has_other: bool) -> Iterator[Finding]:
    name, has_own = place.name, bool(desk.nes_of(place))
    certificates = [each for _, each in desk.certificates(place)]
    failures = [
        token.certificates for _, token in place.tokens if isinstance(token.certificates, Failure)
    ]
    odd = [
        finding(
            "certificate-skipped" if has_own or has_other else "certificate-unparsable",
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
        yield _unreadable(place, failures[0])
    elif has_other:
        yield finding("nes-elsewhere", reader=name)
    elif not certificates:
        yield finding("certificates-missing", reader=name, label=place.tokens[0][1].label)
    else:
        yield finding("nes-missing", reader=name, count=len(certificates))


def _unreadable(place: desk.Place, failure: Failure) -> Finding:
    reason = desk.reason(failure)
    if desk.is_ours(failure):
        return finding("cardtool-fault", part=place.tokens[0][0].path, reason=reason)
    return finding("certificates-unreadable", reader=place.name, reason=reason)


def _remaining(nes: desk.Nes, at: datetime, policy: Policy) -> Finding:
    days = (nes.certificate.not_after_at - at) // _DAY
    if days <= policy.critical_days:
        code = "nes-expiring-critical"
    elif days <= policy.urgent_days:
        code = "nes-expiring-soon"
    elif days <= policy.notice_days:
        code = "nes-expiring"
    else:
        code = "nes-valid"
    return finding(
        code,
        reader=nes.place,
        holder=nes.holder,
        not_after_at=nes.certificate.not_after_at.isoformat(),
        days_left=days,
    )


def _out_of_force(nes: desk.Nes, at: datetime, *, has_other: bool) -> Finding:
    ends, begins = nes.certificate.not_after_at, nes.certificate.not_before_at
    facts = {"reader": nes.place, "holder": nes.holder}
    match at > ends, has_other:
        case True, True:
            return finding("nes-superseded", **facts, not_after_at=ends.isoformat())
        case True, False:
            past = (at - ends) // _DAY
            return finding("nes-expired", **facts, not_after_at=ends.isoformat(), days_past=past)
        case False, True:
            return finding("nes-waiting", **facts, not_before_at=begins.isoformat())
        case _:
            wait = (begins - at) // _DAY
            return finding(
                "nes-not-yet-valid", **facts, not_before_at=begins.isoformat(), days_to_wait=wait
            )
