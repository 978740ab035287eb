# SPDX-License-Identifier: Apache-2.0
"""That nothing is told of a certificate for longer than it lasts, in a store too."""

import itertools
from datetime import timedelta
from typing import Literal

import pytest
from msgspec.structs import replace

from cardtool.catalog import issuers
from cardtool.model.diagnosis import Severity
from cardtool.model.snapshot import Snapshot
from cardtool.model.trust import Status, Trust
from cardtool.rules import diagnose
from cardtool.rules.renewal import Policy
from cardtool.rules.timeline import turns
from tests import desks

_TICK = timedelta(microseconds=1)
POLICY = Policy()
ENDS = desks.AT + timedelta(days=100)
QUALIFIED_SEAL = ("2.16.792.1.61.0.1.5070.2.1", "2.16.792.1.61.0.1.5070.2.2")
KINDS = {
    "nes": desks.nes(ends_at=ENDS),
    "corporate seal": desks.nes(ends_at=ENDS, statements=(desks.LAW_5070, desks.SEAL)),
    "qualified seal": desks.nes(ends_at=ENDS, statements=QUALIFIED_SEAL),
    "fiscal seal": replace(
        desks.nes(ends_at=ENDS, statements=()),
        policies=("2.16.792.1.2.1.1.5.7.4.1",),
        extended_key_usage=("2.16.792.1.2.1.1.5.7.50.1",),
    ),
}
STATUSES: tuple[Literal["good", "revoked", "suspended", "unknown"] | None, ...] = (
    *("good", "revoked", "suspended", "unknown"),
    None,
)


def _desk(
    kind: str,
    status: Literal["good", "revoked", "suspended", "unknown"] | None,
    problem: str,
) -> Snapshot:
    certificate = KINDS[kind]
    said = status and Status(
        source="ocsp", url="http://ocsp.example/", status=status, said_at=desks.AT
    )
    trust = Trust(
        sha256=desks.stored(certificate).sha256,
        asked_at=desks.AT,
        anchor="" if problem else issuers()[0].id,
        problem=problem,
        status=said,
    )
    return replace(desks.holding(certificate), trust=(trust,))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("problem", ["", "NOT_PINNED", "BAD_SIGNATURE", "NO_ISSUER"])
def test_between_two_turns_the_same_is_said(kind: str, problem: str) -> None:
    """A store shows what was said at a turn until the next one, so each change must be a turn."""
    for status in STATUSES:
        snapshot = _desk(kind, status, problem)
        moments = sorted({*turns(snapshot, POLICY), ENDS + timedelta(days=3650)})
        for begins, ends in itertools.pairwise(moments):
            first, last = (diagnose(snapshot, at, POLICY) for at in (begins, ends - _TICK))
            told = [[each.code for each in found.findings] for found in (first, last)]

            assert told[0] == told[1], (status, begins, ends)


@pytest.mark.parametrize("kind", [each for each in KINDS if each != "nes"])
@pytest.mark.parametrize("status", ["revoked", "suspended"])
def test_a_revoked_seal_is_told_until_it_ends_and_no_longer(
    kind: str, status: Literal["revoked", "suspended"]
) -> None:
    snapshot = _desk(kind, status, "")

    last = max(turns(snapshot, POLICY))

    assert last == ENDS + _TICK
    at_the_end, after = (
        {each.code for each in diagnose(snapshot, at, POLICY).findings} for at in (ENDS, last)
    )
    assert f"nes-{status}" in at_the_end
    assert not {each for each in after if each.startswith(("nes-revoked", "nes-suspended"))}
    assert diagnose(snapshot, last, POLICY).severity is not Severity.OK  # it has no NES


def _outliving() -> Snapshot:
    """Lay an NES beside its issuer, which ends before it does."""
    nes = desks.nes(ends_at=ENDS)
    issuer = replace(
        desks.nes(ends_at=ENDS - timedelta(days=30), is_ca=True, serial="01", statements=()),
        subject=nes.issuer,
        key_usage=("keyCertSign",),
    )
    return desks.holding(nes, issuer)


def _broken() -> Snapshot:
    return desks.holding(replace(desks.nes(ends_at=ENDS), unreadable=("signature",)))


@pytest.mark.parametrize("snapshot", [_outliving(), _broken()], ids=["outlives-issuer", "broken"])
def test_the_end_on_paper_is_a_turn_too(snapshot: Snapshot) -> None:
    found = turns(snapshot, POLICY)
    before, after = (diagnose(snapshot, at, POLICY) for at in (ENDS, ENDS + _TICK))

    assert [each.code for each in before.findings] != [each.code for each in after.findings]
    assert ENDS + _TICK in found
