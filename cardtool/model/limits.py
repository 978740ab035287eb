# SPDX-License-Identifier: Apache-2.0
"""How long a text and a list of a snapshot may be, so that no card can keep a program busy.

Decoding refuses longer ones. What devices and systems say is cut by `fitted` before it is written.
"""

from typing import Annotated, Any, TypeVar

import msgspec

T = TypeVar("T")

TEXT_LIMIT = 4096
"""Characters; the longest path of Linux. Source: limits.h, PATH_MAX."""

LIST_LIMIT = 10_000
"""Entries; PC/SC knows tens of readers, and a card holds tens of certificates."""

BYTES_LIMIT = 64 * 1024
"""Hex digits; twice the largest certificate that is read, and as much again."""

Text = Annotated[str, msgspec.Meta(max_length=TEXT_LIMIT)]
"""Any text of a snapshot."""

Hex = Annotated[str, msgspec.Meta(max_length=BYTES_LIMIT)]
"""The bytes of a certificate."""

ListOf = Annotated[tuple[T, ...], msgspec.Meta(max_length=LIST_LIMIT)]
"""Any list of a snapshot."""

Texts = ListOf[Text]

ByName = Annotated[dict[Text, Text], msgspec.Meta(max_length=LIST_LIMIT)]
"""Texts by name."""

_CUT = "\N{HORIZONTAL ELLIPSIS}"


def fitted(record: T) -> T:
    """Return a record whose texts and lists are as long as they may be; a cut text ends with `…`.

    Bytes that are too long are left out: half a certificate is of no use.
    """
    changed: T = _fitted(record)
    return changed


def _fitted(node: Any) -> Any:  # noqa: ANN401 - any part of a snapshot
    if type(node) is str:
        return node if len(node) <= TEXT_LIMIT else node[: TEXT_LIMIT - 1] + _CUT
    if isinstance(node, msgspec.Struct):
        values = {name: getattr(node, name) for name in node.__struct_fields__}
        der = values.pop("der", None)
        fields = {name: _fitted(value) for name, value in values.items()}
        if der is not None and len(der) > BYTES_LIMIT:
            fields["der"] = None
        return msgspec.structs.replace(node, **fields)
    if isinstance(node, tuple):
        return tuple(map(_fitted, node[:LIST_LIMIT]))
    if isinstance(node, dict):
        return {_fitted(key): _fitted(node[key]) for key in list(node)[:LIST_LIMIT]}
    return node
