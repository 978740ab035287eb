# SPDX-License-Identifier: Apache-2.0
"""What somebody read on a screen is told from what it looks like, in whatever form it was read."""

import json

import pytest
from click.testing import CliRunner, Result

from cardtool import catalog
from cardtool.catalog import errors
from cardtool.cli import main
from cardtool.model.surroundings import UsbDevice
from cardtool.model.turkey import folded
from cardtool.rules import hardware
from cardtool.rules.codes import ROWS, finding
from cardtool.rules.codes.numbers import NUMBERS
from cardtool.rules.meanings import MOST_CHARACTERS, meanings, nearest
from cardtool.text import LANGUAGES, Text
from cardtool.views.data import meanings as data
from cardtool.views.paper import Paper
from cardtool.views.people import meaning as view
from tests.desks import BANK

GROUPS = errors.load()
AKIS_2 = "AKİS 2.x (NES / T.C. Kimlik Kartı)"
CONTACTLESS = "tckk-contactless"
AKIS = next(card for card in catalog.load().cards if card.atrs and card.holds == "nes")


def _told(text: str) -> list[tuple[str, str]]:
    return [(one.kind, one.name) for one in meanings(text)]


def _ask(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["explain", *arguments])


def test_every_error_has_one_group_both_languages_and_known_findings() -> None:
    symbols = [symbol for group in GROUPS for symbol in group.errors]

    assert len(symbols) == len(set(symbols))
    for group in GROUPS:
        assert set(group.leads) <= set(ROWS)
        assert len(set(group.leads)) == len(group.leads)
        assert group.en.endswith(".")
        assert group.tr.endswith(".")
        assert all(0 <= number < 1 << 32 for number in group.errors.values())


def test_no_two_errors_of_one_interface_have_a_number() -> None:
    numbers = [(group.api, number) for group in GROUPS for number in group.errors.values()]

    assert len(numbers) == len(set(numbers))


def test_the_numbers_are_those_of_the_libraries() -> None:
    from smartcard import scard  # noqa: PLC0415 - where PC/SC's library is installed

    given = {symbol: number for group in GROUPS for symbol, number in group.errors.items()}
    theirs = {
        name: getattr(scard, name) & 0xFFFFFFFF
        for name in dir(scard)
        if name in given and name != "SCARD_E_UNSUPPORTED_FEATURE"  # pcsc-lite has another there
    }

    assert len(theirs) > 40
    assert {name: given[name] for name in theirs} == theirs


def test_an_error_leads_also_to_what_is_said_where_more_is_known_of_it() -> None:
    leads = {symbol: group.leads for group in GROUPS for symbol in group.errors}

    assert {"token-failed-on-mac", "token-failed-asleep"} <= set(leads["CKR_DEVICE_ERROR"])
    assert "nes-revoked-left" in leads["CRYPT_E_REVOKED"]


def test_a_driver_older_than_a_card_that_is_no_akis_is_not_said_to_be_that_of_akis() -> None:
    assert "AKİ" in _ask("driver-too-old").stdout
    assert "AKİ" not in _ask("driver-older-than-card").stdout


def test_a_problem_code_leads_where_the_rules_lead() -> None:
    for group in GROUPS:
        for number in group.errors.values() if group.api == "problem" else ():
            device = UsbDevice(vendor="072F", product="B100", problem=number)
            assert hardware.hindrance(device) == group.leads[0]


@pytest.mark.parametrize(
    "text",
    [
        "0x8010001D",
        "0X8010001d",
        "8010001D",
        "-2146435043",
        "2148532253",
        "0xFFFFFFFF8010001D",
        "SCARD_E_NO_SERVICE",
        "scard_e_no_service",
        "Kartlar listelenemedi (hata: 0x8010001D).",
        "29.11.2026 14:03:11 SCardEstablishContext: Service not available. (-2146435043)",
        "'SCARD_E_NO_SERVICE (0x8010001D)'",
    ],
)
def test_one_error_is_known_in_every_form_that_programs_show(text: str) -> None:
    assert _told(text) == [("pcsc", "SCARD_E_NO_SERVICE")]


@pytest.mark.parametrize(
    ("text", "kind", "name"),
    [
        ("CKR_DEVICE_ERROR", "pkcs11", "CKR_DEVICE_ERROR"),
        ("C_OpenSession rv=0x00000030", "pkcs11", "CKR_DEVICE_ERROR"),
        ("Code 31", "problem", "CM_PROB_FAILED_ADD"),
        ("Aygıt başlatılamıyor. (Kod 10)", "problem", "CM_PROB_FAILED_START"),
        ("hata kodu: 43", "problem", "CM_PROB_FAILED_POST_START"),
        ("CM_PROB_DISABLED", "problem", "CM_PROB_DISABLED"),
        ("0x8007007E", "windows", "ERROR_MOD_NOT_FOUND"),
        ("Keyset does not exist 0x80090016", "windows", "NTE_BAD_KEYSET"),
        ("6983", "card-status", "SW_AUTHENTICATION_METHOD_BLOCKED"),
        ("SW: 69 83", "card-status", "SW_AUTHENTICATION_METHOD_BLOCKED"),
        ("058f:9540", "usb", "Alcor AU9540 / AU9560"),
        (r"USB\VID_058F&PID_9540\5&2A", "usb", "Alcor AU9540 / AU9560"),
        ("Bus 001 Device 004: ID 072f:b100 Advanced Card", "usb", "ACS 39T USB"),
        ("ACS ACR39U ICC Reader 00 00", "reader", "ACS 39T USB"),
        ("0: ACS ACR39U ICC Reader 00 00", "reader", "ACS 39T USB"),
        ("acs 39t usb", "reader", "ACS 39T USB"),
        (r"C:\Program Files\AKIS\akisp11.dll", "module", "AKİS"),
        ("/usr/lib/libakisp11.so.2", "module", "AKİS"),
        ("could not load akisp11.dll", "module", "AKİS"),
    ],
)
def test_a_thing_is_known_by_what_it_looks_like(text: str, kind: str, name: str) -> None:
    assert (kind, name) in _told(text)


def test_a_code_and_its_number_are_known_however_they_are_typed() -> None:
    number = NUMBERS["nes-expired"]

    for text in ("nes-expired", "NES-EXPIRED", f"K-{number}", f"k{number}", f"K {number}"):
        assert meanings(text)[0].findings == ("nes-expired",)
    assert meanings("K-0") == meanings("K-9999") == ()


def test_a_bare_number_is_all_that_it_may_be() -> None:
    assert _told("43")[0] == ("finding", next(code for code, n in NUMBERS.items() if n == 43))
    assert ("problem", "CM_PROB_FAILED_POST_START") in _told("43")
    assert _told("0xE1") == [("pkcs11", "CKR_TOKEN_NOT_RECOGNIZED")]
    assert set(_told("0x1F")) == {("problem", "CM_PROB_FAILED_ADD")}
    assert {kind for kind, _ in _told("0x20")} == {"problem", "pkcs11"}
    assert _told("E1") == _told("0xE1")
    assert ("windows", "ERROR_SERVICE_DISABLED") in _told("1058")


def test_numbers_beside_something_surer_are_not_taken_for_errors() -> None:
    assert _told("line 31 of 43: CKR_PIN_LOCKED") == [("pkcs11", "CKR_PIN_LOCKED")]


@pytest.mark.parametrize("written", ["{}", "atr: {}", "{} {}"])
@pytest.mark.parametrize("between", ["", " ", ":"])
def test_an_atr_is_known_with_or_without_what_stands_between_its_bytes(
    written: str, between: str
) -> None:
    pairs = between.join(AKIS.atrs[0][n : n + 2] for n in range(0, len(AKIS.atrs[0]), 2))

    assert _told(written.replace("{} {}", "{}").format(pairs)) == [("card", AKIS.called)]
    assert meanings(pairs.lower())[0].findings == ("card-recognised",)


def test_what_is_no_e_signature_card_leads_to_what_is_said_of_it() -> None:
    foreign = next(
        card for card in catalog.foreign().cards if card.atrs and "." not in card.atrs[0]
    )

    assert meanings("3B 02 14 50 77")[0].findings in {("card-unknown",), ("card-not-for-signing",)}
    assert meanings(foreign.atrs[0])[0].findings[0].startswith("card-")
    assert meanings("3B7F1122334455667788990011223344")[0].name == ""


@pytest.mark.parametrize(
    ("usb", "code"),
    [
        ("072F:B100", "reader-identified"),
        ("058F:9540", "reader-identified"),
        ("072F:2200", "reader-own-missing"),
        ("1050:0407", "card-is-key"),
        ("0A5C:5800", "reader-built-in-only"),
    ],
)
def test_a_usb_id_leads_to_what_is_said_of_the_device(usb: str, code: str) -> None:
    assert meanings(usb)[0].findings == (code,)


def test_an_unknown_device_and_reader_are_told_as_such() -> None:
    assert [(one.kind, one.name, one.findings) for one in meanings("FFFF:0001")] == [
        ("usb", "", ())
    ]
    assert [(one.kind, one.name) for one in meanings("Nobody Knows It 00 00")] == [("reader", "")]
    assert meanings("Windows Hello for Business 1")[0].findings == ("reader-virtual",)


@pytest.mark.parametrize(
    "written",
    [
        *("K-14", "k 14.", "K014", "Ka 14", "k tire 14", "K eksi 14", "(K-14)", "K-14 (Problem)"),
        *("K\N{EN DASH}14", "K\N{MINUS SIGN}14", "\N{CYRILLIC CAPITAL LETTER KA}-14", "bulgu K-14"),
        *("K-14 nedir", "what is K-14?", "session virtual desktop", "SESSION_VIRTUAL_DESKTOP"),
        *("✗ session-virtual-desktop  K-14 (Sorun var)", "K-14'ün anlamı", "it said K-14 here"),
    ],
)
def test_a_number_or_code_of_ours_is_known_however_it_was_heard(written: str) -> None:
    assert _told(written) == [("finding", "session-virtual-desktop")]


@pytest.mark.parametrize("written", ["Kod 14", "K-0", "K-999", "AK-14", "K-14.5"])
def test_what_is_no_number_of_ours_is_none(written: str) -> None:
    assert "finding" not in {kind for kind, _ in _told(written)}


@pytest.mark.parametrize(
    ("written", "name"),
    [
        *((text, "SCARD_E_NO_SERVICE") for text in ("SCARD E NO SERVICE", "E_NO_SERVICE")),
        *((text, "SCARD_E_NO_SERVICE") for text in ("8010001Dh", "&H8010001D", "0x8010001DL")),
        *((text, "SCARD_E_NO_SERVICE") for text in ("80 10 00 1D", "0x8010 001D")),
        *((text, "CKR_DEVICE_ERROR") for text in ("CKR-DEVICE-ERROR", "ckr device error")),
        *((text, "CKR_DEVICE_ERROR") for text in ("DEVICE_ERROR", "PKCS11 error 48", "rv = 0x30")),
        *((text, "CKR_DEVICE_ERROR") for text in ("CKR_DEVICE_ERROR (0x30)", "p11 rv=0x00000030")),
        ("CKR_TOKEN_NOT_RECOGNISED", "CKR_TOKEN_NOT_RECOGNIZED"),
        *((text, "SW_PIN_WRONG_2_LEFT") for text in ("63 C2", "SW1=63 SW2=C2", "SW1 SW2 = 63 C2")),
        ("SW1: 0x63, SW2: 0xC2", "SW_PIN_WRONG_2_LEFT"),
        ("status word 6983", "SW_AUTHENTICATION_METHOD_BLOCKED"),
        *((text, "CM_PROB_FAILED_POST_START") for text in ("kod43", "Fehlercode 43", "Kod: 43")),
        ("LoadLibrary failed with error 126", "ERROR_MOD_NOT_FOUND"),
    ],
)
def test_an_error_is_known_in_each_spelling_and_as_nothing_else(written: str, name: str) -> None:
    assert [one.name for one in meanings(written)] == [name]


def test_bytes_of_a_card_are_no_errors() -> None:
    spelt = ", ".join(f"0x{byte:02X}" for byte in bytes.fromhex(AKIS.atrs[0]))

    assert _told(f"{{{spelt}}}") == [("card", AKIS.called)]


def test_an_atr_that_was_cut_short_is_said_to_be_so() -> None:
    assert _told("3B 9F 96 81 31 FE 45 80") == [("card-cut", "")]
    assert meanings("3B 9F 96") == ()


@pytest.mark.parametrize(
    ("historical", "name"),
    [("80655443D2210831c073f621808105", AKIS_2), ("8065544320141331c073f4a1808105", CONTACTLESS)],
)
def test_a_card_is_known_by_the_id_that_windows_gives_it(historical: str, name: str) -> None:
    assert _told(rf"SCFILTER\CID_{historical}") == [("card", name)]


@pytest.mark.parametrize(
    "written",
    [
        *("VID_072F PID_90CC", "VID:072F PID:90CC", "vid=072f pid=90cc", "0x072f 0x90cc"),
        *("072F/90CC", "072f90cc", "idVendor=072f, idProduct=90cc", "usb:072f/90cc:libudev:0"),
        *("Product ID: 0x90cc\n  Vendor ID: 0x072f  (ACS Ltd)", r"Vid_072F&Pid_90CC\5&2C2B9A9&0"),
    ],
)
def test_a_usb_id_is_known_in_each_spelling(written: str) -> None:
    assert [one.number for one in meanings(written)] == ["072F:90CC"]


@pytest.mark.parametrize("written", ["12:34", "192.168.1.1:8080", "0000:0000:0000", "1234 5678"])
def test_what_is_no_usb_id_is_none(written: str) -> None:
    assert "usb" not in {kind for kind, _ in _told(written)}


@pytest.mark.parametrize(
    ("written", "name", "code"),
    [
        ("milko", "MİLKO", "reader-found"),
        ("IDBridge CT30", "Gemalto PC Twin (IDBridge CT30)", "reader-found"),
        ("Okuyucu: udea MILKO 0", "MİLKO", "reader-found"),
        ("Using reader with a card: udea MILKO 0", "MİLKO", "reader-found"),
        ("0    Yes             udea MILKO 00 00", "MİLKO", "reader-found"),
        ("KOBIL KAAN Base 00 00", "KOBIL KAAN Base", "reader-found"),
        ("Yubico YubiKey OTP+FIDO+CCID 00 00", "YubiKey", "card-is-key"),
        ("ACS ACR122U PICC Interface 00 00", "NFC (PICC)", "reader-own-missing"),
        ("AKS ifdh 0", "SafeNet eToken / iKey", "reader-virtual"),
        ("windows hello for business 1", "Windows Hello / Virtual Smart Card", "reader-virtual"),
    ],
)
def test_a_reader_is_known_by_its_name_in_each_program(written: str, name: str, code: str) -> None:
    assert [(one.name, one.findings) for one in meanings(written)] == [(name, (code,))]


def test_what_is_said_of_a_reader_is_about_that_reader() -> None:
    for asked in ("058F:9540", "ACS ACR38U 00 00"):
        shown = " ".join(_ask(asked, "--lang", "en").stdout.split())
        assert "to see whether it works there" in shown
        assert "ACR39U" not in shown


def test_a_maker_s_name_or_a_daily_word_is_no_model_of_the_drivers_lists() -> None:
    assert _told("flash") == []
    assert _told("Cherry TC 1100 0") == [("reader", "")]
    assert "Feitian SCR301" in nearest("FT SCR301")
    assert _told("Code 99") == []


def test_a_name_that_is_a_reader_s_and_a_number_of_ours_is_told_as_both() -> None:
    assert [kind for kind, _ in _told("K30")] == ["finding", "reader"]


@pytest.mark.parametrize("written", ["akisp11", "libakisp11", "AKİS", "akis", "AKİA"])
def test_a_driver_is_known_without_its_ending_and_by_its_product(written: str) -> None:
    assert _told(written) == [("module", "AKİS")]


def test_a_library_without_a_card_is_called_no_driver() -> None:
    assert [kind for kind, _ in _told("libsofthsm2.so")] == ["module-software"]
    assert "card driver" not in _ask("softhsm2.dll", "--lang", "en").stdout.partition("(")[2][:20]


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("Akıllı Kart Kaynak Yöneticisi çalışmıyor.", "service-stopped-windows"),
        ("Die Smartcard-Ressourcenverwaltung wird nicht ausgeführt.", "service-stopped-windows"),
        ("SCardEstablishContext: Service not available.", "service-stopped-windows"),
        ("Kart okuyucu bulunamadı", "reader-missing"),
        ("Cannot find a smart card reader.", "reader-missing"),
        ("SmartCardException: Kart bulunamadı", "card-missing"),
        ("Kartta sertifika bulunamadı", "certificates-missing"),
        ("kartım takılı ama görmüyor", "card-missing"),
        ("PİN KİLİTLENDİ", "pin-locked"),
        ("Şifremi unuttum", "pin-locked"),
        ("Sertifikanızın süresi dolmuş", "nes-expired"),
        ("Geçersiz sağlayıcı türü belirtildi", "rsa-on-windows"),
        ("Bilinmeyen akıllı kart", "driver-missing"),
        ("Kart tanınmadı", "driver-missing"),
        ("İmza programı kartı tanımıyor", "driver-missing"),
    ],
)
def test_a_message_is_known_by_its_words(written: str, code: str) -> None:
    (meaning,) = meanings(written)

    assert (meaning.kind, meaning.number, meaning.findings[0]) == ("words", written, code)


def test_where_a_message_may_be_about_the_reader_or_the_card_both_are_told() -> None:
    told = meanings("Kart okuyucu tanınmadı")

    assert {one.findings[0] for one in told} == {"reader-missing", "driver-missing"}


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("00000000 auth.c:143:IsClientAuthorized() 12 is NOT authorized for action: access_pcsc",
         "service-access-denied"),
        ("winscard_svc.c:355:ContextThread() Rejected unauthorized PC/SC client",
         "service-access-denied"),
        ("00000012 ifdhandler.c:150:CreateChannelByNameOrChannel() failed", "reader-not-offered"),
        ("00000120 ccid_usb.c:945:WriteUSB() write failed (1/4): LIBUSB_ERROR_NO_DEVICE",
         "card-line-broken"),
        ("pcscd.service\n     Active: inactive (dead)", "service-idle"),
        ("pcscd.service\n     Active: failed (Result: exit-code)", "service-start-failed"),
        ("Stopped  SCardSvr           Smart Card", "service-stopped-windows"),
        ("SERVICE_NAME: SCardSvr\n   STATE : 1  STOPPED", "service-stopped-windows"),
        ("Unit pcscd.service is masked.", "service-masked"),
        ("Loaded: masked (Reason: Unit pcscd.service is masked.)", "service-masked"),
        ("Unit pcscd.service could not be found.", "service-absent"),
        ("error: No slot with a token was found.", "card-missing"),
        ("usb 1-4: device descriptor read/64, error -71", "reader-faulty"),
        ("Bilinmeyen USB Aygıtı (Aygıt Tanımlayıcısı İsteği Başarısız Oldu)", "reader-faulty"),
    ],
)  # fmt: skip
def test_a_line_of_what_a_system_prints_is_known(line: str, code: str) -> None:
    found = meanings(line)

    assert {meaning.kind for meaning in found} == {"words"}
    assert code in found[0].findings


def test_the_number_in_a_message_tells_more_than_its_words() -> None:
    assert _told("Kart bulunamadı (0x8010001D)") == [("pcsc", "SCARD_E_NO_SERVICE")]


def test_words_of_other_things_are_no_message() -> None:
    for text in ("merhaba", "kart", "imza atamıyorum", "", "😀", "kartvizit bulmacası"):
        assert meanings(text) == ()
    assert meanings("kart tanındı") == ()


@pytest.mark.parametrize(
    "text",
    [
        "SERVICE_NAME: Spooler\n   STATE : 1  STOPPED",
        "Loaded: masked (Reason: Unit cups.service is masked.)",
        "cups.service\n     Active: failed (Result: exit-code)",
        "cups.service\n     Active: inactive (dead)",
    ],
)
def test_what_a_system_prints_of_another_service_is_not_about_that_of_smart_cards(
    text: str,
) -> None:
    assert meanings(text) == ()


def test_every_line_of_words_is_folded_and_stands_once() -> None:
    lines = [line for group in GROUPS for line in group.words]

    assert len(lines) == len(set(lines))
    assert lines == [folded(line) for line in lines]
    assert all(group.errors or group.words for group in GROUPS)
    for group in GROUPS:
        for line in group.words:
            told = meanings(line)
            assert told[0].kind != "words" or group.en in {one.says["en"] for one in told}


def test_an_error_that_holds_another_s_number_is_told_once() -> None:
    assert _told("0x80070005") == [("windows", "E_ACCESSDENIED")]
    assert ("windows", "ERROR_ACCESS_DENIED") in _told("error 5")


def test_a_number_that_no_finding_has_is_answered_with_those_that_there_are() -> None:
    for language in LANGUAGES:
        done = _ask("K-999", "--lang", language)
        assert (done.exit_code, done.stdout) == (3, "")
        assert f"K-{max(NUMBERS.values())}" in done.stderr


def test_what_is_like_a_text_is_told_with_its_number() -> None:
    assert f"K-{NUMBERS['nes-expired']} nes-expired" in _ask("nes-expird").stderr.replace("\n", " ")


def test_what_is_unknown_is_answered_with_what_is_like_it() -> None:
    assert meanings("nes-expird") == ()
    assert "nes-expired" in nearest("nes-expird")
    assert nearest("SCARD_E_NO_SERVIC")[0] == "SCARD_E_NO_SERVICE"
    assert "pin-locked" in nearest("locked")
    assert nearest("") == []
    assert len(nearest("e")) <= 5


@pytest.mark.parametrize(
    "piece", ["0x", "3B ", "3B", "K", "VID_", "1", "A_", "-1 ", ".dll ", "\0", "K-"]
)
def test_a_long_text_is_cut_and_told_in_few_steps(piece: str) -> None:
    long = piece * (1_000_000 // len(piece))

    assert meanings(long) == meanings(long[:MOST_CHARACTERS])
    assert len(meanings(long)) <= 12


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_meaning_is_shown_in_every_language(language: str) -> None:
    text, paper = Text(language), Paper(width=79)
    asked = [*(symbol for group in GROUPS for symbol in group.errors), "akisp11.dll", "FFFF:0001"]
    asked += ["072F:B100", "ACS ACR39U ICC Reader 00 00", "Nobody Knows 00 00", AKIS.atrs[0]]
    asked += [
        "libsofthsm2.so",
        "3B 9F 96 81 31 FE 45 80",
        "3B7F1122334455667788990011223344",
        "nes-expired",
        "akisp11.dll K-2",
    ]
    for one in asked:
        told = [(each, [finding(code) for code in each.findings]) for each in meanings(one)]
        assert told, one
        page = "".join(view.render(told, text, paper))
        rows = json.loads(data.render(one, told, text))["meanings"]
        assert all(row["says"] for row in rows)
        assert all(row["number"] in page for row in rows)


def test_a_hostile_name_is_shown_harmless() -> None:
    told: list[data.Explained] = [(one, []) for one in meanings("Bad\x1b[31m Reader 00 00")]

    assert told
    assert "\x1b" not in "".join(view.render(told, Text("en"), Paper()))


def test_the_command_takes_words_negative_numbers_and_blanks() -> None:
    for words in (("-2146435043",), ("K", "14"), ("Code", "31"), ("3B", "9F", "11", "22", "33")):
        assert _ask(*words).exit_code == 0
    wrong = _ask("--formt", "json")
    assert (wrong.exit_code, wrong.stdout) == (3, "")
    assert "--formt" in wrong.stderr


def test_programs_get_the_same_keys_whatever_is_asked() -> None:
    for words in ("0xE1", "058F:9540", "akisp11.dll", "K-14"):
        document = json.loads(_ask(words, "--format", "json").stdout)
        assert document["asked"] == words
        for row in document["meanings"]:
            assert set(row) == {"kind", "name", "number", "says", "findings"}
            for one in row["findings"]:
                assert set(one) == {"code", "number", "severity", "means", "steps"}
    assert json.loads(_ask("K-14", "--format", "json").stdout)["number"] == "K-14"


@pytest.mark.parametrize("words", ["zzzz", "nes-expird"])
def test_what_is_unknown_ends_with_three_and_short(words: str) -> None:
    for language in LANGUAGES:
        done = _ask(words, "--lang", language)
        assert (done.exit_code, done.stdout) == (3, "")
        assert len(done.stderr) < 400


def test_the_atr_of_a_card_that_signs_nothing_here_says_whose_it_is() -> None:
    (meaning,) = meanings(BANK)

    assert meaning.findings == ("card-not-for-signing",)
