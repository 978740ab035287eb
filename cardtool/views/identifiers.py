# SPDX-License-Identifier: Apache-2.0
"""Names object identifiers as support people know them; the number always stays beside the name.

Names of standards are the same in every language; the others are words of `[label]`.
"""

from cardtool.catalog.toml import shipped
from cardtool.model.once import once
from cardtool.text import Text
from cardtool.views.harmless import escape


@once
def _known() -> dict[str, dict[str, str]]:
    return shipped("identifiers.toml", dict[str, dict[str, str]])


def named(identifier: str, text: Text) -> str:
    """Return an identifier with its name before it, or as it is."""
    word = _known()["words"].get(identifier)
    name = text.label(word) if word else _known()["names"].get(identifier)
    return f"{name} ({identifier})" if name else escape(identifier)
