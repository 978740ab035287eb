# SPDX-License-Identifier: Apache-2.0
"""Certificate files and other programs' output become snapshots with the parts that they have."""

import base64
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    pkcs7,
    pkcs12,
)

from cardtool import catalog
from cardtool.cli import main
from cardtool.model.snapshot import Card, Token, decode, encode
from cardtool.probe import pasted
from cardtool.probe.pasted.files import kind
from tests.real.desks import nes

AT = datetime(2026, 10, 1, 9, tzinfo=UTC)
ATR = next(card.atrs[0] for card in catalog.load().cards if card.atrs and card.holds == "nes")
PAIRS = " ".join(ATR[n : n + 2] for n in range(0, len(ATR), 2))
READER = "ACS ACR39U ICC Reader 00 00"

PCSC_SCAN = f"""PC/SC device scanner
Using reader plug'n play mechanism
\x1b[34mScanning present readers...\x1b[0m
0: {READER}

Sun Nov 29 09:00:00 2026
 Reader 0: {READER}
  Event number: 0
  Card state: \x1b[31mCard inserted, Shared Mode, \x1b[0m
  ATR: \x1b[35m{PAIRS}\x1b[0m
"""

OPENSC_LIST = (
    f"# Detected readers (pcsc)\nNr.  Card  Features  Name\n0    Yes             {READER}\n"
)

OPENSC_ATR = f"Using reader with a card: {READER}\n{PAIRS.lower().replace(' ', ':')}\n"

PKCS11 = f"""Available slots:
Slot 0 (0x0): {READER}
  token label        : AKIS
  token manufacturer : TUBITAK
  token model        : AKIS
  token flags        : login required, rng, token initialized, PIN initialized, user PIN locked
  hardware version   : 1.0
  serial num         : 0001
Slot 1 (0x1): Other
  (empty)
Slot 2 (0x2): Third
  (token not recognized)
"""

OBJECTS = """Public Key Object; RSA 2048 bits
  label:      k
  ID:         01
Certificate Object; type = X.509 cert
  label:      NES0
  subject:    DN: C=TR, CN=AY\\xC5\\x9EE \\xC3\\x96RNEK
  serial:     4CCA9EF6
  ID:         01
"""

_BYTES = bytes.fromhex(ATR).hex(" ")

CERTUTIL = f"""C:\\>certutil -scinfo
The Microsoft Smart Card Resource Manager is running.
Current reader/card status:
Readers: 1
  0: ACS CCID USB Reader 0
--- Reader: ACS CCID USB Reader 0
--- Status: SCARD_STATE_PRESENT | SCARD_STATE_INUSE
--- Status: The card is being shared by a process.
---   Card: AKIS
---    ATR:
        {_BYTES[:23]}  {_BYTES[24:47]}   ;...1.E.eTC.!.1.
        {_BYTES[48:]}                               s.!....

=======================================================
Analyzing card in reader: ACS CCID USB Reader 0

CertUtil: -SCInfo command completed successfully.
"""
"""Windows breaks the answer into lines of sixteen bytes, with two blanks in the middle."""

CERTUTIL_FR = (
    CERTUTIL.partition("\n")[2]
    .replace("The Microsoft Smart Card Resource Manager is running.", "En cours.")
    .replace("Reader:", "Lecteur :")
    .replace("Status:", "Statut :")
    .replace("Card:", "Carte :")
    .replace("ATR:", "ATR :")
    .replace("CertUtil: -SCInfo command", "CertUtil : -SCInfo La commande")
)

CERTUTIL_TR = (
    CERTUTIL.replace("The Microsoft Smart Card Resource Manager is running.", "Akıllı Kart:")
    .replace("Reader:", "Okuyucu:")
    .replace("Status:", "Durum:")
    .replace("Card:", "Kart:")
    .replace("command completed successfully", "komutu başarıyla tamamlandı")
)


_GROUPS = " ".join(ATR[n : n + 8].lower() for n in range(0, len(ATR), 8))

PROFILER = f"""SmartCards:

    Readers:

      #01: ACS ACR39U ICC Reader (ATR:<{_GROUPS}>)

    Reader Drivers:

      #01: fr.apdu.ccid.smartcardccid:1.5.1 (/usr/libexec/SmartCardServices/drivers/ifd-ccid.bundle)

    Available SmartCards (token):
"""

PROFILER_NEW = PROFILER.replace(
    f"<{_GROUPS}>", f"{{length = {len(ATR) // 2}, bytes = 0x{ATR.lower()} }}"
)

_STARTUP = "readerfactory.c:1093:RFInitializeReader() Attempting startup of"

PCSCD = f"""00000176 [139] pcscdaemon.c:666:main() pcsc-lite 1.9.9 daemon ready.
00000123 [139] {_STARTUP} {READER} using /usr/lib/pcsc/drivers/ifd-ccid.bundle/libccid.so
00000010 [139] eventhandler.c:286:EHStatusHandlerThread() powerState: POWER_STATE_POWERED
00000010 [139] Card ATR: {PAIRS}
"""


def _diagnose(body: bytes, *more: str) -> Result:
    arguments = ["diagnose", "-", "--format", "json", "--at", AT.isoformat(), *more]
    return CliRunner().invoke(main, arguments, input=body)


def _codes(body: str | bytes) -> set[str]:
    given = body if isinstance(body, bytes) else body.encode()
    document = json.loads(_diagnose(given).stdout)
    return {finding["code"] for finding in document["findings"]}


def _card(text: str, encoding: str = "utf-8") -> object:
    made = pasted.read(text.encode(encoding), AT)
    assert made is not None
    assert isinstance(made.readers, tuple)
    return made.readers[0].card


@pytest.mark.parametrize(
    "text",
    [PCSC_SCAN, OPENSC_ATR, CERTUTIL, CERTUTIL_TR, CERTUTIL_FR, PROFILER, PROFILER_NEW, PCSCD],
)
def test_the_reader_and_the_card_are_seen_and_nothing_else_is_judged(text: str) -> None:
    assert _card(text) == Card(atr=ATR)
    codes = _codes(text)
    assert {"service-running", "reader-found", "card-recognised", "parts-not-seen"} <= codes
    assert not any(code.startswith(("driver", "nes", "certificate", "token")) for code in codes)
    assert _diagnose(text.encode()).exit_code == 3  # what was not seen is unknown, not critical


@pytest.mark.parametrize("text", [PAIRS, PAIRS.lower(), ATR.lower(), f"ATR: {PAIRS}\n"])
def test_an_atr_alone_shows_the_card(text: str) -> None:
    assert _card(text) == Card(atr=ATR)


@pytest.mark.parametrize("text", [PCSC_SCAN, CERTUTIL, OPENSC_ATR])
@pytest.mark.parametrize("left", [2, 9, 18])
def test_an_atr_that_was_cut_short_shows_that_a_card_is_there_and_no_more(
    text: str, left: int
) -> None:
    first = text.lower().index(PAIRS.lower()[:23].replace(" ", ":" if text is OPENSC_ATR else " "))
    cut = text[: first + 3 * left]

    made = pasted.read(cut.encode(), AT)

    assert made is not None
    assert isinstance(made.readers, tuple)
    assert made.readers[0].card is None
    assert "PRESENT" in made.readers[0].states
    assert not any(code.startswith("card") for code in _codes(cut))
    assert _diagnose(cut.encode()).exit_code == 3


@pytest.mark.parametrize("cut", ["Readers: 1", "  0: ACS", "--- Status", "---   Card"])
def test_a_list_of_windows_that_was_cut_short_blames_nothing(cut: str) -> None:
    text = CERTUTIL[: CERTUTIL.index(cut)]

    assert "parts-not-seen" in _codes(text)
    assert _diagnose(text.encode()).exit_code == 3


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1254"])
def test_the_letters_are_those_of_the_console(encoding: str) -> None:
    assert _card(CERTUTIL_TR, encoding) == Card(atr=ATR)


def test_a_list_without_atrs_shows_readers_alone() -> None:
    assert {"reader-found", "parts-not-seen"} <= _codes(OPENSC_LIST)
    assert not any(code.startswith("card") for code in _codes(OPENSC_LIST))


def test_a_reader_with_a_keypad_and_more_features_has_its_name() -> None:
    features = f"PIN pad,display {READER}"

    made = pasted.read(OPENSC_LIST.replace(READER, features).encode(), AT)

    assert made is not None
    assert isinstance(made.readers, tuple)
    assert [reader.name for reader in made.readers] == [READER]


def test_many_features_in_a_row_are_looked_at_once() -> None:
    text = OPENSC_LIST.replace(READER, "PIN pad" + ",a" * 190)

    made = pasted.read(text.encode(), AT)

    assert made is not None  # trying each way to part them would take for ever


def test_an_empty_and_a_mute_reader_are_told() -> None:
    for state, code in (
        ("Card removed, ", "card-missing"),
        ("Card inserted, Unresponsive card, ", "card-mute"),
    ):
        text = PCSC_SCAN.replace("Card inserted, Shared Mode, ", state).split("  ATR")[0]
        assert code in _codes(text)


def test_a_token_shows_its_pin() -> None:
    codes = _codes(PKCS11)

    assert {"token-read", "pin-locked", "parts-not-seen"} <= codes
    made = pasted.read(PKCS11.encode(), AT)
    assert made is not None
    slots = made.modules[0].slots
    assert isinstance(slots, tuple)
    assert [slot.token and type(slot.token).__name__ for slot in slots] == [
        "Token",
        None,
        "Failure",
    ]


@pytest.mark.parametrize("used", ["", "Using slot 0 with a present token (0x0)\n"])
def test_a_list_of_objects_tells_that_there_are_certificates_and_no_more(used: str) -> None:
    codes = _codes(used + OBJECTS)

    assert codes == {"certificates-listed", "parts-not-seen"}
    assert _diagnose(OBJECTS.encode()).exit_code == 3


@pytest.mark.parametrize("number", ["0", "2", "7"])
def test_objects_beside_slots_are_those_of_the_token_that_was_used(number: str) -> None:
    second = PKCS11.replace("  (token not recognized)", "  token label        : B")  # no flags
    both = f"{second}Using slot 0 with a present token (0x{number})\n{OBJECTS}"

    made = pasted.read(both.encode(), AT)

    assert made is not None
    slots = made.modules[0].slots
    assert isinstance(slots, tuple)
    listed = [s.id for s in slots if isinstance(s.token, Token) and s.token.certificates != ()]
    assert listed == [2 if number == "2" else 0]
    codes = _codes(both)
    assert "certificates-listed" in codes
    assert {code for code in codes if code.startswith("pin-")} == {"pin-locked"}


def test_objects_without_a_certificate_blame_nothing() -> None:
    text = OBJECTS.split("Certificate", maxsplit=1)[0]

    assert _codes(text) == {"parts-not-seen"}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("CertUtil: -SCInfo command FAILED: 0x8010001d (-2146435043)\n", "service-stopped-windows"),
        (
            "SCardListReaders: Xx. 0x8010002e (-2146435026 SCARD_E_NO_READERS_AVAILABLE)\n",
            "reader-not-seen",
        ),
        ("SCardListReaders: Xx. 0x6f7 (WIN32: 1783 RPC_X_BAD_STUB_DATA)\n", "service-failed"),
        ("CertUtil: -SCInfo 0x8010001e\n", "service-stopped-windows"),
        (
            "PC/SC device scanner\nSCardEstablishContext: Service not available.\n",
            "service-stopped",
        ),
        ("SCardEstablishContext: Access denied.\n", "service-access-denied-here"),
        ("SCardEstablishContext: Never heard of it.\n", "service-failed"),
        ("No smart card readers found.\n", "reader-not-seen"),
        (f"Using reader with a card: {READER}\nFailed: Card not present\n", "card-missing"),
    ],
)
def test_what_is_answered_in_place_of_readers_and_cards_is_told(text: str, code: str) -> None:
    assert code in _codes(text)


def test_opensc_finds_no_reader_where_no_service_runs_either_so_none_is_said_to() -> None:
    assert "service-running" not in _codes("No smart card readers found.\n")


def test_macos_leaves_out_the_middle_of_an_answer_and_no_card_is_judged_by_it() -> None:
    text = PROFILER.replace(
        f"<{_GROUPS}>", f"{{length = 19, bytes = 0x{ATR[:16]} ... {ATR[-8:]} }}"
    )

    assert {"reader-found", "parts-not-seen"} <= _codes(text)
    assert not any(code.startswith("card") for code in _codes(text))


def test_macos_without_a_reader_is_told_and_a_list_cut_short_is_not() -> None:
    none = "\n".join(line for line in PROFILER.splitlines() if "ACR39U" not in line)

    assert "reader-not-seen" in _codes(none)
    assert "reader-not-seen" not in _codes(none.partition("    Reader Drivers")[0])


def test_a_reader_that_the_service_could_not_open_is_none() -> None:
    failed = (
        f"{PCSCD}00000502 readerfactory.c:1110:RFInitializeReader() Open Port 0x200000 Failed\n"
    )

    assert _codes(failed) == {"parts-not-seen"}


def test_a_list_of_names_shows_no_slot_to_be_empty() -> None:
    text = f"Scanning present readers...\n0: {READER}\n"

    assert {"reader-found", "parts-not-seen"} <= _codes(text)
    assert not any(code.startswith("card") for code in _codes(text))


@pytest.mark.parametrize("form", ["der", "pem", "der bundle", "pem bundle", "two"])
def test_the_certificates_of_a_file_are_judged(form: str) -> None:
    der = nes(400)
    certificate = x509.load_der_x509_certificate(der)
    pem = certificate.public_bytes(Encoding.PEM)
    bundle = pkcs7.serialize_certificates([certificate], Encoding.DER)
    wrapped = b"-----BEGIN PKCS7-----\n" + base64.encodebytes(bundle) + b"-----END PKCS7-----\n"
    bodies = {
        "der": der,
        "pem": b"Bag Attributes\n" + pem,
        "der bundle": bundle,
        "pem bundle": wrapped,
        "two": pem + pem,
    }

    made = pasted.read(bodies[form], AT)

    assert made is not None
    assert len(made.certificates()) == 1
    assert made.certificates()[0].der == der.hex().upper()
    assert decode(encode(made)) == made
    codes = _codes(bodies[form])
    assert "parts-not-seen" in codes
    assert codes & {"nes-valid", "nes-expiring", "nes-expired", "nes-not-yet-valid"}
    assert not any(code.startswith(("reader", "card", "driver", "token")) for code in codes)


@pytest.mark.parametrize(
    "form",
    [
        "utf-16",
        "utf-16-be",
        "no mark",
        "bare",
        "one line",
        "marked",
        "hex",
        "xml",
        "json",
        "quoted",
    ],
)
def test_a_certificate_is_read_in_the_forms_that_editors_and_pages_give_it(form: str) -> None:
    der = nes(400)
    pem = x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM).decode()
    bodies = {
        "utf-16": pem.encode("utf-16"),
        "utf-16-be": b"\xfe\xff" + pem.encode("utf-16-be"),
        "no mark": pem.encode("utf-16-le"),
        "marked": b"\xef\xbb\xbf" + base64.b64encode(der),
        "hex": der.hex(":").encode(),
        "xml": b"<ds:X509Certificate>" + base64.encodebytes(der) + b"</ds:X509Certificate>",
        "json": json.dumps(pem.replace("\n", "\r\n")).encode(),
        "quoted": pem.replace("\n", "\n> ").encode(),
        "bare": base64.encodebytes(der),
        "one line": base64.b64encode(der),
    }

    made = pasted.read(bodies[form], AT)

    assert made is not None
    assert [stored.der for stored in made.certificates()] == [der.hex().upper()]


@pytest.mark.parametrize("form", ["Java", "one line", "named"])
def test_a_signature_is_read_as_other_programs_write_it(form: str) -> None:
    certificate = x509.load_der_x509_certificate(nes(400))
    bundle = pkcs7.serialize_certificates([certificate], Encoding.DER)
    title = b"PKCS #7 SIGNED DATA-----"
    bodies = {
        "Java": b"\x30\x80" + bundle[4:] + b"\0\0",
        "one line": base64.b64encode(bundle),
        "named": b"-----BEGIN " + title + base64.encodebytes(bundle) + b"-----END " + title,
    }

    made = pasted.read(bodies[form], AT)

    assert made is not None
    assert [stored.der for stored in made.certificates()] == [nes(400).hex().upper()]


def test_a_certificate_that_was_cut_off_is_none_and_is_called_so() -> None:
    der = nes(400)
    pem = b"-----BEGIN CERTIFICATE-----\n" + base64.encodebytes(der[:600]) + b"-----END"

    for body in (der[:600], pem, b"-----BEGIN CERTIFICATE-----\nMIIB-----END"):
        assert pasted.read(body, AT) is None
    assert kind(der[:600]) == "cut"
    assert kind(_others()["(PFX, P12)"][:100]) == "pfx"
    assert kind(pem) == ""


def test_a_signature_with_a_damaged_certificate_has_none() -> None:
    data = bytes.fromhex("3080 06092A864886F70D010702 A080 30820100 30820100 A003020102")

    assert pasted.read(data, AT) is None


def _others() -> dict[str, bytes]:
    """Return files of other kinds by the word that the answer has for each."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "AYŞE ÖRNEK")])
    request = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())
    dates = (AT, AT + timedelta(days=30))
    builder = x509.CertificateRevocationListBuilder().issuer_name(name)
    crl = builder.last_update(dates[0]).next_update(dates[1]).sign(key, hashes.SHA256())
    forms = (Encoding.PEM, Encoding.DER)
    secret = [key.private_bytes(one, PrivateFormat.PKCS8, NoEncryption()) for one in forms]
    locked = BestAvailableEncryption(b"1")
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    pfx = pkcs12.serialize_key_and_certificates(b"x", key, None, None, NoEncryption())
    spoken = "Merhaba,\r\nMIME-Version: 1.0\r\n"
    return {
        "secret key: PEM": secret[0],
        "secret key: DER": secret[1],
        "secret key: DER, locked": key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, locked),
        "public key: DER": key.public_key().public_bytes(
            Encoding.DER, PublicFormat.SubjectPublicKeyInfo
        ),
        "(PFX, P12): one line": base64.b64encode(pfx),
        "(PFX, P12): PEM": b"-----BEGIN PKCS12-----\n" + base64.b64encode(pfx),
        "a picture: JPEG": b"\xff\xd8\xff\xe0\0\x10JFIF",
        "a picture: PNG": b"\x89PNG\r\n\x1a\n",
        "a picture: of a telephone": b"\0\0\0\x18ftypheic",
        "a shortcut": bytes.fromhex("4C0000000114020000000000C0000000") + bytes(60),
        "of PGP": b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n",
        "an archive (ZIP, RAR, 7z)": b"Rar!\x1a\x07\x01\0",
        "-----BEGIN CERTIFICATE-----": "\u2014BEGIN CERTIFICATE\u2014\nMII\n".encode(),
        "key store of Java": bytes.fromhex("FEEDFEED") + bytes(300),
        "a web page": b"\r\n<!DOCTYPE html><html>",
        "an e-mail": spoken.encode(),
        "as text": b"Certificate:\n    Data:\n        Version: 3 (0x2)\n",
        "`cardtool fleet merge FILE`": "T.C. Kimlik No;Adı\r\n".encode("utf-16"),
        "cut off": request.public_bytes(Encoding.DER)[:50],
        "secret key: locked": key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, locked),
        "public key": public,
        "(CSR) PEM": request.public_bytes(Encoding.PEM),
        "(CSR) DER": request.public_bytes(Encoding.DER),
        "(CRL) PEM": crl.public_bytes(Encoding.PEM),
        "(CRL) DER": crl.public_bytes(Encoding.DER),
        "(PFX, P12)": pfx,
        "(PDF, Word, Excel)": b"%PDF-1.7\n",
    }


@pytest.mark.parametrize("body", ["3000", "30020500", "300430003000", "30043000", "3080"])
def test_a_file_of_which_only_the_frame_is_there_is_of_no_kind(body: str) -> None:
    assert kind(bytes.fromhex(body)) == ""


def test_a_file_of_another_kind_is_called_what_it_is(tmp_path: Path) -> None:
    for number, (called, body) in enumerate(_others().items()):
        file = tmp_path / str(number)
        file.write_bytes(body)

        done = CliRunner().invoke(main, ["certs", str(file), "--lang", "en"])

        assert (done.exit_code, done.stdout) == (3, "")
        assert called.partition(": ")[0].removesuffix(" PEM").removesuffix(" DER") in done.stderr


@pytest.mark.parametrize(
    ("program", "text"),
    [
        ("certutil -store", "my\n================ Sertifika 0 ================\nSeri: 1\n"),
        ("Get-PnpDevice", "\nStatus     Class           FriendlyName     InstanceId\n"),
        ("pnputil", "Microsoft PnP Utility\n\nInstance ID:  USB\\VID_058F\n"),
        ("systemctl status", "● pcscd.service - PC/SC Smart Card Daemon\n Active: inactive\n"),
        ("systemctl status", "Unit pcscd.service could not be found.\n"),
        ("journalctl", "Kas 29 10:00:00 masa17 pcscd[812]: 00000000 auth.c:143\n"),
        ("dmesg", "[  1.2] usb 1-4: New USB device found, idVendor=072f\n"),
        ("lsusb", "Bus 001 Device 004: ID 072f:90cc ACS\n"),
        ("Get-Service", "Status   Name               DisplayName\n"),
        ("Get-Service", "Name                : SCardSvr\n"),
        ("Get-PnpDevice", "\nInstanceId   : USB\\VID_072F&PID_90CC\\5\n"),
        ("Get-ChildItem Cert:", "   PSParentPath: Microsoft\\Certificate::CurrentUser\\My\n"),
        ("keytool", "Alias name: x\nEntry type: PrivateKeyEntry\n"),
        ("journalctl", "Kas 29 10:00:00 masa17 systemd[1]: pcscd.service: Main process exited\n"),
        ("lsusb", "/:  Bus 02.Port 1: Dev 1, Class=root_hub\n"),
        ("sc query", "HİZMET_ADI: SCardSvr\n"),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_program_that_shows_too_little_is_named(program: str, text: str, encoding: str) -> None:
    done = CliRunner().invoke(main, ["diagnose", "-"], input=text.encode(encoding, "replace"))

    assert (done.exit_code, done.stdout) == (3, "")
    assert f" {program} " in done.stderr
    assert "cardtool snapshot -o" in done.stderr


def test_an_empty_file_is_called_empty() -> None:
    for body in (b"", b" \r\n", b"\xef\xbb\xbf"):
        done = CliRunner().invoke(main, ["diagnose", "-", "--lang", "en"], input=body)
        assert (done.exit_code, "It is empty." in done.stderr) == (3, True)


def test_readers_are_listed_by_old_versions_and_by_lines_without_a_beginning() -> None:
    old = f"Readers known about:\nNr.    Driver     Name\n0      pcsc       {READER}\n"
    states = PCSC_SCAN[PCSC_SCAN.index(" Reader 0:") :]
    spinning = "PC/SC device scanner\nWaiting for the first reader...|"

    assert "reader-found" in _codes(old)
    assert {"reader-found", "card-recognised"} <= _codes(states)
    assert "reader-not-seen" in _codes(spinning)


def test_what_is_none_of_them_is_refused_as_before(tmp_path: Path) -> None:
    file = tmp_path / "x"
    for body in (b"", b"\x30\x80", b"-----BEGIN CERTIFICATE-----\n!\n", b"hello", b"\xff\xfea"):
        assert pasted.read(body, AT) is None
        file.write_bytes(body)
        done = CliRunner().invoke(main, ["diagnose", str(file)])
        assert (done.exit_code, done.stdout) == (3, "")
        assert done.stderr


@pytest.mark.parametrize(
    "start", [PCSC_SCAN, OPENSC_LIST, OPENSC_ATR, PKCS11, CERTUTIL, PROFILER, PCSCD]
)
def test_a_megabyte_of_a_program_s_own_lines_makes_a_small_snapshot(start: str) -> None:
    for piece in {*start.splitlines(keepends=True), *"\n :-\x1b(3B", "\x1b[", "3B ", "- "}:
        body = (start + piece * (pasted.SIZE_LIMIT_BYTES // len(piece) + 1)).encode()[
            : pasted.SIZE_LIMIT_BYTES
        ]
        made = pasted.read(body, AT)
        assert made is not None
        assert len(encode(made)) < 100_000
    assert pasted.read(start.encode().ljust(pasted.SIZE_LIMIT_BYTES + 1), AT) is None


@pytest.mark.parametrize(
    "piece", [b"\x30\x80", b"-----BEGIN CERTIFICATE-----", b"-----END ", b"MII"]
)
def test_a_megabyte_of_what_certificates_begin_with_is_no_certificate(piece: bytes) -> None:
    body = (piece * pasted.SIZE_LIMIT_BYTES)[: pasted.SIZE_LIMIT_BYTES]

    assert pasted.read(body, AT) is None
    assert pasted.read(b"-----BEGIN CERTIFICATE-----\n" + body[:-50], AT) is None


def test_what_a_program_printed_is_shown_harmless() -> None:
    text = PCSC_SCAN.replace(READER, "Bad\x07\x9b31m")

    done = CliRunner().invoke(main, ["diagnose", "-", "--lang", "en"], input=text.encode())

    assert "\x07" not in done.stdout
    assert "\x9b" not in done.stdout


@pytest.mark.parametrize(
    "text",
    [
        "PC/SC device scanner\nV 1.6.0 (c) 2001-2022\n",
        f"Available slots:\nSlot 0 (0x0): {READER}\n  (empty)\n",
        f"Available slots:\nSlot 0 (0x0): {READER}\n  token label        : AKIS\n",
    ],
    ids=["cut short", "an empty slot", "a token without flags"],
)
def test_what_shows_too_little_to_judge_is_unknown_and_blames_nothing(text: str) -> None:
    assert "parts-not-seen" in _codes(text)
    assert _diagnose(text.encode()).exit_code == 3


def test_that_there_is_no_reader_is_believed_where_the_program_says_so() -> None:
    text = "PC/SC device scanner\nV 1.6.0\nWaiting for the first reader..."

    assert _diagnose(text.encode()).exit_code == 2


def test_the_name_of_a_file_is_in_no_output(tmp_path: Path) -> None:
    file = tmp_path / "MEHMET ÖRNEK 10000000146.cer"
    file.write_bytes(nes(400))

    for form in ("json", "html", "terminal"):
        shown = CliRunner().invoke(main, ["diagnose", str(file), "--format", form, "-v"])
        assert "certificate file" in shown.stdout
        assert not any(part in shown.stdout for part in ("MEHMET", "10000000146", '.cer"'))
