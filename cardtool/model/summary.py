# SPDX-License-Identifier: Apache-2.0
"""What a list says of one workstation at a moment: a diagnosis in a line, without a sentence.

A list over a store is made of the same lines as one over saved snapshots, so every view that
lists knows this record and no other.
"""

from enum import StrEnum

import msgspec

from cardtool.model.diagnosis import Severity
from cardtool.model.moments import Utc


class ReaderState(StrEnum):
    """How a workstation stands with its card reader."""

    PRESENT = "present"
    """One is there, and nothing is known against it."""
    MISSING = "missing"
    """USB was looked at and shows none: the only state in which one is to be ordered."""
    DRIVER = "driver"
    """One is on USB, but the system does not offer it: it needs IT, not an order."""
    BROKEN = "broken"
    """One is there and does not work, or is not fit for the card."""
    UNKNOWN = "unknown"
    """What is there could not be seen."""


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """One line: a workstation, judged for a moment."""

    host: str
    """Name of the workstation when it was last seen."""
    host_id: str = ""
    """What stays the same when it is renamed; empty: a snapshot that names none."""
    unit: str = ""
    """The part of the institution it belongs to, as its configuration says."""
    user: str = ""
    """Who was logged on, as the identity policy left it."""
    at: Utc
    """The moment it is judged for."""
    taken_at: Utc
    """When it was looked at last."""
    severity: Severity
    """How bad what was found is: that of the worst finding."""
    verdict: str
    """Code of the finding that decides."""
    codes: tuple[str, ...] = ()
    """Codes of everything that is not in order, worst first."""
    reader: ReaderState
    """How it stands with its card reader."""
    readers: tuple[str, ...] = ()
    """Names of the readers that PC/SC offers."""
    holder: str = ""
    """Of the NES that counts, as the identity policy left it; empty: no NES was ever seen."""
    person: str = ""
    """The identity number or what the policy made of it; equal for one person."""
    issuer: str = ""
    """Name of the issuer of that NES."""
    sha256: str = ""
    """Fingerprint of the NES that counts: the one that lasts longest."""
    not_before_at: Utc | None = None
    """Its first second."""
    not_after_at: Utc | None = None
    """Its last second, or that of an issuer of it on the card that ends first."""
    days_left: int | None = None
    """Whole days to its end, negative after it; None: no NES."""
    card_seen_at: Utc | None = None
    """When that NES was last seen here: earlier than `taken_at` where the card is in a drawer."""
    opens_at: Utc | None = None
    """From when its renewal may be asked for; None: not asked, or no NES."""
    apply_by_at: Utc | None = None
    """The last second in which to apply, so that the new card is there before the end; the same."""
    practice: str = ""
    """Name of the practice case it is of; empty: a real workstation."""
