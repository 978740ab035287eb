# SPDX-License-Identifier: Apache-2.0
"""A key that somebody made up is refused, one that was drawn at random never."""

import random

import pytest

from cardtool.config import is_made_up


@pytest.mark.parametrize(
    "key",
    [
        "00" * 15 + "01",
        "01" + "00" * 15,
        "deadbeef" * 4,
        "deadbeef" * 3 + "cafebabe",
        "0123456789abcdef" * 2,
        "0123456789abcdef" * 4,
        "fedcba9876543210" * 2,
        bytes(range(16)).hex(),
        bytes(range(32)).hex(),
        bytes(range(255, 239, -1)).hex(),
        bytes(range(0, 256, 17)).hex(),
        "12345678901234567890123456789012",
        "11223344556677889900112233445566",
        "0000000000000000a1b2c3d4e5f60718",
        "1111111122222222333333334444444455555555666666667777777788888888",
        b"kirikkale saglik".hex(),
        "Sağlık Müdürlüğü".encode().hex(),
        b"correct horse battery staple".hex(),
        b"8f14e45fceea167a5a36dedd4bea2543".hex(),
        "ab12" * 8,
    ],
)
def test_a_key_that_somebody_made_up_is_known(key: str) -> None:
    assert is_made_up(bytes.fromhex(key))


@pytest.mark.parametrize("size", [16, 17, 24, 32, 48, 64])
def test_a_key_that_was_drawn_is_never_refused(size: int) -> None:
    drawn = random.Random(size)  # noqa: S311 - to be the same each time

    assert not any(is_made_up(drawn.randbytes(size)) for _ in range(5_000))
