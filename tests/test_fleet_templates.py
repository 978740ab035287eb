# SPDX-License-Identifier: Apache-2.0
"""Which texts are of one template, and what has none: told by texts as cardtool writes them."""

import msgspec
import pytest
from msgspec.structs import replace

from cardtool.fleet.lean import DECODER, values
from cardtool.fleet.templates import Template, Templates
from cardtool.model.certificate import Certificate
from cardtool.model.snapshot import Snapshot
from tests import desks
from tests.fleets import line, numbered

TEXT = line(numbered(nes=desks.nes()))

_NAME = b'"name":"masa-17"'


def _other(text: bytes, *changes: tuple[bytes, bytes]) -> bytes:
    """Return a text with the first of each changed."""
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    return text


def _named(name: bytes) -> bytes:
    return _other(TEXT, (_NAME, b'"name":"%b"' % name))


def _read(templates: Templates, text: bytes) -> Template:
    """Return a template whose values are those that reading the JSON gives."""
    found = templates.read(text)
    assert found is not None
    assert found[1] == [*filter(None, values(DECODER.decode(text))), ""]
    return found[0]


def test_a_template_is_found_again_whatever_stands_where_a_value_may() -> None:
    templates = Templates(64)
    first = _read(templates, TEXT)
    ayse = "AYŞE ÖRNEK".encode()
    others = [
        _named(b"masa-18"),
        _named("iş".encode()),
        _named(b"x" * 255),
        _other(TEXT, (b"2.7", b"2.10"), (ayse, ayse[:-1]), (b"09:00:00Z", b"09:00:00.000001Z")),
        _other(TEXT, (b'"serial":"00A1', b'"serial":"7'), ("BİDB".encode(), b"-x")),
    ]

    assert all(_read(templates, each) is first for each in (*others, *others))
    assert _read(templates, _named(b"")) is not first


def test_the_numbers_that_are_each_looks_own_are_no_part_of_a_template() -> None:
    templates = Templates(64)
    first = _read(templates, TEXT)

    for count in (b"0", b"9", b"22", b"1234567890123456"):
        for elapsed_s in (b"0", b"7", b"0.5", b"12.125", b"123456789.12345678901234567"):
            new = (b'"event_count":' + count, b'"elapsed_s":' + elapsed_s)
            other = _other(TEXT, (b'"event_count":1', new[0]), (b'"elapsed_s":0.7', new[1]))
            assert _read(templates, other) is first


@pytest.mark.parametrize(
    ("known", "odd"),
    [
        (b'"event_count":12', b'"event_count":01'),
        (b'"event_count":12', b'"event_count":-1'),
        (b'"event_count":123', b'"event_count":1.5'),
        (b'"event_count":1234', b'"event_count":null'),
        (b'"elapsed_s":10.5', b'"elapsed_s":00.5'),
        (b'"elapsed_s":0.7', b'"elapsed_s":1e9'),
        (b'"elapsed_s":0.7', b'"elapsed_s":"0"'),
        (b'"elapsed_s":0.7', b'"elapsed_s":.75'),
    ],
)
def test_what_cardtool_never_writes_is_no_such_number(known: bytes, odd: bytes) -> None:
    templates = Templates(4)
    old = known[: known.index(b":") + 1]
    old += b"1" if b"count" in known else b"0.7"
    first = _read(templates, _other(TEXT, (old, known)))

    found = templates.read(_other(TEXT, (old, odd)))

    assert found is None or found[0] is not first


def test_texts_of_one_size_that_differ_in_anything_else_are_of_other_templates() -> None:
    templates = Templates(64)
    first = _read(templates, TEXT)

    for old, new in (
        (b"x86_64", b"x86_65"),
        (b"PRESENT", b"PRESENX"),
        (b'"bits":64', b'"bits":65'),
    ):
        assert _read(templates, _other(TEXT, (old, new))) is not first
    assert _read(templates, TEXT) is first


def test_more_templates_of_one_size_than_are_tried_are_told_apart_all_the_same() -> None:
    templates = Templates(64)
    every = [_other(TEXT, (b'"changes":0', b'"changes":%d' % n)) for n in range(10, 50)]

    first = [_read(templates, each) for each in every]
    again = [_read(templates, _other(each, (b"masa-17", b"masa-18"))) for each in every]

    assert first == again
    assert len(set(map(id, first))) == 40


def test_templates_that_were_not_seen_for_long_make_room() -> None:
    templates = Templates(2)
    texts = [_other(TEXT, (b'"changes":0', b'"changes":%d' % 10**n)) for n in (1, 2, 3, 1)]

    found = [_read(templates, each) for each in texts]

    assert len(set(map(id, found))) == 4
    assert _read(templates, texts[-1]) is found[-1]


@pytest.mark.parametrize(
    ("known", "odd"),
    [
        (b"x", b"-"),
        (b"masa-17", b"mas\0-17"),
        (b"masa-17", b'x","":"'),
        (b"masa-17", rb"masa\n7"),
        (b"masa-17", rb"m\u0061"),
        (b"masa-17", b"masa\n17"),
        (b"masa-17", b"mas\x01-17"),
        (b"masa-17", b"mas\x1f-17"),
        (b"masa-17", b"masa-1\xff"),
        ("iş".encode(), b"i\xc5s"),
    ],
)
def test_a_value_that_is_written_otherwise_has_no_template_beside_a_known_one(
    known: bytes, odd: bytes
) -> None:
    templates = Templates(4)
    _read(templates, _named(known))

    assert len(odd) == len(known)
    assert templates.read(_named(odd)) is None


@pytest.mark.parametrize(
    "odd",
    [
        _named(b"-"),
        _named(b"mas\0-17"),
        _named(rb"masa\u0000"),
        _other(TEXT, (b"ACS ACR39U", rb"ACS\u0000ACR39U")),
        _other(TEXT, (b"ACS ACR39U", b"ACS\0ACR39U")),
        _named(b"masa\x7f"),
        _named(rb"masa\n7"),
        _named(rb"m\u0061sa"),
        _named(b"masa-1\xff"),
        _named(b"x" * 256),
        _named("ş".encode() * 128),
        TEXT[:-1],
        TEXT.replace(b":", b": "),
        b"[" * 100_000,
        b"7",
        b"",
    ],
    ids=range(16),
)
def test_what_is_odd_has_no_template(odd: bytes) -> None:
    assert Templates(4).read(odd) is None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"label":"AKIS_00A1B2C3D4E5F607"', b'"label":"token"'),
        (b'"version":"2.7"', b'"version":"info"'),
        (b'"value":"TR"', b'"value":"certificate"'),
        (b'"value":"TR"', b'"value":"C"'),
        (b'"serial":"00A1B2C3D4E5F607"', b'"serial":"AKIS"'),
        (b'"release":"Debian GNU/Linux 12"', b'"release":"linux"'),
        (b'"python":"3.11.2"', b'"python":"x86_64"'),
    ],
)
def test_a_value_whose_text_stands_earlier_too_is_not_cut_out_there(old: bytes, new: bytes) -> None:
    assert Templates(4).read(_other(TEXT, (old, new))) is None


def test_what_is_in_another_order_has_no_template() -> None:
    document = msgspec.json.decode(TEXT)

    turned = {name: document[name] for name in reversed(document)}

    assert Templates(4).read(msgspec.json.encode(turned)) is None


def _with_der(content: Certificate, der: str) -> Snapshot:
    stored = replace(desks.stored(content), der=der)
    token = replace(desks.token(), certificates=(stored,))
    return replace(numbered(), modules=(desks.module(desks.slot(token)),))


def test_an_encoded_certificate_may_be_long() -> None:
    templates = Templates(4)

    found = [_read(templates, line(_with_der(desks.nes(), "MII" * size))) for size in (900, 1000)]

    assert found[0] is found[1]
