# SPDX-License-Identifier: Apache-2.0
"""Makes the lines of lists from diagnoses, and tells what each certificate is."""

from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from cardtool.model.certificate import Judged
from cardtool.model.diagnosis import Diagnosis, Severity
from cardtool.model.lists import ReaderState, Summary
from cardtool.model.snapshot import Snapshot
from cardtool.rules import desk, ports, renewal, trust
from cardtool.rules.renewal import Policy

_STATES = {
    "reader-missing": ReaderState.MISSING,
    "reader-gone": ReaderState.MISSING,
    "reader-own-missing": ReaderState.MISSING,
    "reader-built-in-only": ReaderState.MISSING,
    "reader-driver-missing": ReaderState.DRIVER,
    "reader-driver-for-arm": ReaderState.DRIVER,
    "reader-driver-old": ReaderState.DRIVER,
    "reader-drivers-clash": ReaderState.DRIVER,
    "reader-disabled": ReaderState.DRIVER,
    "reader-blocked": ReaderState.DRIVER,
    "reader-asleep": ReaderState.DRIVER,
    "reader-not-offered": ReaderState.DRIVER,
    "reader-driver-unloadable": ReaderState.DRIVER,
    "reader-driver-refused": ReaderState.DRIVER,
    "reader-not-started": ReaderState.DRIVER,
    "reader-needs-restart": ReaderState.DRIVER,
    "reader-ejected": ReaderState.DRIVER,
    "reader-not-connected": ReaderState.MISSING,
    "reader-faulty": ReaderState.BROKEN,
    "reader-unplugged": ReaderState.BROKEN,
    "reader-unsupported": ReaderState.BROKEN,
}
"""Code of a finding -> state of the reader; the first code in this order that was found counts."""


def summarise(diagnosis: Diagnosis) -> Summary:
    """Return the line of a diagnosis; of several NES, the one that lasts longest counts.

    A reader that is there and used counts more than others that do not work.
    """
    snapshot, origin = diagnosis.snapshot, diagnosis.snapshot.origin
    readers = tuple(reader.name for reader in ports.readers(snapshot))
    amiss = [given for given in diagnosis.findings if given.severity is not Severity.OK]
    codes = tuple(dict.fromkeys(given.code for given in amiss))
    usual = ReaderState.PRESENT if readers else ReaderState.UNKNOWN
    nes = _nes_that_counts(snapshot)
    return Summary(
        host=snapshot.host.name,
        host_id=origin.host_id if origin else "",
        unit=origin.unit if origin else "",
        user=origin.user if origin else "",
        at=diagnosis.at,
        taken_at=snapshot.taken_at,
        severity=diagnosis.severity,
        verdict=diagnosis.verdict,
        codes=codes,
        reader=next((state for code, state in _STATES.items() if code in codes), usual),
        readers=readers,
        holder=nes.certificate.holder if nes else "",
        person=nes.certificate.person if nes else "",
        issuer=nes.certificate.issuer_name if nes else "",
        sha256=nes.sha256 if nes else "",
        not_before_at=nes.certificate.not_before_at if nes else None,
        not_after_at=nes.ends_at if nes else None,
        days_left=renewal.days_left(nes.ends_at, diagnosis.at) if nes else None,
        card_seen_at=snapshot.taken_at if nes else None,
        practice=diagnosis.practice,
    )


def _nes_that_counts(snapshot: Snapshot) -> desk.Held | None:
    """Return the NES that lasts longest.

    If two end with their issuer, the one whose own end is later counts, because it is the
    successor.
    """
    refused = trust.refused(snapshot)
    accepted = (nes for nes in desk.all_nes(snapshot) if nes.certificate not in refused)
    return max(accepted, key=lambda nes: (nes.ends_at, nes.certificate.not_after_at), default=None)


def dated(line: Summary, policy: Policy) -> Summary:
    """Return a line with the moments of its NES's renewal.

    That NES lasts longest, so it has no successor. `summarise` leaves this out, because a check
    does not wait until the public holidays are loaded.
    """
    if line.not_after_at is None:
        return line
    dates = renewal.moments(line.issuer, line.not_after_at, policy)
    return replace(line, opens_at=dates["opens"], apply_by_at=dates["apply-by"])


def newest(lines: Iterable[Summary]) -> Iterator[Summary]:
    """Yield for each workstation the line of its latest snapshot; keeps all lines in memory."""
    latest: dict[str, Summary] = {}
    for line in lines:
        key = line.host_id or line.host
        if key not in latest or latest[key].taken_at <= line.taken_at:
            latest[key] = line
    yield from latest.values()


def judge_certificates(snapshot: Snapshot) -> dict[str, Judged]:
    """Return by fingerprint what each certificate is; of one that cannot be read, nothing."""
    judged: dict[str, Judged] = {}
    for held in desk.certificates(snapshot):
        judged.setdefault(held.sha256, Judged(kind=held.kind.value, ends_at=held.ends_at))
    return judged
