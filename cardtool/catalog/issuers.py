# SPDX-License-Identifier: Apache-2.0
"""The roots that certificates are traced to: fingerprints and addresses, never the certificates.

Apart from the rest of the catalogue because nothing on the way to a usual diagnosis reads it.
"""

import pkgutil
import tomllib

import msgspec

from cardtool.model.once import once


class Issuer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One root certificate."""

    id: str
    """Kebab-case; equal to the heading that `source` cites."""
    name: str
    """The common name in it."""
    sha256: str
    """Fingerprint of the DER, upper-case hex: the only thing that makes it trusted."""
    key_id: str
    """Its subject key identifier, upper-case hex: which certificates it may have issued."""
    urls: tuple[str, ...] = ()
    """Where its owner publishes it."""
    source: str
    """`page.md#heading` in drivers_notes."""


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    issuer: tuple[Issuer, ...]


@once
def load() -> tuple[Issuer, ...]:
    """Give the roots that ship with the package, read once a process."""
    text = (pkgutil.get_data("cardtool.catalog", "issuers.toml") or b"").decode()
    return msgspec.convert(tomllib.loads(text), _File).issuer
