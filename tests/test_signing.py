# SPDX-License-Identifier: Apache-2.0
"""What `sign-test` decides without a card: who signs, how, and whether the PIN may be tried."""

import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, load_der_private_key
from cryptography.x509.oid import NameOID
from msgspec.structs import replace
from pkcs11 import KeyType, Mechanism

from cardtool.cli import main
from cardtool.model.certificate import Certificate
from cardtool.model.snapshot import (
    Card,
    CertificateObject,
    Library,
    Module,
    Reader,
    Slot,
    Snapshot,
    Source,
    Token,
)
from cardtool.model.surroundings import Host
from cardtool.probe import certificate
from cardtool.probe.signing import Challenge
from cardtool.probe.signing_jobs import environment
from cardtool.rules import diagnose
from cardtool.rules.signing import (
    Candidate,
    candidates,
    deciding,
    is_spied_on,
    pin_state,
    with_flags,
)
from tests.rig import certificates
from tests.rig.card import AKIS_CURRENT_ATR, AKIS_V1_ATR

SOURCES = Path(__file__).parent.parent / "cardtool"
AT = datetime(2026, 6, 1, 9, tzinfo=UTC)
READY = ("CKF_LOGIN_REQUIRED", "CKF_USER_PIN_INITIALIZED", "CKF_TOKEN_INITIALIZED")
EVERY = frozenset(Mechanism)
BANK_ATR = "3B6500002063CB6800"


def _nes(*, name: str = "Gülşen İĞNECİ", number: int = 42, days_left: int = 400) -> bytes:
    end = AT + timedelta(days=days_left)
    return certificates.nes(
        name=name,
        number=certificates.tckn(number),
        not_before=end - timedelta(days=1095),
        not_after=end,
    )


def _token(*ders: bytes, flags: tuple[str, ...] = READY) -> Token:
    return Token(
        label="AKIS_0A1B",
        flags=flags,
        certificates=tuple(
            CertificateObject(
                content=certificate.parse(der),
                sha256=hashlib.sha256(der).hexdigest().upper(),
                der=der.hex().upper(),
            )
            for der in ders
        ),
    )


def _desk(tokens: Iterable[Token], *, atr: str | None = AKIS_CURRENT_ATR.hex()) -> Snapshot:
    """Make a desk with a reader for each token; without an ATR, tokens without readers."""
    listed = tuple(tokens)
    name = "Reader {} 00 00".format
    module = Module(
        path="/usr/lib/libakisp11.so",
        source=Source.CONFIGURED,
        library=Library(format="elf", machines=("x86_64",), bits=64),
        slots=tuple(
            Slot(id=place, description=name(place), reader=name(place) if atr else None, token=each)
            for place, each in enumerate(listed)
        ),
    )
    return Snapshot(
        taken_at=AT,
        tool="cardtool 0",
        host=Host(
            name="h", platform="linux", release="r", machine="x86_64", bits=64, python="3.11"
        ),
        readers=tuple(
            Reader(name=name(place), states=("PRESENT",), card=Card(atr=atr.upper()))
            for place in range(len(listed))
        )
        if atr
        else (),
        modules=(module,),
    )


def _found(desk: Snapshot, *, asked_for: bool = False) -> list[str]:
    return [
        each.certificate.subject.first("CN") or ""
        for each in candidates(desk, AT, asked_for=asked_for)
    ]


def test_each_nes_in_force_can_sign_and_no_other() -> None:
    expired, waiting = _nes(days_left=-1), _nes(days_left=1200)
    desk = _desk([_token(expired, _nes(), certificates.ca().der), _token(waiting)])

    assert _found(desk) == ["Gülşen İĞNECİ"]


def test_an_nes_that_two_modules_read_can_sign_once() -> None:
    desk = _desk([_token(_nes())], atr=None)
    again = replace(desk.modules[0], path="/opt/other.so")

    assert _found(replace(desk, modules=(*desk.modules, again)), asked_for=True) == [
        "Gülşen İĞNECİ"
    ]


def test_a_token_without_a_reader_signs_only_where_its_module_was_asked_for() -> None:
    desk = _desk([_token(_nes())], atr=None)

    assert _found(desk) == []
    assert _found(desk, asked_for=True) == ["Gülşen İĞNECİ"]


@pytest.mark.parametrize("asked_for", [True, False])
def test_a_card_that_is_not_for_signing_is_never_asked_to(*, asked_for: bool) -> None:
    desk = _desk([_token(_nes())], atr=BANK_ATR)

    assert _found(desk, asked_for=asked_for) == []


def test_a_token_of_a_maker_whose_driver_is_not_known_is_asked_to() -> None:
    desk = _desk([_token(_nes())], atr="3b9f958131fe9f006646530501001171df000006000015")

    assert _found(desk) == ["Gülşen İĞNECİ"]


_STATES = [
    (READY, True, False),
    ((*READY, "CKF_USER_PIN_COUNT_LOW"), True, True),
    ((*READY, "CKF_USER_PIN_FINAL_TRY"), True, True),
    ((*READY, "CKF_SO_PIN_LOCKED"), True, True),
    ((*READY, "CKF_USER_PIN_LOCKED"), False, False),
    ((*READY, "CKF_USER_PIN_LOCKED", "CKF_USER_PIN_FINAL_TRY"), False, False),
    ((*READY, "CKF_USER_PIN_TO_BE_CHANGED"), False, False),
    ((*READY, "CKF_USER_PIN_TO_BE_CHANGED", "CKF_USER_PIN_FINAL_TRY"), False, False),
    (("CKF_LOGIN_REQUIRED", "CKF_USER_PIN_COUNT_LOW"), False, False),
    (("CKF_LOGIN_REQUIRED",), False, False),
    ((), False, False),
]


def _only(flags: tuple[str, ...]) -> tuple[Snapshot, Candidate]:
    desk = _desk([_token(_nes(), flags=flags)])
    (chosen,) = candidates(desk, AT, asked_for=False)
    return desk, chosen


@pytest.mark.parametrize(("flags", "usable", "risky"), _STATES)
def test_a_pin_may_be_tried_only_where_its_state_allows(
    flags: tuple[str, ...], *, usable: bool, risky: bool
) -> None:
    state = pin_state(_only(flags)[1])

    assert state.usable is usable
    assert usable is False or state.risky is risky
    assert state.is_well is (usable and not risky)


def test_the_state_after_a_wrong_pin_decides_the_diagnosis() -> None:
    desk, chosen = _only(READY)

    now, changed = with_flags(desk, chosen, (*READY, "CKF_USER_PIN_LOCKED"))
    judged = deciding(diagnose(now, AT), changed)

    assert judged.verdict == "pin-locked"
    assert judged.severity.exit_status == 2
    assert [each.code for each in judged.findings].count("pin-locked") == 1
    (found,) = (each for each in judged.findings if each.code == "nes-found")
    facts = {"reader": "Reader 0 00 00", "holder": found.facts["holder"], "label": "AKIS_0A1B"}
    assert judged.deciding.facts == facts
    assert judged.todo == ("pin-locked",)
    assert (changed.slot, changed.token) in [(slot, token) for _, slot, token in now.tokens()]


def test_a_puk_that_is_locked_decides_where_the_pin_is_well() -> None:
    desk, chosen = _only((*READY, "CKF_SO_PIN_LOCKED"))

    assert deciding(diagnose(desk, AT), chosen).verdict == "puk-locked"


def _key(kind: certificates.KeyKind) -> rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey:
    key = load_der_private_key(certificates.private_key(kind), None)
    assert isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey)
    return key


def _certificate(
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey,
) -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Deneme")])
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(AT)
        .not_valid_after(AT + timedelta(days=1))
    )
    algorithm = None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    return builder.sign(key, algorithm).public_bytes(Encoding.DER)


def _as_card_does(
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, mechanism: Mechanism, data: bytes
) -> bytes:
    if isinstance(key, rsa.RSAPrivateKey):
        if mechanism is Mechanism.SHA256_RSA_PKCS:
            return key.sign(data, padding.PKCS1v15(), hashes.SHA256())
        numbers = key.private_numbers()
        size = key.key_size // 8
        block = b"\x00\x01" + b"\xff" * (size - 3 - len(data)) + b"\x00" + data
        modulus = numbers.public_numbers.n
        return pow(int.from_bytes(block), numbers.d, modulus).to_bytes(size)
    long = hashes.SHA384() if key.key_size >= 384 else hashes.SHA256()
    is_digest = mechanism is Mechanism.ECDSA
    der = key.sign(data, ec.ECDSA(Prehashed(long) if is_digest else long))
    size = (key.key_size + 7) // 8
    return b"".join(each.to_bytes(size) for each in decode_dss_signature(der))


_KEYS = {
    "rsa-2048": (_key("rsa"), [Mechanism.SHA256_RSA_PKCS, Mechanism.RSA_PKCS]),
    "p-384": (_key("ec"), [Mechanism.ECDSA, Mechanism.ECDSA_SHA384]),
    "p-256": (ec.generate_private_key(ec.SECP256R1()), [Mechanism.ECDSA, Mechanism.ECDSA_SHA256]),
}


@pytest.mark.parametrize(("key", "mechanisms"), _KEYS.values(), ids=_KEYS)
def test_every_way_of_signing_verifies(
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, mechanisms: list[Mechanism]
) -> None:
    challenge = Challenge(_certificate(key))

    choices = challenge.choices(EVERY)

    assert [mechanism for mechanism, _ in choices] == mechanisms
    for mechanism, data in choices:
        signature = _as_card_does(key, mechanism, data)
        assert challenge.is_signed(signature)
        assert not challenge.is_signed(signature[:-1] + bytes([signature[-1] ^ 1]))
        assert not challenge.is_signed(b"")
        assert not Challenge(_certificate(key)).is_signed(signature)


@pytest.mark.parametrize(("key", "mechanisms"), _KEYS.values(), ids=_KEYS)
def test_what_the_token_does_not_offer_is_not_chosen(
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, mechanisms: list[Mechanism]
) -> None:
    challenge = Challenge(_certificate(key))

    assert [each for each, _ in challenge.choices({mechanisms[1], 0x80000001})] == mechanisms[1:]
    assert challenge.choices([Mechanism.SHA_1]) == ()


def test_a_modulus_tells_an_rsa_key_from_another() -> None:
    key = _key("rsa")
    assert isinstance(key, rsa.RSAPrivateKey)
    challenge = Challenge(_certificate(key))
    modulus = key.public_key().public_numbers().n.to_bytes(256)

    assert challenge.key_type is KeyType.RSA
    assert challenge.has_modulus(modulus) is True
    assert challenge.has_modulus(b"\x00" + modulus) is True
    assert challenge.has_modulus(modulus[:-1] + b"\x00") is False
    assert challenge.has_modulus(None) is None
    assert Challenge(_certificate(_key("ec"))).has_modulus(modulus) is None


@pytest.mark.parametrize(
    "der", [b"", b"\x30\x00", _certificate(ed25519.Ed25519PrivateKey.generate())]
)
def test_a_certificate_whose_key_is_of_another_kind_is_refused(der: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        Challenge(der)


def _files_with(pattern: str) -> set[str]:
    return {
        path.relative_to(SOURCES).as_posix()
        for path in SOURCES.rglob("*.py")
        if re.search(pattern, path.read_text("utf-8"))
    }


def test_no_other_part_of_the_program_logs_in() -> None:
    """Three wrong PINs lock a card: whoever may try one is written down in one file."""
    logging_in = _files_with(r"user_pin|so_pin|reaffirm_credentials|\bC_Login\(")
    asking_unseen = _files_with(r"getpass\.getpass|from getpass|hide_input")

    assert logging_in == {"probe/signing.py"}
    # asking.py for the PIN; people.py for the number of a person whom the store has
    assert asking_unseen == {"cli/asking.py", "cli/people.py"}
    source = (SOURCES / "probe/signing.py").read_text("utf-8")
    assert source.count("user_pin=") == 1


def test_opensc_is_loaded_as_it_was_for_the_look(monkeypatch: pytest.MonkeyPatch) -> None:
    """With other readers in sight it would number its slots in another way."""
    for name in ("OPENSC_CONF", "OPENSC_DRIVER"):
        monkeypatch.delenv(name, raising=False)
    module = Module(
        path="/usr/lib/opensc-pkcs11.so",
        source=Source.CATALOG,
        library=Library(format="elf", machines=("x86_64",), bits=64),
    )
    seats = (("Reader A 00 00", AKIS_V1_ATR.hex().upper()), ("Reader B 00 00", BANK_ATR))
    readers = tuple(Reader(name=name, card=Card(atr=atr)) for name, atr in seats)
    snapshot = replace(_desk([]), readers=readers, modules=(module,))

    with environment(module, snapshot) as settings:
        assert settings["OPENSC_DRIVER"] == "akis"
        assert 'ignored_readers = "Reader B 00 00";' in Path(settings["OPENSC_CONF"]).read_text()
    with environment(replace(module, path="/usr/lib/libakisp11.so"), snapshot) as settings:
        ours = Path(settings["OPENSC_CONF"]).read_text()
    assert list(settings) == ["OPENSC_CONF"]
    assert "debug = 0;" in ours


def test_a_configuration_of_the_persons_own_is_not_used_where_a_pin_is(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("OPENSC_CONF", str(tmp_path / "own.conf"))
    module = replace(_desk([]).modules[0], path="/usr/lib/opensc-pkcs11.so")

    with environment(module, _desk([])) as settings:
        assert "debug = 0;" in Path(settings["OPENSC_CONF"]).read_text()


_HUSHED = """
import os
from cardtool.probe.signing_jobs import remove_logging_variables
remove_logging_variables()
print(sorted(set(os.environ) & {"OPENSC_DEBUG", "OPENSC_CONF", "PKCS11SPY_OUTPUT", "DISPLAY"}))
"""


def test_nothing_makes_a_library_write_down_what_it_is_given() -> None:
    names = ("OPENSC_DEBUG", "OPENSC_CONF", "PKCS11SPY_OUTPUT", "DISPLAY")
    done = subprocess.run(
        [sys.executable, "-c", _HUSHED],
        env={**os.environ, **dict.fromkeys(names, "9")},
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout == "['DISPLAY']\n"


@pytest.mark.parametrize(
    ("flag", "usable"), [("CKF_USER_PIN_LOCKED", False), ("CKF_USER_PIN_FINAL_TRY", True)]
)
def test_what_another_driver_says_of_the_pin_counts(flag: str, *, usable: bool) -> None:
    der = _nes()
    desk, other = _desk([_token(der)]), _desk([_token(der, flags=(*READY, flag))])
    both = replace(
        desk, modules=(*desk.modules, replace(other.modules[0], path="/usr/lib/opensc-pkcs11.so"))
    )

    (chosen,) = candidates(both, AT, asked_for=False)
    state = pin_state(chosen)

    assert chosen.token.flags == READY
    assert (state.usable, state.is_well) == (usable, False)
    assert deciding(diagnose(both, AT), chosen).verdict == (
        "pin-final-try" if usable else "pin-locked"
    )


def test_a_spy_is_known_and_another_driver_is_taken_before_it() -> None:
    desk = _desk([_token(_nes())])
    spy = replace(desk.modules[0], path="/usr/lib/pkcs11-spy.so")

    (alone,) = candidates(replace(desk, modules=(spy,)), AT, asked_for=True)
    (beside,) = candidates(replace(desk, modules=(spy, *desk.modules)), AT, asked_for=True)

    assert is_spied_on(alone)
    assert not is_spied_on(beside)


@pytest.mark.parametrize(
    ("part", "signs"), [("version", False), ("extensions", False), ("subject", True)]
)
def test_a_certificate_that_could_verify_nothing_is_not_asked_to_sign(
    part: str, *, signs: bool
) -> None:
    token = _token(_nes())
    assert isinstance(token.certificates, tuple)
    (stored,) = token.certificates
    assert isinstance(stored.content, Certificate)
    hurt = replace(stored, content=replace(stored.content, unreadable=(part,)))
    desk = _desk([replace(token, certificates=(hurt,))])
    judged = diagnose(desk, AT)
    codes = {each.code for each in judged.findings}

    assert bool(_found(desk)) is signs
    assert ("desk-ready" in codes) is signs
    assert ("nes-broken" in codes) is not signs
    assert (judged.verdict == "nes-broken") is not signs


def test_a_certificate_of_a_version_that_does_not_exist_is_refused_as_any_other() -> None:
    der = _certificate(_key("rsa"))
    assert der.count(b"\xa0\x03\x02\x01\x02") == 1

    with pytest.raises(ValueError, match="version"):
        Challenge(der.replace(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x09"))


_DUMP = """
import ctypes, resource
from cardtool.probe.signing_jobs import keep_out_of_core
keep_out_of_core()
print(resource.getrlimit(resource.RLIMIT_CORE), ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))
"""
"""Source: prctl(2), PR_GET_DUMPABLE is 3."""


def test_no_dump_of_memory_is_written_where_a_pin_is() -> None:
    done = subprocess.run([sys.executable, "-c", _DUMP], capture_output=True, text=True, check=True)

    assert done.stdout == "(0, 0) 0\n"


def test_a_pin_is_taken_from_no_pipe() -> None:
    told = CliRunner().invoke(main, ["sign-test", "--lang", "en"], input="123456\n")

    assert told.exit_code == 3
    assert "terminal" in told.stderr
    assert told.stdout == ""


_ASKS_UNSEEN = """
from cardtool.cli.asking import ask_unseen
from cardtool.cli.refusal import Refusal
try:
    ask_unseen("PIN")
except Refusal as refusal:
    print(type(refusal.__context__).__name__, refusal.message)
"""


def test_what_is_no_text_is_refused_as_a_pin_and_not_repeated() -> None:
    """In the locale C a terminal's odd bytes are text that cannot be written."""
    if sys.platform == "win32":
        raise NotImplementedError
    ours, theirs = os.openpty()
    with subprocess.Popen(
        [sys.executable, "-c", _ASKS_UNSEEN],
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        env={**os.environ, "PYTHONIOENCODING": "utf-8:surrogateescape", "CARDTOOL_LANG": "en"},
    ) as asking:
        assert asking.stdout is not None
        assert asking.stderr is not None
        assert asking.stderr.read(5) == b"PIN: "
        os.write(ours, b"12\xff34\n")
        said, complained = asking.stdout.read().decode(), asking.stderr.read()
    os.close(ours)
    os.close(theirs)

    assert said.startswith("UnicodeEncodeError What was typed")
    assert b"12" not in complained


def test_a_worker_without_a_whole_pin_tries_nothing() -> None:
    """Its input ended in the middle of the line: whoever asked has died."""
    done = subprocess.run(
        [sys.executable, "-P", "-m", "cardtool", "worker", "sign"],
        input=b'5 {"type":"sign","path":"/none.so","slot_id":0,"flags":[],"sha256":""}\n1234',
        capture_output=True,
        check=True,
    )

    assert b"1234" not in done.stdout + done.stderr
    assert b"no whole PIN came" in done.stdout


@pytest.mark.parametrize("question", [b"", b"{}", b"nonsense", b'{"type":"sign"}'])
def test_a_question_that_cannot_be_read_leaves_no_pin_behind(question: bytes) -> None:
    done = subprocess.run(
        [sys.executable, "-P", "-m", "cardtool", "worker", "sign"],
        input=b"5 " + question + b"\ngizli7391pin\n",
        capture_output=True,
        check=True,
    )

    assert b"BUG" in done.stdout
    assert done.stdout.count(b"\n") == 1
    assert b"gizli" not in done.stdout + done.stderr


def test_new_flags_of_one_token_leave_the_other_modules_as_they_are() -> None:
    desk, chosen = _only(READY)
    other = replace(chosen.module, path="/usr/lib/other.so", slots=())
    both = replace(desk, modules=(other, *desk.modules))

    now, _ = with_flags(both, chosen, (*READY, "CKF_USER_PIN_LOCKED"))

    assert now.modules[0] == other
    assert now.modules[1:] != desk.modules
