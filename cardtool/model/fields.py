# SPDX-License-Identifier: Apache-2.0
"""Which fields of a snapshot hold fixed words or bytes; every other one may say anything."""

import re

WITH_OWN_DETAIL = frozenset({"BUG", "TIMEOUT", "NONSENSE", "OVERSIZE", "WAITED"})
"""Failures of a worker whose detail cardtool wrote; others hold text of vendors."""

SHARED = frozenset({"C", "O", "OU", "L", "ST", "street", "title"})
"""Attribute types that many people have in common: hashed, but not looked for elsewhere."""

SYMBOLS = frozenset(
    {
        "type", "api", "states", "flags", "platform", "machine", "machines", "format", "key",
        "key_usage", "extended_key_usage", "policies", "qc_statements", "signature_algorithm",
        "marks", "state", "start",
    }
)  # fmt: skip
"""Fields of fixed words, which rules compare: nothing but a name or a number changes them."""

DIGITS = frozenset({"atr", "serial", "vendor", "product", "classes", "sha256", "chain", "host_id"})
"""Fields of hex digits, which stay unless they are a number."""

IDENTIFIERS = frozenset({"id", "subject_key_id", "authority_key_id"})
"""Fields of hex digits that an issuer may have made of anything."""

STANDARD = re.compile(r"(?:CKF|CKR|SCARD)_[A-Z0-9_]++|0x[0-9A-F]++")
"""Symbols of standards, which are never the name of a person."""
