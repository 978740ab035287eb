# SPDX-License-Identifier: Apache-2.0
"""The part of asn1crypto.pem that is used."""

from collections.abc import Iterator

def detect(byte_string: bytes) -> bool: ...
def unarmor(
    pem_bytes: bytes, multiple: bool = False
) -> Iterator[tuple[str, dict[str, str], bytes]]: ...
