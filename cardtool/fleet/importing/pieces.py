# SPDX-License-Identifier: Apache-2.0
"""A piece of what is imported: the text of one snapshot, or many lines with a snapshot each."""

import msgspec

from cardtool.fleet.importing.folders import Location


class Trouble(msgspec.Struct, frozen=True, kw_only=True):
    """Why a text cannot be imported: the code of a refusal, and the decoder's reason."""

    code: str
    detail: str = ""
    text: bytes = b""


class Piece(msgspec.Struct, frozen=True, kw_only=True):
    """The text of one snapshot, or of one snapshot a line, or why there is none."""

    file: Location
    text: bytes = b""
    has_lines: bool = False
    """Each line is a text; empty lines are skipped."""
    trouble: Trouble | None = None
    """Why the text, or the file from here on, cannot be read."""
    lost: OSError | None = None
    """Why the rest of the file cannot be read."""
    is_last: bool = False
    """This is the last piece of its file."""

    def texts(self) -> list[bytes]:
        """Return the texts; an empty line is an empty text."""
        if not self.has_lines:
            return [self.text]
        lines = self.text.split(b"\n")
        if not lines[-1]:
            lines.pop()
        return [b"" if line.isspace() else line for line in lines]
