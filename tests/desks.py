# SPDX-License-Identifier: Apache-2.0
"""Builds desks for the tests of rules, a sound one or any other, and says what was found there.

Its people are invented. Nothing here decides what a finding should be.
"""

from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from cardtool.model.certificate import Attribute, Certificate, Name
from cardtool.model.diagnosis import Finding, Severity
from cardtool.model.snapshot import (
    Card,
    CertificateObject,
    Failure,
    Library,
    Module,
    ModuleInfo,
    Reader,
    Slot,
    Snapshot,
    Source,
    Token,
)
from cardtool.model.surroundings import Host, Service, Session, UsbDevice
from cardtool.rules import diagnose
from cardtool.rules.renewal import Policy

AT = datetime(2026, 10, 1, 9, 0, tzinfo=UTC)
"""The moment the tests judge for."""

AKIS = "3B9F978131FE458065544353228231C073F62180810553"
ETOKEN = "3BD5180081313A7D8073C8211030"
TCKK_CONTACTLESS = "3B8F80018065544320141331C073F4A180810508"
BANK = "3B6500002063CB6800"
UNKNOWN = "3B0411223344"

READER = "ACS ACR39U ICC Reader 00 00"
SECOND = "udea MILKO V1. 01 00"

AKISP11 = "/usr/lib/libakisp11.so"
OPENSC = "/usr/lib/x86_64-linux-gnu/opensc-pkcs11.so"

QC = "0.4.0.1862.1.1"
LAW_5070 = "2.16.792.1.61.0.1.5070.1.1"
SEAL = "2.16.792.1.61.0.1.5070.1.3"

AYSE = ("10000000146", "AYŞE ÖRNEK")
MEHMET = ("10000001372", "MEHMET ÖRNEK")

HOST = Host(
    name="masa-17",
    platform="linux",
    release="Debian GNU/Linux 12",
    machine="x86_64",
    bits=64,
    python="3.11.2",
    pcscd="/usr/sbin/pcscd",
)

GONE = Failure(api="pcsc", name="SCARD_E_NO_SERVICE", code=0x8010001D)
HUNG = Failure(api="worker", name="TIMEOUT", detail="no answer in 3.0 s")
CRASHED = Failure(api="worker", name="SIGSEGV", code=11)
BUG = Failure(api="worker", name="BUG", detail="Traceback ...")
REFUSED = Failure(api="pkcs11", name="CKR_GENERAL_ERROR", code=5)
NOT_RECOGNISED = Failure(api="pkcs11", name="CKR_TOKEN_NOT_RECOGNIZED", code=0xE1)
HELD = Failure(api="pcsc", name="SCARD_E_SHARING_VIOLATION", code=0x8010000B)
DEVICE_ERROR = Failure(api="pkcs11", name="CKR_DEVICE_ERROR", code=0x30)
NO_FILE = Failure(api="os", name="ENOENT", code=2)
MUTE = Failure(api="pcsc", name="SCARD_STATE_MUTE", code=512)
UNPARSABLE = Failure(api="x509", name="ValueError", detail="error parsing asn1 value")


def nes(
    *,
    person: tuple[str, str] = AYSE,
    begins_at: datetime = AT - timedelta(days=500),
    ends_at: datetime = AT + timedelta(days=595),
    statements: tuple[str, ...] = (QC, LAW_5070),
    serial: str = "0A1B2C3D",
    is_ca: bool = False,
) -> Certificate:
    """Make an NES of the current profile, or something near it."""
    number, name = person
    subject = (("C", "TR"), ("serialNumber", number), ("CN", name))
    issuer = (("C", "TR"), ("CN", "Kamu Elektronik Sertifika Hizmet Sağlayıcısı - Sürüm 6"))
    return Certificate(
        subject=Name(attributes=tuple(Attribute(type=k, value=v) for k, v in subject)),
        issuer=Name(attributes=tuple(Attribute(type=k, value=v) for k, v in issuer)),
        serial=serial,
        not_before_at=begins_at,
        not_after_at=ends_at,
        key="ec-secp384r1",
        signature_algorithm="1.2.840.10045.4.3.3",
        is_ca=is_ca,
        key_usage=("digitalSignature", "nonRepudiation"),
        qc_statements=statements,
    )


def authority() -> Certificate:
    """Make the certificate of an authority, as cards carry it beside the NES."""
    name = Name(attributes=(Attribute(type="CN", value="Kök Sertifika Hizmet Sağlayıcısı"),))
    whole = nes(statements=(), is_ca=True, serial="01")
    return replace(whole, subject=name, issuer=name, key_usage=("keyCertSign", "cRLSign"))


def stored(content: Certificate | Failure, sha256: str = "") -> CertificateObject:
    """Lay a certificate on a token."""
    fingerprint = sha256 or (content.serial if isinstance(content, Certificate) else "FF") * 8
    return CertificateObject(content=content, sha256=fingerprint[:64])


def token(
    *contents: Certificate | Failure,
    label: str = "AKIS_00A1B2C3D4E5F607",
    flags: tuple[str, ...] = ("CKF_LOGIN_REQUIRED", "CKF_USER_PIN_INITIALIZED"),
) -> Token:
    """Make a token with certificates."""
    return Token(
        label=label,
        manufacturer="TUBITAK UEKAE",
        model="AKIS",
        serial=label[-16:],
        flags=flags,
        certificates=tuple(stored(each) for each in contents),
    )


def slot(content: Token | Failure | None, reader: str | None = READER, *, slot_id: int = 0) -> Slot:
    """Make a slot; without a reader it describes itself."""
    return Slot(id=slot_id, description=reader or "SoftHSM slot", reader=reader, token=content)


def module(
    *slots: Slot,
    path: str = AKISP11,
    source: Source = Source.CATALOG,
    machine: str = "x86_64",
    failure: Failure | None = None,
    size_bytes: int = 0,
) -> Module:
    """Make a module that was loaded, or that failed when it should have been."""
    bits = 32 if machine == "i386" else 64
    return Module(
        path=path,
        source=source,
        library=Library(format="elf", machines=(machine,), bits=bits, size_bytes=size_bytes),
        info=failure or ModuleInfo(description="AKIS", manufacturer="TUBITAK", version="2.7"),
        slots=failure or slots,
    )


def unloaded(
    path: str = AKISP11, *, source: Source = Source.CATALOG, machine: str = "x86_64"
) -> Module:
    """Make a module that was found and not loaded."""
    return replace(module(path=path, source=source, machine=machine), info=None, slots=None)


def fileless(path: str, failure: Failure = NO_FILE, source: Source = Source.CONFIGURED) -> Module:
    """Make a module whose file is not what it should be."""
    return Module(path=path, source=source, library=failure)


def reader(
    atr: str | None = AKIS,
    name: str = READER,
    *,
    card: Failure | None = None,
    states: tuple[str, ...] = (),
    changes: int = 0,
    connection: Failure | None = None,
    differs: bool = False,
) -> Reader:
    """Make a reader with a card, without one (`atr` None), or with one that does not answer."""
    inside = card or (None if atr is None else Card(atr=atr))
    said = states or (("EMPTY",) if inside is None else ("PRESENT",))
    return Reader(
        name=name,
        states=said,
        card=inside,
        event_count=1,
        changes=changes,
        connection=connection,
        differs=differs,
    )


def usb(
    device_id: str = "072F:B100",
    *,
    name: str = "ACR39U ICC Reader",
    maker: str = "ACS",
    classes: tuple[str, ...] = ("0B",),
    drivers: tuple[str, ...] | None = ("ifd-ccid 1.5.2",),
    problem: int | None = None,
    allowed: bool = True,
    asleep: bool = False,
) -> UsbDevice:
    """Plug in a device, the reader of a sound desk unless told otherwise."""
    vendor, _, product = device_id.partition(":")
    return UsbDevice(
        vendor=vendor,
        product=product,
        maker=maker,
        name=name,
        classes=classes,
        port=f"1-{product}",
        drivers=drivers,
        problem=problem,
        allowed=allowed,
        asleep=asleep,
    )


def windows(*services: Service, session: Session | None = None) -> Host:
    """Make a machine with Windows."""
    return replace(
        HOST,
        platform="win32",
        release="Windows 11",
        pcscd=None,
        services=services,
        session=session or Session(id=1),
    )


def desk(
    readers: tuple[Reader, ...] | Failure | None = None,
    modules: tuple[Module, ...] | None = None,
    host: Host = HOST,
) -> Snapshot:
    """Make a desk, a sound one in every part that is not given."""
    return Snapshot(
        taken_at=AT,
        tool="cardtool 0.1.0",
        host=host,
        readers=(reader(),) if readers is None else readers,
        modules=(module(slot(token(nes(), authority()))),) if modules is None else modules,
        elapsed_s=0.7,
        usb=() if readers == () else None,
    )


def codes(snapshot: Snapshot, at: datetime = AT, policy: Policy | None = None) -> list[str]:
    """Return the codes of the findings that are not all well."""
    found = diagnose(snapshot, at, policy or Policy()).findings
    return [each.code for each in found if each.severity is not Severity.OK]


def only(snapshot: Snapshot, code: str, at: datetime = AT) -> Finding:
    """Return the one finding of a code."""
    (found,) = (each for each in diagnose(snapshot, at).findings if each.code == code)
    return found


def holding(*contents: Certificate | Failure) -> Snapshot:
    """Make a desk whose card holds these certificates."""
    return desk(modules=(module(slot(token(*contents))),))
