# SPDX-License-Identifier: Apache-2.0
"""Findings about certificates: that an NES is there, and whether it is in force at the moment.

All dates are compared as moments, and days are counted between moments, not as calendar days: the
last day ends at a certain second. An NES ends with its issuer, if that is on the card and ends
first. For an NES that no program accepts (`trust.refused`) no dates are told, and it counts as no
one's successor.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from cardtool import catalog
from cardtool.model.diagnosis import Finding
from cardtool.model.snapshot import Card, Failure, Snapshot, Source
from cardtool.rules import desk, fitting, renewal, trust
from cardtool.rules.codes import finding
from cardtool.rules.policy import Policy
from cardtool.rules.remembered import remembered
from cardtool.rules.succession import Line, lines_of

_WORN = ("CKR_DEVICE_ERROR", "CKR_DEVICE_MEMORY", "CKR_DATA_INVALID")
"""Errors of drivers when the chip fails half way. Source: PKCS#11 v2.40 §5.1, CK_RV."""

_LAST_SECOND = timedelta(seconds=1)
"""The last second still counts, so a successor may begin one second later without a gap."""


def check(snapshot: Snapshot, at: datetime, policy: Policy) -> Iterator[Finding]:
    """Give findings about each place without an NES, then about each NES and its dates."""
    all_nes, cards = desk.all_nes(snapshot), desk.signing_cards(snapshot)
    for place in desk.places(snapshot):
        if _matters(place, cards):
            yield from _without(place, snapshot, has_other=bool(all_nes))
    refused = trust.refused(snapshot)
    lines = lines_of((nes for nes in all_nes if nes.certificate not in refused), at)
    for nes in all_nes:
        yield finding(
            "nes-found",
            reader=nes.place,
            holder=nes.certificate.holder,
            identity=nes.certificate.subject.first("serialNumber") or "-",
            issuer=nes.certificate.issuer_name,
            serial=nes.certificate.shown_serial,
        )
        if nes.certificate in refused and at <= nes.certificate.not_after_at:
            continue
        line = lines.get(nes.certificate.person) or Line((), at)
        if nes.is_in_force(at):
            yield from _in_force(nes, line, at, policy)
        else:
            yield from _out_of_force(nes, line, at)


def _matters(place: desk.Place, cards: tuple[catalog.Card, ...]) -> bool:
    """Tell whether an NES could be here: a card, or a store that somebody or a card asks for."""
    return place.reader is not None or any(
        module.source is Source.CONFIGURED or any(fitting.is_for(module, card) for card in cards)
        for module, _ in place.tokens
    )


def _without(place: desk.Place, snapshot: Snapshot, *, has_other: bool) -> Iterator[Finding]:
    name, has_own = place.name, bool(place.nes)
    certificates = [each for _, each in place.certificates]
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
    is_worn = failure.name in _WORN and is_read_by_none and place.reader in _undisturbed(snapshot)
    code = "card-worn" if is_worn else "certificates-unreadable"
    return finding(code, reader=place.name, reason=reason)


@remembered
def _undisturbed(snapshot: Snapshot) -> frozenset[str | None]:
    """Return the readers whose card stayed where it was and was held by no other program."""
    return frozenset(
        reader.name
        for reader in desk.readers(snapshot)
        if isinstance(reader.card, Card)
        and reader.changes == 0
        and reader.connection is None
        and "EXCLUSIVE" not in reader.states
    )


def _in_force(nes: desk.Nes, line: Line, at: datetime, policy: Policy) -> Iterator[Finding]:
    """Say how long it is valid; if its successor is here too, no renewal is due."""
    ends, later = nes.ends_at, line.after(nes)
    facts = {
        "reader": nes.place,
        "holder": nes.certificate.holder,
        "not_after_at": ends.isoformat(),
    }
    if later and later.is_in_force:
        yield finding("nes-superseded", **facts)
        return
    last = later.last if later else nes
    days, own = (ends - at).days, policy.of(last.certificate.issuer_name)
    state = "nes-valid" if later else renewal.state(ends, at, own)
    if state == "nes-valid":
        dates = {"opens_at": renewal.opens_at(last.ends_at, own).isoformat()}
    else:
        dates = {"apply_by_at": renewal.apply_by_at(ends, own).isoformat()}
    yield finding(state, **facts, sha256=nes.sha256, days_left=days, **dates)
    if later and later.begins_at - ends > _LAST_SECOND:
        yield _gap(nes, later.begins_at)
    if not later:
        yield from _outlived(nes)


def _out_of_force(nes: desk.Nes, line: Line, at: datetime) -> Iterator[Finding]:
    ends, begins = nes.ends_at, nes.certificate.not_before_at
    facts = {"reader": nes.place, "holder": nes.certificate.holder}
    if at > ends:
        later = line.after(nes)
        if later and later.begins_at > at:
            yield _gap(nes, later.begins_at)
            return
        if later:
            yield finding("nes-superseded", **facts, not_after_at=ends.isoformat())
            return
        past = (at - ends).days
        yield finding("nes-expired", **facts, not_after_at=ends.isoformat(), days_past=past)
        if at <= nes.certificate.not_after_at:
            yield from _outlived(nes)
        return
    facts = {**facts, "sha256": nes.sha256, "not_before_at": begins.isoformat()}
    if line.is_in_force:
        yield finding("nes-waiting", **facts)
    else:
        yield finding("nes-not-yet-valid", **facts, days_to_wait=(begins - at).days)
    yield from _outlived(nes)


def _gap(nes: desk.Nes, begins: datetime) -> Finding:
    return finding(
        "nes-gap",
        reader=nes.place,
        holder=nes.certificate.holder,
        ends_at=nes.ends_at.isoformat(),
        begins_at=begins.isoformat(),
    )


def _outlived(nes: desk.Nes) -> Iterator[Finding]:
    """Say that an issuer on the card ends before the certificate, where it does."""
    if nes.ends_at < nes.certificate.not_after_at:
        yield finding(
            "nes-outlives-issuer",
            reader=nes.place,
            holder=nes.certificate.holder,
            not_after_at=nes.certificate.not_after_at.isoformat(),
            issuer_ends_at=nes.ends_at.isoformat(),
        )
