# SPDX-License-Identifier: Apache-2.0
"""Text of unknown origin, made safe to show.

Every string of a device, a card or a file is hostile: it passes here before a person sees it.
"""

import unicodedata

import msgspec

from cardtool.model.diagnosis import Finding

_LONGEST = 1000
"""Characters of one value that are shown."""

_BREAKS = str.maketrans(dict.fromkeys("\t\n\r\x0b\x0c\x85\u2028\u2029", " "))


def escape(value: str) -> str:
    """Return a text without what a terminal would obey instead of show.

    Line breaks become spaces; control and format characters, which include the first byte of
    escape sequences and bidirectional overrides, are dropped; what is too long is cut.
    Source: UAX #44, general categories Cc, Cf, Cs, Co and Cn.
    """
    if len(value) <= _LONGEST and value.isprintable():  # no category C, no Z but the blank
        return value
    cut = value if len(value) <= _LONGEST else f"{value[:_LONGEST]}..."
    shown = cut.translate(_BREAKS)
    return "".join(letter for letter in shown if not unicodedata.category(letter).startswith("C"))


def harmless(finding: Finding) -> Finding:
    """Return a finding whose facts and road can be shown."""
    facts = {
        key: escape(value) if isinstance(value, str) else value
        for key, value in finding.facts.items()
    }
    road = {key: escape(value) for key, value in finding.road.items()}
    return msgspec.structs.replace(finding, facts=facts, road=road)
