# SPDX-License-Identifier: Apache-2.0
"""What rules say of each certificate of a desk, for the list of them."""

from cardtool.model.certificate import Certificate, Judged
from cardtool.model.snapshot import Snapshot
from cardtool.rules import desk
from cardtool.rules.kinds import kind
from cardtool.rules.renewal import Issuers


def listed(snapshot: Snapshot) -> dict[str, Judged]:
    """Return by fingerprint what each certificate is; of one that cannot be read, nothing."""
    found: dict[str, Judged] = {}
    for place in desk.places(snapshot):
        readable = [
            (stored.sha256, stored.content)
            for _, stored in place.certificates
            if isinstance(stored.content, Certificate)
        ]
        issuers = Issuers([content for _, content in readable])
        for sha256, content in readable:
            judged = Judged(kind=kind(content).value, ends_at=issuers.ends_at(content))
            found.setdefault(sha256, judged)
    return found
