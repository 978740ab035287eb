# SPDX-License-Identifier: Apache-2.0
"""What leaves a workstation holds no more of a person than the site's policy lets."""

import re
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from msgspec.structs import replace

from cardtool.fleet.sending.parcel import allowed, parcel
from cardtool.model.certificate import Certificate
from cardtool.model.snapshot import Failure, Snapshot, decode
from cardtool.model.surroundings import IdentityPolicy, Origin
from tests import desks
from tests.any_desk import SNAPSHOTS
from tests.described import FILES, read
from tests.golden import desk as golden

KEY = bytes(range(16))
PEOPLE = (desks.AYSE, desks.MEHMET, (golden.NUMBER, golden.HOLDER))
USER = "ayse.ornek"


def _origin(policy: str, user: str = USER) -> Origin:
    return Origin(host_id="ab" * 16, unit="Destek", user=user, identity=IdentityPolicy(policy))


def _sent(snapshot: Snapshot, policy: str, user: str = USER) -> bytes:
    return parcel(snapshot, _origin(policy, user), KEY)[1]


def _spellings(number: str) -> tuple[str, ...]:
    """Return how a token may write a number: digits, bytes of text, a number in hex."""
    return (
        number,
        number.encode().hex().upper(),
        number.encode("utf-16-le").hex().upper(),
        f"{int(number):010X}",
    )


def _left_in(body: bytes, *words: str) -> list[str]:
    """Return the words that a body holds, however JSON spells them."""
    text = str(msgspec.json.decode(body))
    return [each for each in words if each and each.casefold() in text.casefold()]


def _talkative(number: str, holder: str, user: str) -> Snapshot:
    """Build a desk that spells its holder's number and user's name wherever a desk can."""
    spelt = [
        replace(golden.held(golden.certificate(golden.person(holder, number))), id=spelling)
        for spelling in _spellings(number)
    ]
    return golden.desk(
        *spelt,
        label=f"KART {number}",
        serial=number,
        description=f"reader of {holder}",
        detail=f"{user}: no {number} in /home/{user}/x of {holder}",
        host=f"pc-{user}-{number}",
        path=f"/home/{user}/{number}.so",
    )


@pytest.mark.parametrize("policy", ["masked", "hashed"])
@pytest.mark.parametrize("person", PEOPLE)
def test_a_number_leaves_in_no_spelling(policy: str, person: tuple[str, str]) -> None:
    number, holder = person

    body = _sent(_talkative(number, holder, f"u{number}"), policy, f"u{number}")

    assert _left_in(body, *_spellings(number)) == []


@pytest.mark.parametrize("user", ["ayse", "ayse.ornek", "ali", "AYSE"])
def test_hashed_neither_holder_nor_user_leaves(user: str) -> None:
    snapshot = _talkative(*PEOPLE[0], user)

    body = _sent(snapshot, "hashed", user)

    assert _left_in(body, PEOPLE[0][1]) == []
    assert not re.search(rf"(?i)\b{re.escape(user)}\b", body.decode())
    origin = decode(body).origin
    assert origin is not None
    assert origin.user.startswith("~")


def test_a_user_called_like_a_reader_does_not_hide_the_reader() -> None:
    body = _sent(golden.desk(), "hashed", "reader")

    assert decode(body).readers == golden.desk().readers


def test_masked_keeps_names_and_leaves_the_certificates_bytes_behind() -> None:
    sent = decode(_sent(golden.desk(), "masked"))

    assert sent.origin == _origin("masked")
    assert _left_in(_sent(golden.desk(), "masked"), golden.HOLDER) == [golden.HOLDER]
    (object_,) = sent.tokens()[0][2].certificates  # type: ignore[misc]
    assert object_.der is None


def test_full_leaves_everything_as_it_is() -> None:
    assert decode(_sent(golden.desk(), "full")) == replace(golden.desk(), origin=_origin("full"))


@given(SNAPSHOTS)
def test_no_desk_sends_a_number_under_masked_or_hashed(snapshot: Snapshot) -> None:
    numbers = [spelling for number, _ in PEOPLE for spelling in _spellings(number)]

    assert _left_in(_sent(snapshot, "masked"), *numbers) == []
    names = [name for _, name in PEOPLE]
    assert _left_in(_sent(snapshot, "hashed"), *numbers, *names, USER) == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_no_described_desk_sends_a_person(file: Path) -> None:
    snapshot = read(file).desk()
    numbers, names = set(), set()
    for _, _, token in snapshot.tokens():
        for each in () if isinstance(token.certificates, Failure) else token.certificates:
            if isinstance(each.content, Certificate) and not each.content.is_ca:
                subject = each.content.subject
                numbers.add(subject.first("serialNumber") or "")
                names.add(subject.first("CN") or "")

    assert _left_in(_sent(snapshot, "masked"), *numbers) == []
    assert _left_in(_sent(snapshot, "hashed"), *numbers, *names) == []


def test_one_snapshot_has_one_name_and_one_line() -> None:
    name, body = parcel(golden.desk(), _origin("hashed"), KEY)
    again, _ = parcel(golden.desk(), _origin("hashed"), KEY)
    other, _ = parcel(golden.desk(host="masa-2"), _origin("hashed"), KEY)

    assert name == again != other
    assert name.startswith(f"20261123T063000.000000Z-{'ab' * 16}-")
    assert body.count(b"\n") == 1
    assert body.endswith(b"}\n")


def test_the_account_of_whoever_runs_it_leaves_neither_at_once_nor_after_waiting() -> None:
    whole = golden.desk(path="/srv/zeki.deneme/libakisp11.so")

    _, now = parcel(whole, _origin("hashed"), KEY, ("zeki.deneme",))
    name, waited = parcel(whole, _origin("full"), KEY)
    _, later = allowed(name, waited, IdentityPolicy.HASHED, KEY, ("zeki.deneme",))

    assert b"zeki" in waited
    assert b"zeki" not in now
    assert later == now
