# SPDX-License-Identifier: Apache-2.0
"""How an answer-to-reset is read: which of its bytes the card's maker chose.

Pure: it knows the format of ISO/IEC 7816-3 and no card. Hex in, hex out, upper case.
"""

_TD = 8
"""The bit of Y that announces a TD byte, whose upper half is the next Y. ISO/IEC 7816-3 §8.2.3."""


def historical_bytes(atr: str) -> str:
    """Give the historical bytes of an answer-to-reset: the part in which a card says what it is.

    `atr` is hex without separators. A wrong check byte is kept, not refused: such answers are in
    circulation, and what the card says of itself is right in them.

    Raises:
        ValueError: not hex, or shorter than its own format bytes announce.

    Source: ISO/IEC 7816-3:2006 §8.2; drivers_notes/atr.md#how-an-atr-is-read.
    """
    data = bytes.fromhex(atr)
    if len(data) < 2:  # noqa: PLR2004 -- TS and T0, which every answer has
        message = f"an ATR has at least TS and T0, this has {len(data)} bytes"
        raise ValueError(message)
    start, has_check_byte = _interface_bytes(data)
    end = start + (data[1] & 0x0F)
    if len(data) < end + has_check_byte:
        message = f"the format bytes announce {end + has_check_byte} bytes, this has {len(data)}"
        raise ValueError(message)
    return data[start:end].hex().upper()


def _interface_bytes(data: bytes) -> tuple[int, bool]:
    """Walk the TD chain: where the historical bytes start, and whether a check byte ends all."""
    position, present, has_check_byte = 2, data[1] >> 4, False
    while present & _TD:
        position += present.bit_count()
        if position > len(data):
            message = f"the TD chain leads to byte {position}, this has {len(data)}"
            raise ValueError(message)
        last = data[position - 1]
        present = last >> 4
        has_check_byte = has_check_byte or last & 0x0F != 0
    return position + present.bit_count(), has_check_byte
