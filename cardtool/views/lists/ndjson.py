# SPDX-License-Identifier: Apache-2.0
"""One JSON document a line and workstation, in the format of docs/summary.schema.json.

Every line has every key. Source: RFC 8259, and ndjson.org for the lines.
"""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:  # a program that wants data does not wait for words
    from cardtool.text import Text


def render(summaries: Iterable[msgspec.Struct], text: "Text | None" = None) -> Iterator[str]:
    """Yield a line for each workstation, or other record; codes and moments need no language."""
    del text
    encoder = msgspec.json.Encoder()
    for each in summaries:
        try:
            yield f"{encoder.encode(each).decode()}\n"
        except UnicodeEncodeError:  # half a surrogate pair, which no JSON in UTF-8 can hold
            yield f"{encoder.encode(_whole(each)).decode()}\n"


def _whole(line: msgspec.Struct) -> msgspec.Struct:
    """Return a line whose texts are Unicode; a question mark stands for each half."""
    fields = msgspec.structs.asdict(line)
    return msgspec.structs.replace(line, **{name: _mended(said) for name, said in fields.items()})


def _mended(said: object) -> object:
    if type(said) is str:
        return said.encode("utf-8", "replace").decode()
    if isinstance(said, msgspec.Struct):
        return _whole(said)
    return tuple(map(_mended, said)) if isinstance(said, tuple) else said
