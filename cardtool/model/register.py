# SPDX-License-Identifier: Apache-2.0
"""Who a personnel register names, and what of it could not be read."""

import msgspec


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One person's row, as the identity policy left it; empty: the register does not say."""

    number: str = ""
    """T.C. Kimlik No, or what the policy made of it: spelt as in a stored certificate."""
    name: str = ""
    unit: str = ""
    host: str = ""
    """Name of the workstation in small letters, without its domain."""
    user: str = ""
    address: str = ""
    email: str = ""


class Trouble(msgspec.Struct, frozen=True, kw_only=True):
    """A row that is not as it should be; it never holds what stands in the row."""

    sheet: str
    """Empty: a file without sheets."""
    row: int
    """As the program that shows the file counts: the first is 1."""
    reason: str
    """A word of `[label]` after `register-`."""
    kept: bool
    """The rest of the row was kept."""


class Merged(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a register."""

    rows: int
    """Below the headings, empty ones left out."""
    kept: int
    """Entries in the store now."""
    new: int
    gone: int
    """Entries of the register before it that are not in this one."""
    repeated: int
    """Rows that repeat another row."""
    troubles: tuple[Trouble, ...] = ()
    unread: tuple[str, ...] = ()
    """Headings of columns that were not understood, each once."""
    carried: tuple[str, ...] = ()
    """Meanings that this register has no column for: of people it had before, what was known
    stays."""
