# SPDX-License-Identifier: Apache-2.0
"""Property lists that others wrote, read without trusting them."""

import struct

_REFUSALS = (
    ArithmeticError,
    AttributeError,
    LookupError,
    MemoryError,
    RecursionError,
    TypeError,
    ValueError,
    struct.error,
)
"""How plistlib says no; it promises only some of them. Seen by giving it noise, Python 3.11."""


def read(content: bytes) -> object:
    """Return what the list holds, None where it is none."""
    import plistlib  # noqa: PLC0415 - 10 ms, and most checks need none
    from xml.parsers.expat import ExpatError  # noqa: PLC0415 - the same

    try:
        value: object = plistlib.loads(content)
    except (*_REFUSALS, ExpatError):
        return None
    return value
