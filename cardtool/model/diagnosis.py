# SPDX-License-Identifier: Apache-2.0
"""What a snapshot means at a moment: codes and facts, never sentences."""

from enum import StrEnum

import msgspec

from cardtool.model.moments import Utc
from cardtool.model.snapshot import Snapshot

DIAGNOSIS_SCHEMA = 1
"""Number of the diagnosis format this version writes."""


class Severity(StrEnum):
    """How bad a finding is, mildest first.

    The order is that of the Monitoring Plugins (lib/utils.c, max_state_alt), and the numbers are
    their exit statuses. By number, one unreadable part would hide an expired certificate.
    """

    OK = "ok"
    UNKNOWN = "unknown"
    WARNING = "warning"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """Return the place in the order, 0 for the mildest."""
        return _RANKS[self]

    @property
    def exit_status(self) -> int:
        """Return the process exit status: ok 0, warning 1, critical 2, unknown 3."""
        return {"ok": 0, "warning": 1, "critical": 2, "unknown": 3}[self.value]


_RANKS = {severity: rank for rank, severity in enumerate(Severity)}


class Link(StrEnum):
    """The links of the chain from the machine to the signature, in their order."""

    HOST = "host"
    SERVICE = "service"
    READER = "reader"
    CARD = "card"
    DRIVER = "driver"
    TOKEN = "token"  # noqa: S105 - PKCS#11's word, no secret
    CERTIFICATE = "certificate"
    PIN = "pin"
    APPLICATION = "application"

    @property
    def place(self) -> int:
        """Return the position in the chain, 0 for the first link."""
        return _PLACES[self]


_PLACES = {link: place for place, link in enumerate(Link)}


class Actor(StrEnum):
    """Who does a step."""

    YOU = "you"
    """The person at the desk."""
    IT = "it"
    """The institution's IT desk, which may install and configure."""
    PROVIDER = "provider"
    """The issuer of the certificate and the card, mostly Kamu SM."""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was seen to be right or wrong."""

    code: str
    """Kebab-case, stable for ever: the key of sentences, metrics and documentation."""
    number: str = ""
    """The code in short, to read out on the telephone: `K-14`, as stable as the code."""
    severity: Severity
    link: Link
    """The link of the chain it is about."""
    facts: dict[str, str | int] = {}
    """Values for the sentence, as found: strings and whole numbers, moments in ISO 8601."""
    steps: tuple[str, ...] = ()
    """Codes of what to do next, in order; if all is well, what to try if signing still fails."""
    actors: tuple[Actor, ...] = ()
    """Who does each step, in the order of `steps`."""
    procedures: tuple[str, ...] = ()
    """Names of the procedures that the steps lead to: `cardtool guide NAME` tells them whole."""
    road: dict[str, str] = {}
    """How the steps reach the issuer of the certificate; empty: it is Kamu SM, or not known."""


class Diagnosis(msgspec.Struct, frozen=True, kw_only=True):
    """A snapshot, a moment, and what was found."""

    schema: int = DIAGNOSIS_SCHEMA
    at: Utc
    """The moment it was judged for."""
    severity: Severity
    """That of the worst finding."""
    verdict: str
    """Code of the finding that decides: the first broken link, or the last one when all is well."""
    findings: tuple[Finding, ...]
    """Worst first; equals in the order of the chain."""
    todo: tuple[str, ...] = ()
    """Codes of the findings with something to do, in the order in which it can be done. Findings
    that are well come last: a card whose first day has not come, or what to try if signing fails.
    """
    snapshot: Snapshot
    practice: str = ""
    """Name of the practice case it is of; empty: the snapshot is of a real workstation."""

    @property
    def deciding(self) -> Finding:
        """Return the finding that `verdict` names."""
        return next(finding for finding in self.findings if finding.code == self.verdict)


class Course(msgspec.Struct, frozen=True, kw_only=True):
    """When an NES begins, calls for a renewal and ends."""

    holder: str
    begins_at: Utc
    ends_at: Utc
    """Its last second, or that of an issuer on the same card that ends first."""
    renewal: dict[str, Utc] = {}
    """`opens`, `apply-by`, `urgent` and `critical`; empty if it is not to be renewed."""
