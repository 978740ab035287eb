# SPDX-License-Identifier: Apache-2.0
"""What issuers' servers are asked about a certificate, and what they answer.

Rules decide whether the certificate may be trusted.
"""

from pathlib import Path
from typing import Annotated, Literal

import msgspec

from cardtool.model.limits import ListOf, Text, Texts
from cardtool.model.moments import Utc


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One address that gave no usable answer."""

    url: Text
    name: Text
    """Why: TIMEOUT, NO_HOST, TLS, NOT_HTTP, HTTP_404, TOO_LARGE, REDIRECTED, NOT_ALLOWED, DAMAGED,
    BAD_SIGNATURE, EXPIRED, NOT_FOR_IT, NOT_AN_ISSUER, a symbol of errno, or how the worker ended.
    """
    detail: Text = ""
    """For support, never parsed."""


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """What a responder or a list said of a certificate. Source: RFC 6960 §2.2, RFC 5280 §5."""

    source: Literal["ocsp", "crl"]
    url: Text
    status: Literal["good", "revoked", "suspended", "unknown"]
    """suspended: revoked with the reason certificateHold."""
    said_at: Utc
    """producedAt of a response, thisUpdate of a list."""
    next_at: Utc | None = None
    """nextUpdate."""
    revoked_at: Utc | None = None
    reason: Text = ""
    """CRLReason by its name in RFC 5280 §5.3.1: keyCompromise, certificateHold, ..."""


class Trust(msgspec.Struct, frozen=True, kw_only=True):
    """What was found for one certificate."""

    sha256: Text
    """Fingerprint of the certificate it is about, upper-case hex."""
    asked_at: Utc
    chain: Texts = ()
    """Fingerprints from the certificate to the last issuer that was found."""
    anchor: Text = ""
    """Id in the catalogue of the pinned root at which the chain ends; empty: it ends at none."""
    problem: Text = ""
    """Why there is no chain: NO_ISSUER, BAD_SIGNATURE, NOT_PINNED, NOT_AN_ISSUER, EXPIRED,
    WEAK_ALGORITHM, UNREADABLE, TIMEOUT, or how the worker ended; empty: there is one.
    """
    status: Status | None = None
    """The first answer that could be used; None: there was none."""
    attempts: ListOf[Attempt] = ()
    """The addresses that gave no usable answer, in order."""


class Online(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The settings for asking issuers' servers."""

    proxy: str = ""
    """Address of a proxy, http://HOST:PORT; empty: the one of the environment or the system."""
    certificates: str = ""
    """Folder with issuers' certificates."""
    timeout_s: Annotated[float, msgspec.Meta(ge=1, le=600)] = 10.0
    """Seconds for all certificates together, after the check."""
    roots: tuple[Annotated[str, msgspec.Meta(pattern="^[0-9A-Fa-f]{64}$")], ...] = ()
    """SHA-256 fingerprints of roots that are trusted besides those of the catalogue."""
    allow_private: bool = False
    """Addresses in certificates may lead into a private network."""

    def __post_init__(self) -> None:
        """Refuse a folder that depends on the current one."""
        if self.certificates and not Path(self.certificates).is_absolute():
            text = f"`certificates` must be absolute: {self.certificates}"
            raise ValueError(text)
