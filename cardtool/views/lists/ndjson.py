# SPDX-License-Identifier: Apache-2.0
"""One JSON document a line and workstation, in the format of docs/summary.schema.json.

Every line has every key. A JSON list has the same lines. Source: RFC 8259, and ndjson.org.
"""

from collections.abc import Iterable, Iterator

import msgspec


def render_list(records: Iterable[msgspec.Struct], _text: object = None) -> Iterator[str]:
    """Yield a JSON list of records, one on a line."""
    before = "["
    for line in render(records):
        yield before + "\n" + line.rstrip("\n")
        before = ","
    yield "[]\n" if before == "[" else "\n]\n"


def render(summaries: Iterable[msgspec.Struct], _text: object = None) -> Iterator[str]:
    """Yield a line for each workstation, or other record; codes and moments need no language."""
    encoder = msgspec.json.Encoder()
    for record in summaries:
        try:
            yield f"{encoder.encode(record).decode()}\n"
        except UnicodeEncodeError:  # half a surrogate pair, which no JSON in UTF-8 can hold
            yield f"{encoder.encode(_whole(record)).decode()}\n"


def _whole(line: msgspec.Struct) -> msgspec.Struct:
    """Return a line whose texts are Unicode; a question mark stands for each half."""
    fields = msgspec.structs.asdict(line)
    return msgspec.structs.replace(line, **{name: _mended(value) for name, value in fields.items()})


def _mended(value: object) -> object:
    if type(value) is str:
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, msgspec.Struct):
        return _whole(value)
    return tuple(map(_mended, value)) if isinstance(value, tuple) else value
