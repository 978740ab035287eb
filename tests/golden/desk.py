# SPDX-License-Identifier: Apache-2.0
"""Desks made of whatever strings a test wants to see pass through; the people are invented."""

from datetime import UTC, datetime, timedelta, timezone

from msgspec.structs import replace

from cardtool.model.certificate import Attribute, Certificate, Name
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
from cardtool.model.surroundings import Host

ZONE = timezone(timedelta(hours=3))
AT = datetime(2026, 11, 23, 9, 30, tzinfo=ZONE)
NUMBER = "10000001990"
HOLDER = "AYŞE ÖRNEK"
SERIAL = "5A3B000000C0FFEE"
READER = "ACS ACR39U ICC Reader 00 00"
ATR = "3B9F978131FE4580655443D2210831C073F6218081055B"
_NES = ("0.4.0.1862.1.1", "2.16.792.1.61.0.1.5070.1.1")


def name(**attributes: str) -> Name:
    """Build a distinguished name."""
    return Name(attributes=tuple(Attribute(type=k, value=v) for k, v in attributes.items()))


def certificate(subject: Name, **changes: object) -> Certificate:
    """Build an NES of 1095 days that is in force at `AT`."""
    fields: dict[str, object] = {
        "issuer": name(
            C="TR", O="TÜBİTAK", CN="Kamu Elektronik Sertifika Hizmet Sağlayıcısı - Sürüm 6"
        ),
        "serial": "0102",
        "not_before_at": datetime(2025, 1, 10, 8, 0, tzinfo=UTC),
        "not_after_at": datetime(2028, 1, 10, 8, 0, tzinfo=UTC),
        "key": "ec-secp384r1",
        "signature_algorithm": "1.2.840.10045.4.3.3",
        "key_usage": ("digitalSignature", "nonRepudiation"),
        "qc_statements": _NES,
    }
    return Certificate(subject=subject, **(fields | changes))  # type: ignore[arg-type]


def person(holder: str = HOLDER, number: str = NUMBER) -> Name:
    """Build the subject of an NES."""
    return name(C="TR", serialNumber=number, CN=holder)


def held(content: Certificate | Failure, label: str = f"{NUMBER}NES0") -> CertificateObject:
    """Build a certificate as it lies on a card."""
    return CertificateObject(
        content=content, sha256="AB" * 32, label=label, id="01", der="3082" + "00" * 8
    )


def desk(
    *objects: CertificateObject,
    label: str = f"AKIS_{SERIAL}",
    serial: str = SERIAL,
    description: str = READER,
    detail: str = "",
    reader: str = READER,
    host: str = "masa-1",
    path: str = "/usr/lib/libakisp11.so",
) -> Snapshot:
    """Build a workstation with one reader, one card and one module."""
    token = Token(
        label=label,
        manufacturer="TUBITAK UEKAE",
        serial=serial,
        flags=("CKF_LOGIN_REQUIRED", "CKF_USER_PIN_INITIALIZED", "CKF_TOKEN_INITIALIZED"),
        certificates=objects or (held(certificate(person())),),
    )
    broken = Failure(api="pkcs11", name="CKR_SLOT_ID_INVALID", code=3, detail=detail)
    return Snapshot(
        taken_at=AT,
        tool="cardtool 0.1.0",
        host=Host(
            name=host,
            platform="linux",
            release="Debian GNU/Linux 12 (bookworm)",
            machine="x86_64",
            bits=64,
            python="3.11.2",
            pcscd="/usr/sbin/pcscd",
        ),
        readers=(Reader(name=reader, states=("PRESENT",), card=Card(atr=ATR)),),
        modules=(
            Module(
                path=path,
                source=Source.CATALOG,
                library=Library(format="elf", machines=("x86_64",), bits=64),
                info=ModuleInfo(description="AKIS", manufacturer="TUBITAK", version="2.5"),
                slots=(
                    Slot(id=0, description=description, reader=reader, token=token),
                    Slot(id=1, description="second slot", token=broken),
                ),
            ),
        ),
        elapsed_s=1.234,
    )


def hostile(text: str) -> Snapshot:
    """Return a desk that says a text wherever a device or a file can say one."""
    failure = Failure(api="pkcs11", name=f"CKR{text}", code=5, detail=text)
    whole = desk(
        held(certificate(person(text, f"1{text}")), label=text),
        held(certificate(name(OU=text), issuer=name(CN=text)), label=text),
        held(failure),
        label=text,
        serial=f"5{text}",
        description=text,
        reader=text,
        host=text,
        path=f"/{text}/libakisp11.so",
    )
    modules = (
        *whole.modules,
        replace(whole.modules[0], slots=failure, info=failure, library=failure),
    )
    return replace(whole, modules=modules, tool=text)
