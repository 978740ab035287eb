# SPDX-License-Identifier: Apache-2.0
"""What rules say of each certificate, for the list of them: a view knows no rules."""

from cardtool.model.certificate import Certificate
from cardtool.model.snapshot import Snapshot
from cardtool.rules import desk
from cardtool.rules.kinds import kind
from cardtool.rules.renewal import Issuers
from cardtool.views.people.certificates import Judged


def judged(snapshot: Snapshot) -> dict[str, Judged]:
    """Return by fingerprint what each certificate is; of one that cannot be read, nothing."""
    found: dict[str, Judged] = {}
    for place in desk.places(snapshot):
        read = [
            (each.sha256, each.content)
            for _, each in place.certificates
            if isinstance(each.content, Certificate)
        ]
        here = Issuers([content for _, content in read])
        for sha256, content in read:
            one = Judged(kind=kind(content).value, ends_at=here.ends_at(content))
            found.setdefault(sha256, one)
    return found
