# SPDX-License-Identifier: Apache-2.0
"""A snapshot is read at the border: what is none, is too large or is newer, is refused."""

import pytest

from cardtool.model.snapshot import SIZE_LIMIT_BYTES, NewerError, SnapshotError, decode, encode
from tests.golden.desk import desk


def test_a_body_over_the_limit_is_refused_unread() -> None:
    with pytest.raises(SnapshotError, match=f"larger than {SIZE_LIMIT_BYTES} bytes"):
        decode(b" " * (SIZE_LIMIT_BYTES + 1))


def test_a_body_of_just_the_limit_is_read() -> None:
    assert decode(encode(desk()).ljust(SIZE_LIMIT_BYTES)) == desk()


def test_a_newer_format_is_named_before_anything_in_it_is_judged() -> None:
    with pytest.raises(NewerError, match="newer than 1: update cardtool"):
        decode(b'{"schema": 2, "readers": "of another shape"}')


@pytest.mark.parametrize(
    ("body", "place"),
    [
        (b'{"schema": 1}', "taken_at"),
        (b'{"schema": "one"}', r"\$.schema"),
        (b"[]", "object"),
        (b'{"schema": 1', "truncated"),
        (b"\xff\xfe{", "malformed"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(body: bytes, place: str) -> None:
    with pytest.raises(SnapshotError, match=place):
        decode(body)
