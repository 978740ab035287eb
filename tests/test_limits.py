# SPDX-License-Identifier: Apache-2.0
"""No text and no list of a snapshot is longer than its limit, wherever it comes from."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from msgspec import inspect
from msgspec.structs import replace

from cardtool.model.certificate import Certificate
from cardtool.model.limits import BYTES_LIMIT, LIST_LIMIT, TEXT_LIMIT, fitted
from cardtool.model.snapshot import LastGood, Snapshot, SnapshotError, decode, encode
from cardtool.probe import jobs
from cardtool.probe.certificate import SIZE_LIMIT_BYTES, parse
from tests.golden.desk import AT, READER, certificate, desk, held, person
from tests.rig.der import sequence, utf8
from tests.rig.kinds import Handmade, attribute


def _limits(kind: inspect.Type, seen: set[type]) -> Iterator[tuple[str, int | None]]:
    """Yield what limits the texts and lists of a type, with the field that each is in."""
    match kind:
        case inspect.StrType() | inspect.VarTupleType() | inspect.DictType():
            yield type(kind).__name__, kind.max_length
        case inspect.StructType() if kind.cls not in seen:
            seen.add(kind.cls)
            for field in kind.fields:
                for name, limit in _limits(field.type, seen):
                    yield f"{kind.cls.__name__}.{field.name}: {name}", limit
        case inspect.UnionType():
            for each in kind.types:
                yield from _limits(each, seen)
    if isinstance(kind, inspect.VarTupleType):
        yield from _limits(kind.item_type, seen)
    if isinstance(kind, inspect.DictType):
        yield from _limits(kind.key_type, seen)
        yield from _limits(kind.value_type, seen)


def test_every_text_and_every_list_of_the_format_has_a_limit() -> None:
    found = dict(_limits(inspect.type_info(Snapshot), set()))

    assert [place for place, limit in found.items() if limit is None] == []
    assert set(found.values()) == {TEXT_LIMIT, LIST_LIMIT, BYTES_LIMIT}


def _with(**changed: Any) -> bytes:  # noqa: ANN401 - any field
    return encode(replace(desk(), **changed))


@pytest.mark.parametrize(
    ("changed", "place"),
    [
        ({"tool": "x" * (TEXT_LIMIT + 1)}, r"\$.tool"),
        ({"host": replace(desk().host, name="/" * (TEXT_LIMIT + 1))}, r"\$.host.name"),
        ({"readers": desk().readers[:1] * (LIST_LIMIT + 1)}, r"\$.readers"),  # type: ignore[index]
        ({"vanished": ("x" * (TEXT_LIMIT + 1),)}, r"\$.vanished\[0\]"),
        ({"vanished": ("x",) * (LIST_LIMIT + 1)}, r"\$.vanished"),
    ],
)
def test_what_is_longer_is_refused_with_its_place(changed: dict[str, Any], place: str) -> None:
    with pytest.raises(SnapshotError, match=rf"length <= \d+ - at `{place}`"):
        decode(_with(**changed))


@pytest.mark.parametrize("count", [0, 1])
def test_what_is_cut_is_as_long_as_it_may_be(count: int) -> None:
    """Each at its limit, which stays as it is, and one longer, which is cut."""
    token = held(certificate(person("x" * (TEXT_LIMIT + count))), label="x" * (TEXT_LIMIT + count))
    whole = replace(
        desk(replace(token, der="A" * (BYTES_LIMIT + count))),
        vanished=(READER,) * (LIST_LIMIT + count),
        last_good=LastGood(
            taken_at=AT, release="", readers=(), modules={"x" * (TEXT_LIMIT + count): "2.7"}
        ),
    )

    done = fitted(whole)

    assert decode(encode(done)) == done
    assert (done == whole) is (count == 0)
    assert len(done.vanished) == LIST_LIMIT
    certificates = done.tokens()[0][2].certificates
    assert isinstance(certificates, tuple)
    assert certificates[0].label == "x" * (TEXT_LIMIT - count) + "…" * count
    assert certificates[0].der == (None if count else "A" * BYTES_LIMIT)


def test_a_certificate_that_is_one_long_name_can_be_written_and_read_again() -> None:
    filled = utf8("/" * (SIZE_LIMIT_BYTES - 1024))
    data = Handmade(subject=sequence(attribute("2.5.4.3", filled))).der()

    content = parse(data)

    assert isinstance(content, Certificate)
    assert content.subject.first("CN") == "/" * (TEXT_LIMIT - 1) + "…"


def test_a_worker_cuts_what_a_card_says_before_it_answers() -> None:
    token = held(certificate(person()), label="/" * (TEXT_LIMIT + 1))
    answer = desk(token).tokens()[0][2]

    assert not isinstance(jobs.TOKEN.decode(jobs.encode_answer(answer)), msgspec.Raw)
    with pytest.raises(msgspec.ValidationError, match="length"):
        jobs.TOKEN.decode(jobs.encode(answer))
