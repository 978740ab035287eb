# SPDX-License-Identifier: Apache-2.0
"""Strategies for any desk that can be decoded, likely values before unlikely ones.

Holds no test: what holds for all of them is in `test_rules_properties`.
"""

from datetime import UTC, timedelta, timezone

from hypothesis import strategies as st
from msgspec.structs import replace

from cardtool.model.certificate import Certificate
from cardtool.model.snapshot import (
    Card,
    CertificateObject,
    Failure,
    LastGood,
    Library,
    Module,
    Reader,
    Slot,
    Snapshot,
    Source,
    Token,
)
from cardtool.model.surroundings import Driver, Process, Service, Session, UsbDevice
from cardtool.model.trust import Attempt, Status, Trust
from tests import desks

NAMES = st.sampled_from([desks.READER, desks.SECOND, "Windows Hello for Business 1"]) | st.text(
    max_size=6
)
ATRS = st.sampled_from([desks.AKIS, desks.ETOKEN, desks.TCKK_CONTACTLESS, desks.BANK, "", "zz"])
PATHS = st.sampled_from(
    [desks.AKISP11, desks.OPENSC, "C:\\Windows\\System32\\akisp11.dll", "/x/libeTPkcs11.so", ""]
)
ZONES = st.sampled_from([UTC, timezone(timedelta(hours=14)), timezone(timedelta(hours=-12))])
MOMENTS = st.just(desks.AT) | st.datetimes(timezones=ZONES)

FAILURES = st.sampled_from(
    [
        desks.GONE,
        desks.HUNG,
        desks.CRASHED,
        desks.REFUSED,
        desks.NOT_RECOGNISED,
        desks.DEVICE_ERROR,
        desks.NO_FILE,
        desks.MUTE,
        desks.UNPARSABLE,
        Failure(api="pkcs11", name="CKR_TOKEN_NOT_PRESENT", code=0xE0),
        Failure(api="pcsc", name="SCARD_W_SECURITY_VIOLATION", code=0x8010006A),
        Failure(api="pcsc", name="SCARD_STATE_PRESENT", code=32),
        Failure(api="pcsc", name="SCARD_E_PROTO_MISMATCH", code=0x8010000F),
        desks.HELD,
    ]
)
"""What the world does. A fault of ours (`desks.BUG`) says nothing about the desk."""

ANY_FAILURES = (
    FAILURES
    | st.just(desks.BUG)
    | st.builds(
        Failure, api=st.text(max_size=6), name=st.text(max_size=6), code=st.none() | st.integers()
    )
)


@st.composite
def certificates(draw: st.DrawFn) -> Certificate:
    statements = [desks.QC, desks.LAW_5070, desks.SEAL]
    return replace(
        desks.nes(
            person=draw(st.sampled_from([desks.AYSE, desks.MEHMET, ("", "")])),
            statements=tuple(draw(st.lists(st.sampled_from(statements), unique=True))),
        ),
        not_before_at=draw(MOMENTS),
        not_after_at=draw(MOMENTS),
        is_ca=draw(st.booleans()),
    )


OBJECTS = st.builds(
    CertificateObject, content=certificates() | ANY_FAILURES, sha256=st.sampled_from(["", "AB"])
)
FLAGS = st.lists(st.sampled_from(["CKF_USER_PIN_LOCKED", "CKF_USER_PIN_INITIALIZED", "0x1"]))
TOKENS = st.builds(
    Token,
    label=st.text(max_size=6),
    flags=FLAGS.map(tuple),
    certificates=st.lists(OBJECTS, max_size=3).map(tuple) | ANY_FAILURES,
)
SLOTS = st.builds(
    Slot,
    id=st.integers(0, 3),
    description=st.text(max_size=6),
    reader=st.none() | NAMES,
    token=st.none() | TOKENS | ANY_FAILURES,
)
LIBRARIES = st.builds(
    Library,
    format=st.just("elf"),
    machines=st.sampled_from([("x86_64",), ("i386",), ("i386", "x86_64"), ()]),
    bits=st.sampled_from([32, 64]),
)
MODULES = st.builds(
    Module,
    path=PATHS,
    source=st.sampled_from(Source),
    library=LIBRARIES | ANY_FAILURES,
    info=st.none() | st.just(desks.module().info) | ANY_FAILURES,
    slots=st.none() | st.lists(SLOTS, max_size=3).map(tuple) | ANY_FAILURES,
)
READERS = st.builds(
    Reader,
    name=NAMES,
    states=st.lists(st.sampled_from(["MUTE", "EXCLUSIVE", "EMPTY", "x"])).map(tuple),
    card=st.none() | st.builds(Card, atr=ATRS) | ANY_FAILURES,
    changes=st.integers(-1, 3),
    connection=st.none() | ANY_FAILURES,
)
DEVICES = st.builds(
    UsbDevice,
    vendor=st.sampled_from(["072F", "058F", "2A17", "1050"]),
    product=st.sampled_from(["B100", "9000", "9540", "0001"]),
    maker=st.text(max_size=4),
    name=st.sampled_from(["ACR39U ICC Reader", "MILKO", "", "USB Reader"]) | st.text(max_size=4),
    classes=st.sampled_from([(), ("0B",), ("03",), ("03", "0B")]),
    drivers=st.sampled_from([None, (), ("ccid 1.5.2",), ("ccid 1.5.2", "acsccid 1.1.10")]),
    problem=st.none() | st.sampled_from([0, 10, 22, 28, -1]),
    allowed=st.booleans(),
    asleep=st.booleans(),
)
SERVICES = st.builds(
    Service,
    name=st.sampled_from(["SCardSvr", "ScDeviceEnum", "pcscd.socket", "pcscd.service", ""]),
    state=st.sampled_from(["running", "stopped", "active", ""]),
    start=st.sampled_from(["automatic", "disabled", "enabled", "masked", ""]),
)
SESSIONS = st.builds(
    Session,
    id=st.none() | st.integers(0, 2),
    marks=st.lists(st.sampled_from(["ssh", "rdp", "container", "flatpak", "snap", "x"])).map(tuple),
)
LAST_GOOD = st.builds(
    LastGood,
    taken_at=MOMENTS,
    release=st.sampled_from([desks.HOST.release, "other", ""]),
    readers=st.lists(NAMES, max_size=2).map(tuple),
    modules=st.dictionaries(st.sampled_from(["libakisp11.so", "akisp11.dll"]), st.text(max_size=3)),
)
STATUSES = st.builds(
    Status,
    source=st.sampled_from(["ocsp", "crl"]),
    url=st.text(max_size=4),
    status=st.sampled_from(["good", "revoked", "suspended", "unknown"]),
    said_at=MOMENTS,
    revoked_at=st.none() | MOMENTS,
    reason=st.sampled_from(["", "certificateHold", "keyCompromise"]),
)
TRUST = st.builds(
    Trust,
    sha256=st.sampled_from(["", "AB"]),
    asked_at=MOMENTS,
    chain=st.sampled_from([(), ("AB",), ("AB", "CD")]),
    anchor=st.sampled_from(["", "kamusm-root-6", "x"]),
    problem=st.sampled_from(["", "BAD_SIGNATURE", "NOT_PINNED", "NO_ISSUER", "x"]),
    status=st.none() | STATUSES,
    attempts=st.lists(st.builds(Attempt, url=NAMES, name=st.text(max_size=4))).map(tuple),
)
SNAPSHOTS = st.builds(
    Snapshot,
    taken_at=st.just(desks.AT) | MOMENTS,
    tool=st.text(max_size=4),
    host=st.builds(
        replace,
        st.just(desks.HOST),
        platform=st.sampled_from(["linux", "win32", "darwin", ""]),
        machine=st.sampled_from(["x86_64", "i386", ""]),
        pcscd=st.none() | st.just("/usr/sbin/pcscd"),
        pcsc_socket=st.none() | st.just("/run/pcscd/pcscd.comm"),
        pcsc_drivers=st.just(()) | st.just((Driver(name="ccid", version="1.5.2"),)),
        services=st.lists(SERVICES, max_size=3).map(tuple),
        session=SESSIONS,
    ),
    readers=st.lists(READERS, max_size=3).map(tuple) | ANY_FAILURES,
    modules=st.lists(MODULES, max_size=3).map(tuple),
    usb=st.none() | st.lists(DEVICES, max_size=3).map(tuple) | ANY_FAILURES,
    vanished=st.lists(NAMES, max_size=2).map(tuple),
    clients=st.none() | st.lists(st.builds(Process, pid=st.just(7), name=NAMES)).map(tuple),
    built_at=st.none() | MOMENTS,
    trust=st.none() | st.lists(TRUST, max_size=2).map(tuple),
    last_good=st.none() | LAST_GOOD,
)
