# SPDX-License-Identifier: Apache-2.0
"""Feeds the certificate reader with bytes nobody would write.

Broken is the promise by an exception, a case over the limit of time or memory, facts that cannot
be written and read again, and facts that cryptography reads otherwise.
"""

import random
import time
import tracemalloc
import warnings
from collections.abc import Iterator

import msgspec

from cardtool.model.certificate import Certificate
from cardtool.model.snapshot import Failure
from cardtool.probe.certificate import SIZE_LIMIT_BYTES, parse, trim
from cardtool.rules.kinds import kind
from tests.rig import strict
from tests.rig.der import integer, octets, oid, sequence, tlv, utf8
from tests.rig.kinds import KINDS, Handmade, attribute, extension, qualified
from tests.trials import Trial

_LIMIT_MS = 50.0
_MEMORY_MB = 16.0
_TAGS = (0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0C, 0x13, 0x14, 0x17, 0x18, 0x1C, 0x1E)
_OTHER_TAGS = (0x1F, 0x30, 0x31, 0x80, 0x82, 0x86, 0xA0, 0xA3, 0xBF)
_LENGTHS = (b"\x80", b"\x81\xff", b"\x82\xff\xff", b"\x84\x7f\xff\xff\xff", b"\xff", b"\x00")
_SMALL = 48
_MOST_CHANGES = 6
_LARGE_EVERY = 500


def _mutated(rnd: random.Random, der: bytes) -> bytes:
    """Change a sound certificate in a few places."""
    data = bytearray(der)
    for _ in range(rnd.randint(1, _MOST_CHANGES)):
        place = rnd.randrange(len(data))
        match rnd.randrange(6):
            case 0:
                data[place] = rnd.randrange(256)
            case 1:
                data[place] ^= 1 << rnd.randrange(8)
            case 2:
                data[place : place + 1] = bytes((rnd.choice((*_TAGS, *_OTHER_TAGS)),)) + rnd.choice(
                    _LENGTHS
                )
            case 3:
                del data[place : place + rnd.randint(1, _SMALL)]
            case 4:
                data[place:place] = rnd.randbytes(rnd.randint(1, _SMALL))
            case _:
                other = rnd.randrange(len(data))
                data[place:place] = data[other : other + rnd.randint(1, _SMALL)]
        if not data:
            return b""
    return bytes(data)


def _element(rnd: random.Random, depth: int) -> bytes:
    """Grow an element with right lengths and wrong contents."""
    tag = rnd.choice((*_TAGS, *_OTHER_TAGS))
    if depth and tag & 0x20:
        return tlv(tag, *(_element(rnd, depth - 1) for _ in range(rnd.randrange(4))))
    return tlv(tag, rnd.randbytes(rnd.randrange(12)))


def _grown(rnd: random.Random) -> bytes:
    """Put grown elements in the place of parts of a certificate."""
    parts = {
        name: _element(rnd, 4)
        for name in ("version", "serial", "algorithm", "issuer", "validity", "subject", "key")
        if rnd.random() < (0.1 if name == "validity" else 0.4)
    }
    known = ("2.5.29.15", "2.5.29.19", "2.5.29.31", "2.5.29.32", "2.5.29.35", "1.3.6.1.5.5.7.1.3")
    extensions = [extension(rnd.choice(known), _element(rnd, 4)) for _ in range(rnd.randrange(6))]
    return Handmade(extensions=extensions, **parts).der()


_ROOM = SIZE_LIMIT_BYTES - 1024
_NAME = attribute("2.5.4.3", utf8("x"))
_PAIR = sequence(oid("2.5.4.3"), utf8(""))
_POLICY = sequence(oid("1.2.3"))
_EXTENSION = extension("1.2.3.4", b"")
_RSA = sequence(oid("1.2.840.113549.1.1.1"), tlv(0x05))
_NOISE = random.Random(_ROOM).randbytes(_ROOM)  # noqa: S311 - no secret


def _named(value: bytes) -> bytes:
    return sequence(tlv(0x31, value))


def _nested() -> bytes:
    made = b""
    for depth in range(1000):
        made = tlv((0x30, 0x31, 0xA0)[depth % 3], made)
    return made


_LARGE = (
    Handmade(subject=sequence(*[_NAME] * (_ROOM // len(_NAME)))).der(),
    Handmade(issuer=_named(_PAIR * (_ROOM // len(_PAIR)))).der(),
    Handmade(serial=tlv(0x02, _NOISE)).der(),
    Handmade(subject=_named(sequence(oid("2.5.4.3"), octets(_NOISE)))).der(),
    Handmade(subject=_named(sequence(oid("2.5.4.3"), utf8("x" * _ROOM)))).der(),
    Handmade(subject=_named(sequence(tlv(0x06, b"\xff" * _ROOM + b"\1"), utf8("")))).der(),
    Handmade(extensions=[_EXTENSION] * (_ROOM // len(_EXTENSION))).der(),
    Handmade(extensions=[extension(f"1.2.{n}", b"") for n in range(3, _ROOM // 13)]).der(),
    Handmade(extensions=[extension("2.5.29.32", sequence(_POLICY * (_ROOM // 6)))]).der(),
    Handmade(extensions=[qualified(_POLICY * (_ROOM // 6))]).der(),
    Handmade(
        key=sequence(_RSA, tlv(0x03, b"\0" + sequence(tlv(0x02, b"\0" + _NOISE), integer(3))))
    ).der(),
    Handmade(extensions=[extension("2.5.29.31", _nested())], subject=_nested()).der(),
    b"\x30\x80" * (_ROOM // 2),
    b"\x30\x84\0\0\xff\xff" * (_ROOM // 6),
)
"""Certificates filled to the size limit, each with one kind of thing."""


def _cases(rnd: random.Random, count: int) -> Iterator[bytes]:
    whole = sorted(KINDS.values())
    for number in range(count):
        if number % _LARGE_EVERY == 0:
            yield rnd.choice(_LARGE)
            continue
        match rnd.randrange(8):
            case 0:
                yield rnd.randbytes(rnd.randrange(400))
            case 1 | 2:
                yield _grown(rnd)
            case _:
                yield _mutated(rnd, rnd.choice(whole))


def _complaint(data: bytes, content: Certificate | Failure) -> str:
    """Say what is wrong with an answer; empty: nothing."""
    again = msgspec.json.decode(msgspec.json.encode(content), type=Certificate | Failure)
    if again != content:
        return "does not come back from JSON"
    if isinstance(content, Failure) or content.unreadable:
        return ""
    expected = strict.otherwise(data, content)
    return f"cryptography reads it otherwise\n{content}\n{expected}" if expected else ""


def _timed(data: bytes) -> tuple[Certificate | Failure, float]:
    """Return what is read and the milliseconds of processor that this takes."""
    start = time.process_time()
    content = parse(trim(data))
    if isinstance(content, Certificate):
        kind(content)
    return content, (time.process_time() - start) * 1000


def _try(data: bytes) -> str:
    """Return what one case broke, or an empty text."""
    content, spent_ms = _timed(data)
    if spent_ms > _LIMIT_MS:  # once more: a busy machine's processor has a cold cache
        content, spent_ms = _timed(data)
    if spent_ms > _LIMIT_MS:
        return f"{spent_ms:.0f} ms for {len(data)} bytes: {data[:100].hex()}"
    complaint = _complaint(trim(data), content)
    return f"{data.hex()}: {complaint}" if complaint else ""


def _memory(data: bytes) -> str:
    tracemalloc.start()
    parse(data)
    memory_mb = tracemalloc.get_traced_memory()[1] / 2**20
    tracemalloc.stop()
    return f"{memory_mb:.0f} MB for {len(data)} bytes" if memory_mb > _MEMORY_MB else ""


def run(cases: int, seed: int) -> Iterator[str]:
    """Read so many certificates, and those filled to the size limit for their memory."""
    rnd = random.Random(seed)  # noqa: S311 - to be the same each time
    with warnings.catch_warnings(action="error"):
        for data in _cases(rnd, cases):
            try:
                yield _try(data)
            except Exception as error:  # noqa: BLE001 - that is what is looked for
                yield f"{data.hex()}: {error!r}"
        yield from map(_memory, _LARGE)


TRIAL = Trial(
    name="hostile-certificates",
    promise="No certificate, whatever is in it, gives an exception, takes over 50 ms of processor "
    "or 16 MB, or is read otherwise than cryptography reads it where both take it whole.",
    run=run,
    few=1_000,
    many=100_000,
)
