# SPDX-License-Identifier: Apache-2.0
"""The moments at which the verdict on a snapshot may change; between two of them it never does.

So a stored verdict holds until the next of these moments. A test tries this on every described
workstation.
"""

from datetime import UTC, datetime

from cardtool.model.certificate import Certificate
from cardtool.model.moments import TICK
from cardtool.model.snapshot import Snapshot
from cardtool.rules import desk, renewal
from cardtool.rules.policy import Policy

BEGINNING = datetime.min.replace(tzinfo=UTC)
_END = datetime.max.replace(tzinfo=UTC)


def turns(snapshot: Snapshot, policy: Policy) -> set[datetime]:
    """Return the moments at which a rule may give another finding than just before."""
    moments: set[datetime] = set()
    for nes in desk.all_nes(snapshot):
        certificate = nes.certificate
        dates = renewal.moments(certificate.issuer_name, nes.ends_at, policy)
        moments |= {certificate.not_before_at, dates["opens"], dates["urgent"], dates["critical"]}
        last = (nes.ends_at, certificate.not_after_at, dates["apply-by"])
        moments.update(map(_after, last))
    # for a certificate that an issuer was asked about, its own end counts as well
    for place in desk.places(snapshot) if snapshot.trust else ():
        read = (each.content for _, each in place.certificates)
        moments |= {_after(each.not_after_at) for each in read if isinstance(each, Certificate)}
    return {each for each in moments if BEGINNING < each <= _END}


def next_turn(moments: set[datetime], at: datetime) -> datetime | None:
    """Return the first of the turns of a snapshot after a moment; None: there is none."""
    return min((each for each in moments if each > at), default=None)


def _after(moment: datetime) -> datetime:
    """Return the next moment; after the last one that `datetime` has, `BEGINNING`."""
    try:
        return BEGINNING + (moment - BEGINNING + TICK)
    except OverflowError:
        return BEGINNING
