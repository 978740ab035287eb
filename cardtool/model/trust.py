# SPDX-License-Identifier: Apache-2.0
"""What was learnt about a certificate from its issuers' servers, when somebody asked for it.

Facts as they were told; whether a certificate may be trusted is a rule's to say.
"""

from typing import Literal

import msgspec

from cardtool.model.limits import Some, Text, Texts
from cardtool.model.moments import Utc


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One address that gave nothing that could be used."""

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
    """Id in the catalogue of the pinned root the chain ends at; empty: at none."""
    problem: Text = ""
    """Why there is no chain: NO_ISSUER, BAD_SIGNATURE, NOT_PINNED, NOT_AN_ISSUER, EXPIRED,
    WEAK_ALGORITHM, UNREADABLE, TIMEOUT, or how the worker ended; empty: there is one.
    """
    status: Status | None = None
    """The first answer that could be used; None: there was none."""
    attempts: Some[Attempt] = ()
    """What was tried in vain, in order."""
