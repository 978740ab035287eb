# SPDX-License-Identifier: Apache-2.0
"""Findings about certificates: whether an NES is there and in force, and what else is there.

All dates are compared as moments, and days are counted between moments, not as calendar days: the
last day ends at a certain second. An NES ends with its issuer, if the issuer is on the card and
ends first. An NES that no program accepts (`trust.refused`) gets no findings about its dates and
succeeds no other; but one that is only suspended must still be renewed before its end, and an NES
that ended before a later one was revoked or suspended is not what keeps from signing.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal

from cardtool import catalog
from cardtool.model.certificate import ATTRIBUTES, Certificate, MoneyLimit
from cardtool.model.diagnosis import Finding
from cardtool.model.snapshot import Card, CertificateObject, Failure, Snapshot
from cardtool.model.turkey import days_past
from cardtool.rules import desk, fitting, host, ports, reader_names, renewal, trust
from cardtool.rules.codes import Fact, finding, with_steps
from cardtool.rules.kinds import PERSONAL, SEALS, Kind, is_broken, is_for_tests, provider
from cardtool.rules.remembered import remembered
from cardtool.rules.renewal import Policy
from cardtool.rules.timeline import Later, Line, lines_of

_WORN = ("CKR_DEVICE_ERROR", "CKR_DEVICE_MEMORY", "CKR_DATA_INVALID")
"""Errors of drivers when the chip fails half way. Source: PKCS#11 v2.40 §5.1, CK_RV."""

_AT_READING = ("CKR_DEVICE_REMOVED",)

_LAST_SECOND = timedelta(seconds=1)
"""The last second still counts, so a successor may begin one second later without a gap."""

_FOUND = {
    Kind.QUALIFIED_SEAL: "seal-found",
    Kind.CORPORATE_SEAL: "corporate-seal-found",
    Kind.FISCAL_SEAL: "fiscal-seal-found",
    Kind.FISCAL_ENCRYPTION: "encryption-found",
    Kind.ENCRYPTION: "encryption-found",
    Kind.IDENTITY_CARD: "identity-card-found",
    Kind.NES_MOBILE: "nes-mobile",
}
"""The kinds that get a line of their own; authorities, which are on every card, do not."""

_PLAIN_EXPONENT = 18


def check(snapshot: Snapshot, at: datetime, policy: Policy) -> Iterator[Finding]:
    """Give findings about each place without an NES, each NES, and every other certificate."""
    all_nes, cards = desk.all_nes(snapshot), desk.signing_cards(snapshot)
    for place in desk.places(snapshot):
        if _may_hold_nes(place, cards):
            yield from _without_nes(place, snapshot, has_other=bool(all_nes))
    refused, suspended = trust.refused(snapshot), trust.suspended(snapshot)
    lines = lines_of((nes for nes in all_nes if nes.certificate not in refused), at)
    never = refused - trust.withdrawn(snapshot)
    issued = lines_of((nes for nes in all_nes if nes.certificate not in never), at)
    for nes in all_nes:
        certificate = nes.certificate
        yield finding(
            "nes-found",
            **nes.whose,
            identity=certificate.subject.first("serialNumber") or "-",
            issuer=certificate.issuer_name,
            serial=certificate.shown_serial,
        )
        line = lines.get(certificate.person) or Line((), at)
        if at > nes.ends_at and not line.after(nes) and _is_followed(nes, issued):
            yield finding("nes-superseded", **nes.whose, not_after_at=nes.ends_at)
        elif certificate not in refused or at > certificate.not_after_at:
            yield from _dates(nes, line, at, policy)
        elif certificate in suspended and nes.is_in_force(at) and not line.after(nes):
            released = _remaining(nes, None, at, policy)
            if released.steps:
                yield released
    yield from _contents(snapshot, at, policy)


def _is_followed(nes: desk.Held, issued: Mapping[str, Line]) -> bool:
    """Tell whether a later NES of the same person was issued, revoked and suspended ones too."""
    line = issued.get(nes.certificate.person)
    return line is not None and line.after(nes) is not None


def _may_hold_nes(place: desk.Place, cards: tuple[catalog.Card, ...]) -> bool:
    """Tell whether an NES could be here: on a card, or in a store that was named or is for one."""
    return place.reader is not None or any(
        fitting.is_named(module)
        or any(fitting.is_for(module, card) for card in cards)
        or fitting.is_listed(token)
        for module, token in place.tokens
    )


def _without_nes(place: desk.Place, snapshot: Snapshot, *, has_other: bool) -> Iterator[Finding]:
    name, has_own = place.name, bool(place.nes)
    objects = [stored for stored in place.objects if not _is_attributes(stored)]
    for stored in objects:
        if isinstance(stored.content, Failure):
            code = "certificate-skipped" if has_own else "certificate-unparsable"
            yield finding(code, reader=name, reason=stored.content, sha256=stored.sha256)
    if has_own:
        return
    lists = [token.certificates for _, token in place.tokens]
    if failures := [some for some in lists if isinstance(some, Failure)]:
        yield _unreadable(place, failures, snapshot)
    elif has_other:
        yield finding("nes-elsewhere", reader=name)
    elif not objects:
        yield _empty(place, snapshot)
    elif seal := _last_seal(place):
        yield finding("seal-only", **seal.whose, not_after_at=seal.certificate.not_after_at)
    else:
        yield finding("nes-missing", reader=name, count=len(objects))


def _empty(place: desk.Place, snapshot: Snapshot) -> Finding:
    """Say that no certificate is on a card.

    An identity card is of the family AKİS; if the card is of another, the provider is asked first.
    """
    empty = finding("certificates-missing", reader=place.name, label=place.tokens[0][1].label)
    families = {seat.card.family for seat in desk.seats(snapshot) if seat.reader == place.reader}
    return with_steps(empty, ("ask-provider", *empty.steps)) if families - {"akis"} else empty


def _is_attributes(stored: CertificateObject) -> bool:
    return isinstance(stored.content, Failure) and stored.content.name == ATTRIBUTES


def _last_seal(place: desk.Place) -> desk.Held | None:
    """Return the seal on a card that lasts longest."""
    seals = (held for held in place.certificates if held.kind in SEALS)
    return max(seals, key=lambda held: held.certificate.not_after_at, default=None)


def _unreadable(place: desk.Place, failures: list[Failure], snapshot: Snapshot) -> Finding:
    failure = next((one for one in failures if not desk.is_ours(one)), failures[0])
    if desk.is_ours(failure):
        return finding("cardtool-fault", part=place.tokens[0][0].path, reason=failure)
    if fitting.is_listed(place.tokens[0][1]):
        return finding("certificates-listed", reader=place.name)
    if failure.name in _AT_READING:
        module = place.tokens[0][0].path
        return finding("token-lost", reader=place.name, module=module, reason=failure)
    is_read_by_none = len(failures) == len(place.tokens)
    is_worn = failure.name in _WORN and is_read_by_none and place.reader in _undisturbed(snapshot)
    if is_worn and host.has_own_reader_driver(snapshot.host):
        module = place.tokens[0][0].path
        return finding("token-failed-on-mac", reader=place.name, module=module, reason=failure)
    if reader_names.is_emulated(place.name):
        return finding("token-failed-virtual", reader=place.name, reason=failure)
    code = "card-worn" if is_worn else "certificates-unreadable"
    return finding(code, reader=place.name, reason=failure)


@remembered
def _undisturbed(snapshot: Snapshot) -> frozenset[str | None]:
    """Return the readers whose card stayed in place and was held by no other program."""
    return frozenset(
        reader.name
        for reader in ports.readers(snapshot)
        if isinstance(reader.card, Card)
        and reader.changes == 0
        and reader.connection is None
        and "EXCLUSIVE" not in reader.states
    )


def _dates(nes: desk.Held, line: Line, at: datetime, policy: Policy) -> Iterator[Finding]:
    """Give findings about the dates of an NES; if its successor is here too, no renewal is due."""
    ends, begins, later = nes.ends_at, nes.certificate.not_before_at, line.after(nes)
    if nes.is_in_force(at) and later and later.is_in_force:
        yield finding("nes-superseded", **nes.whose, not_after_at=ends)
    elif nes.is_in_force(at):
        yield _remaining(nes, later, at, policy)
        if later and later.begins_at - ends > _LAST_SECOND:
            yield _gap(nes, later)
        if not later:
            yield from _outlived(nes)
    elif at <= ends:
        facts: dict[str, Fact] = {"sha256": nes.sha256, "not_before_at": begins}
        if now := line.in_force:
            is_here = any(one.place == nes.place for one in now)
            code = "nes-waiting" if is_here else "nes-next-card"
            facts |= {} if is_here else {"ends_at": max(one.ends_at for one in now)}
            yield finding(code, **nes.whose, **facts)
        else:
            facts |= {"days_to_wait": days_past(at, begins), "phase": _phase((begins - at).days)}
            facts |= {"ended_at": line.ended_at} if line.ended_at else {}
            code = "nes-between" if line.ended_at else "nes-not-yet-valid"
            yield finding(code, **nes.whose, **facts)
        yield from _outlived(nes)
    elif later and later.begins_at > at:
        yield _gap(nes, later)
    elif later:
        newer = [one.place for one in line.in_force]
        facts = {"newer": newer} if newer and nes.place not in newer else {}
        code = "nes-old-card" if facts else "nes-superseded"
        yield finding(code, **nes.whose, not_after_at=ends, **facts)
    else:
        phase, days = _phase((at - ends).days), days_past(ends, at)
        phase = "locked" if nes.is_pin_locked and phase == "-" else phase
        yield finding("nes-expired", **nes.whose, not_after_at=ends, days_past=days, phase=phase)
        if at <= nes.certificate.not_after_at:
            yield from _outlived(nes)


def _remaining(nes: desk.Held, later: Later | None, at: datetime, policy: Policy) -> Finding:
    """Say how long an NES in force is valid, and from when or until when to apply for the next."""
    ends, last = nes.ends_at, later.last if later else nes
    thresholds = policy.of(last.certificate.issuer_name)
    code = "nes-valid" if later else renewal.code_in_force(ends, at, thresholds)
    left = ends - at
    minutes, phase = left // timedelta(minutes=1), _phase(left.days)
    facts: dict[str, Fact] = {"days_left": left.days, "not_after_at": ends, "sha256": nes.sha256}
    if code == "nes-valid":
        facts["opens_at"] = renewal.opens_at(last.ends_at, thresholds)
    else:
        facts["apply_by_at"] = apply_by_at = renewal.apply_by_at(ends, thresholds)
        if at > apply_by_at and left.days:
            phase = "late"
    time_left = f"{minutes // 60}:{minutes % 60:02}"
    return finding(code, **nes.whose, **facts, time_left=time_left, phase=phase)


def _phase(days: int) -> str:
    """Return `same-day` if less than a whole day lies between the end and now."""
    return "same-day" if days == 0 else "-"


def _gap(nes: desk.Held, later: Later) -> Finding:
    return finding("nes-gap", **nes.whose, ends_at=nes.ends_at, begins_at=later.begins_at)


def _outlived(nes: desk.Held) -> Iterator[Finding]:
    """Say that an issuer on the card ends before the certificate, if it does."""
    not_after_at = nes.certificate.not_after_at
    if nes.ends_at < not_after_at:
        dates = {"not_after_at": not_after_at, "issuer_ends_at": nes.ends_at}
        yield finding("nes-outlives-issuer", **nes.whose, **dates)


def _contents(snapshot: Snapshot, at: datetime, policy: Policy) -> Iterator[Finding]:
    """Give findings about other kinds of certificates, limits of use and damaged parts."""
    has_sound = any(not is_broken(nes.certificate) for nes in desk.nes_in_force(snapshot, at))
    last = last_seals(snapshot)
    for held in desk.all_certificates(snapshot):
        if held.kind is Kind.AUTHORITY:
            continue
        yield from _of_certificate(held, at, policy, is_last=held.certificate in last)
        if parts := held.certificate.unreadable:
            is_lost = held.kind in PERSONAL and is_broken(held.certificate) and not has_sound
            code = "nes-broken" if is_lost else "certificate-partly-read"
            yield finding(code, reader=held.place, parts=parts, sha256=held.sha256)


def _seal_ends(held: desk.Held, at: datetime, policy: Policy) -> Iterator[Finding]:
    """Say that a seal has ended or soon will: somebody in the institution renews it."""
    ends, issuer = held.certificate.not_after_at, held.certificate.issuer_name
    facts: dict[str, Fact] = {**held.whose, "issuer": issuer, "not_after_at": ends}
    facts["provider"] = provider(held.certificate)
    if at > ends:
        yield finding("seal-expired", **facts)
    elif at >= renewal.opens_at(ends, policy.of(issuer)):
        yield finding("seal-expiring", **facts)


def last_seals(snapshot: Snapshot) -> set[Certificate]:
    """Return the seals that end last, one of each holder and kind."""
    seals = [held for held in desk.all_certificates(snapshot) if held.kind in SEALS]
    seals.sort(key=lambda held: held.certificate.not_after_at)
    return set({(held.certificate.person, held.kind): held.certificate for held in seals}.values())


def _of_certificate(
    held: desk.Held, at: datetime, policy: Policy, *, is_last: bool
) -> Iterator[Finding]:
    certificate = held.certificate
    if (code := _FOUND.get(held.kind)) is not None:
        ends = certificate.not_after_at
        yield finding(code, **held.whose, issuer=certificate.issuer_name, not_after_at=ends)
    if held.kind in SEALS and is_last:
        yield from _seal_ends(held, at, policy)
    if held.kind is Kind.NES_OTHER:
        yield finding("nes-other-provider", **held.whose, provider=provider(certificate))
    if held.kind in PERSONAL and is_for_tests(certificate):
        yield finding("nes-for-tests", **held.whose, issuer=certificate.issuer_name)
    if (limit := certificate.qc_limit) is not None:
        amount = _amount(limit)
        yield finding("nes-limited", **held.whose, currency=limit.currency, amount=amount)


def _amount(limit: MoneyLimit) -> str:
    """Write an amount in full, unless its exponent is absurd."""
    if abs(limit.exponent) > _PLAIN_EXPONENT:
        return f"{limit.amount}e{limit.exponent}"
    return f"{Decimal(limit.amount).scaleb(limit.exponent):f}"
