# SPDX-License-Identifier: Apache-2.0
"""The catalogue knows the cards, modules and readers of the notes, and every row cites its heading.

ATRs are written out here a second time, from the public lists, so that a slip in a row is seen.
"""

import functools
import operator
import pathlib
import plistlib
import re
import string
import tomllib

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardtool.catalog import (
    Card,
    Catalog,
    DriverListEntry,
    Module,
    Reader,
    card_for,
    driver_list_entry,
    foreign,
    load,
    module_at,
    readers,
    readers_named,
    readers_with,
)
from cardtool.catalog.atr import answers, historical_bytes, is_whole
from tests.conftest import require

LIBCCID = pathlib.Path("/etc/libccid_Info.plist")
NOTES = pathlib.Path(__file__).parent.parent / "drivers_notes"

AKIS_1X = """
    3B9F968131FE45806755454B41451112318073B3A180E9 3B9F968131FE45806755454B41451212318073B3A180EA
    3B9F968131FE45806755454B41451213318073B3A180EB 3B9F968131FE45806755454B41451252318073B3A180AA
    3B9F968131FE45806755454B41451253318073B3A180AB 3B9F968131FE45806755454B41451292318073B3A1806A
    3B9F968131FE45806755454B41451293318073B3A1806B 3B9F158131FE45806755454B41451221318073B3A1805A
    3B9F968131FE45806755454B41451221318073B3A180D9 3B9F138131FE45806755454B41451221318073B3A1805C
    3B9F138131FE45806755454B41451261318073B3A1801C 3B9F158131FE45806755454B41451261318073B3A1801A
    3B9F968131FE45806755454B41451261318073B3A18099 3B9F138131FE45806755454B41451264318073B3A18019
    3B9F138131FE45806755454B41451265318073B3A18018 3B9F968131FE45806755454B414512A4318073B3A1805C
    3B9F968131FE45806755454B414512A5318073B3A1805D 3B9F968131FE45806755454B41451312318073B3A180EB
"""
AKIS_2X = """
    3B9F968131FE458065544320201231C073F621808105B3 3B9F978131FE458065544312210031C073F62180810593
    3B9F978131FE458065544312210731C073F62180810594 3B9F978131FE458065544312210731C073F62180810595
    3B9F978131FE4580655443D2210831C073F6218081055B 3B9F978131FE4580655443E4210831C073F6218081056D
    3B9F968131FE4580655443D3210831C073F6218081055B 3B9F968131FE4580655443D2210831C073F6218081055A
    3B9F978131FE458065544312210831C073F6218081059B 3B9F968131FE458065544312210831C073F6218081059A
    3B9F978131FE4580655443D2210831C073F6218081015F 3B9F978131FE458065544312210831C073F6218081019F
    3B9F978131FE458065544353228231C073F62180810553 3B9F978131FE4580655443D3228231C073F621808105D3
    3B9F978131FE4580655443D3230231C073F62180810552 3B9F978131FE458065544312210831C073F621808105
    3B9F978131FE458065544312210831C073F62180810590
"""
KNOWN = {
    "akis-v10": "3BBA11008131FE4D55454B41452056312E30AE",
    "akis-1x": AKIS_1X,
    "akis-2x": AKIS_2X,
    "tckk-contactless": "3B8F80018065544320141331C073F4A180810508",
    "etoken-java": "3BD5180081313A7D8073C8211030 3BD518008131FE7D8073C82110F4",
    "etoken-5110": "3B7F96000080318065B0846160FB120FFD829000",
    "etoken-5110-cc": "3BFF9600008131FE4380318065B0855956FB120FFE82900000",
    "etoken-5300": "3BFF9600008131FE4380318065B0845651101201788290006A",
    "etoken-5110-fips": "3BFF9600008131FE4380318065B0846566FB12017882900085",
    "idprime": "3BFF9600008131804380318065B0850300EF120FFE82900066",
    "acos5-64": "3BBE9600004105200000000000000000009000",
    "acos5-64-v3": "3BBE9600004105300000000000000000009000",
    "acos5-evo": """3B9E96800141054100000000000000000090001C
        3B9E96800141054200000000000000000090001F 3B9E96800141054300000000000000000090001E""",
    "safesign": """3BBB1800C01031FE4580670412B00303000081053C
        3BFA1800FF8131FE454A434F5032315632333165 3BF81800FF8131FE454A434F507632343143
        3BB79400C03E31FE6553504B32339000AE""",
    "t-kart": "3BF2180002C10A31FE58C80874",
    "cardos-v44": "3BD21802C10A31FE58C80D51",
    "gemsafe": "3B7D94000080318065B08301029083009000 3B6D000080318065B08301029083009000",
    "payment-card": """
        3B29008072A4456400FF0010 3B680000A102020101564953 3B6900008072A4456400FF0010
        3B6A00008066A1090201630E9000 3B6B00008065A109030197830E9000
        3BE900008121455649535F494E46200678""",
    "contactless-desfire": "3B8180018080",
}
CANNOT_SIGN = {
    "payment-card": """
        3B6800009D08010201564953 3B6800009D080103014F5453 3B6800009D08010301564953
        3B6E00000031807186650164022232809000 3B6E00000031807186650164022232839000
        3B6E00000031807186654744240181839000 3B6E00000031C07186650164022233839000
        3B6E00000031C07186650178012734839000 3B6E00000031C071D6657DE40110A0839000""",
    "sim-card": "3B9F96801FC78031E073FE2113574A330E20333300BF",
    "contactless-storage": """
        3B8F8001804F0CA000000306030001000000006A 3B8F8001804F0CA0000003060B00120000000071
        3B8F8001804F0CA00000030611003B0000000042""",
}
"""Cards named by how they begin: those of Turkish banks, a Turkish SIM, MIFARE, ISO 15693, FeliCa.

Source: pcsc-tools 1.6.2, smartcard_list.txt.
"""
TOKENS_AND_IDENTITY_CARDS = """
    3BE600FF8131FE454A434F50323006 3BE900008131FE454A434F503431563232A7
    3B6B00000031C064080461120F9000 3BEB00008131FE450031C064A9EC010082900023
    3B6B00000031C0641F1801000F9000 3B6A00008065A20131013D72D641
    3B6B00008065B08301047483009000 3B6D000080318065B0831140C883009000
    3B6D000080318065B00702028983009000 3B6E000080318066B0840C016E0183009000
    3B6E00005744361969869302211815502027 3B6F00008031E06B0406050217555555555555
    3B6F00FF00567275546F6B6E73302000009000 3B660000009C11010103
    3BDB960080B1FE451F830031C064BAFC10000790000F 3BDB9600801F030031C064B0F3100007900080
    3B7F1300008031C0520DEA640566946183839000
    3BEF00FF8131FE4565630D12810156001F00006686080122
    3B8F800180318065B0850300EF120FFE82900072 3B8F800180318065B0846160FB120FFD82900066
    3B8D80018073C021C057597562694B6579F9 3B8E80018031815448534D3173802140810718
    3BDA18FF81B1FE751F030031C573C001400090000C
    3BFD1300008131FE158073C021C057597562694B657940
    3BF81300008131FE15597562696B657934D4 3B9F96C00A1FC78031E073FE211F65D013370F3B810FD2
"""
"""Nearest to those patterns: JCOP, eID, GemSAFE, CAC, PIV, Watchdata, ruToken, IDPrime, YubiKey.

Source: the same list.
"""
WITHOUT_CHECK_BYTE = "3B9F978131FE458065544312210831C073F621808105"

CARDS = (*load().cards, *foreign().cards)
ROWS: list[Card | Module | Reader] = [*CARDS, *load().modules, *readers()]


def _catalog(cards: str) -> Catalog:
    """Read a catalogue that has only cards."""
    return msgspec.convert(tomllib.loads(f"module = []\n{cards}"), Catalog)


def fits(text: str, pattern: str) -> bool:
    """Compare digit by digit, `.` for any, as far as the shorter of the two goes."""
    return all("." in pair or len(set(pair)) == 1 for pair in zip(text, pattern, strict=False))


def slug(heading: str) -> str:
    """Make the anchor that a heading has on the web."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def sections(page: str) -> dict[str, str]:
    """Give a page's text by the slug of the heading it stands under."""
    _, *found = re.split(r"^#+ ", (NOTES / page).read_text("utf-8"), flags=re.MULTILINE)
    return {slug(text.partition("\n")[0]): text for text in found}


def installed_sections() -> dict[str, str]:
    """Give by id the section of libccid's list; in its Info.plist they follow one another.

    Source: libccid 1.5.2, readers/supported_readers.txt; 0DB5:0138 opens the second section,
    072F:2200 the third.
    """
    listed = plistlib.loads(LIBCCID.read_bytes())
    sections = {}
    section = "supported"
    for vendor, product in zip(listed["ifdVendorID"], listed["ifdProductID"], strict=True):
        usb = f"{vendor[2:]}:{product[2:]}".upper()
        section = {"0DB5:0138": "should-work", "072F:2200": "unsupported"}.get(usb, section)
        sections[usb] = section
    return sections


def cited(source: str) -> str:
    """Give the section that a row's source names; KeyError when there is none."""
    page, _, heading = source.partition("#")
    return sections(page)[heading]


def with_check_byte(atr: str) -> str:
    """Complete an invented ATR."""
    return f"{atr}{functools.reduce(operator.xor, bytes.fromhex(atr)[1:]):02X}"


@pytest.mark.parametrize(
    ("card_id", "atr"), [(card_id, atr) for card_id, atrs in KNOWN.items() for atr in atrs.split()]
)
def test_listed_atr_is_recognised(card_id: str, atr: str) -> None:
    card = load().card_for(atr)

    assert card is not None
    assert card.id == card_id


@pytest.mark.parametrize(
    ("card_id", "atr"),
    [(card_id, atr) for card_id, atrs in CANNOT_SIGN.items() for atr in atrs.split()],
)
def test_card_that_cannot_sign_is_named_by_how_it_begins(card_id: str, atr: str) -> None:
    card = load().card_for(atr)

    assert atr not in {known for row in load().cards for known in row.atrs}
    assert card is not None
    assert (card.id, card.holds, card.modules) == (card_id, "other", ())


@pytest.mark.parametrize("atr", TOKENS_AND_IDENTITY_CARDS.split())
def test_unlisted_token_is_called_neither_bank_card_nor_sim(atr: str) -> None:
    card = card_for(atr)

    assert load().card_for(atr) is None
    assert card is None or card.holds == "nes" or card.signs != "no"


@pytest.mark.parametrize("card", [*foreign().cards, load().cards[-1]], ids=lambda card: card.id)
def test_an_entry_of_the_public_list_is_named_as_the_notes_say(card: Card) -> None:
    listed = re.search("`(3[BF][0-9A-F]+)`", cited(card.source))

    assert listed is not None
    assert card_for(listed[1]) is card


def test_a_card_that_is_named_at_home_is_asked_about_nowhere_else() -> None:
    """The patterns of the second file fit several of them."""
    atrs = [atr for card in load().cards for atr in card.atrs if "." not in atr]

    assert [atr for atr in atrs if card_for(atr) is not load().card_for(atr)] == []


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.id)
def test_no_card_on_which_a_signature_may_be_is_called_a_bank_or_sim_card(card: Card) -> None:
    is_signing = card.holds == "nes" or card.signs != "no"

    assert not (is_signing and card.family in {"payment", "sim", "contactless", "memory"})


@pytest.mark.parametrize("card", [card for card in load().cards if card.holds == "nes"])
def test_no_listed_card_begins_like_one_that_cannot_sign(card: Card) -> None:
    """So a signature card is what it is even where its row is the later one."""
    starts = [start for row in load().cards for start in row.starts]

    assert [atr for atr in card.atrs for start in starts if fits(atr, start)] == []


@pytest.mark.parametrize(("first", "atr"), [("list", "3B6E0000AA"), ("historical", "3B610000BB")])
def test_a_listed_card_wins_over_a_beginning(first: str, atr: str) -> None:
    bank = CARD.replace('"one"', '"bank"') + 'starts = ["3B6...00"]\ncontains = ["BB"]\n'
    mine = CARD + ('atrs = ["3B6E0000AA"]\n' if first == "list" else 'historical = ["BB"]\n')
    catalog = _catalog(bank + mine)

    card, other = catalog.card_for(atr), catalog.card_for("3B6E0000CC")

    assert card is not None
    assert other is not None
    assert (card.id, other.id) == ("one", "bank")


def test_a_beginning_wins_over_a_word_and_is_no_whole_answer() -> None:
    word = CARD + 'contains = ["AA"]\n'
    start = CARD.replace('"one"', '"bank"') + 'starts = ["3B6.00"]\n'
    catalog = _catalog(word + start)

    assert [row and row.id for row in map(catalog.card_for, ("3B6000AA", "3B6000", "3B60AA"))] == [
        "bank",
        "bank",
        "one",
    ]
    assert catalog.card_for("3B60") is None


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.id)
def test_every_atr_of_a_row_is_recognised_as_that_card(card: Card) -> None:
    assert {card_for(atr) for atr in card.atrs} <= {card}


@pytest.mark.parametrize("version", ["12DD10", "D32402", "FFFFFF"])
def test_unlisted_akis_2x_version_is_recognised_by_its_historical_bytes(version: str) -> None:
    atr = with_check_byte(f"3B9F978131FE4580655443{version}31C073F621808105")

    card = load().card_for(atr)

    assert atr not in {known for row in load().cards for known in row.atrs}
    assert card is not None
    assert card.id == "akis-2x"


@pytest.mark.parametrize(
    ("historical", "card_id"),
    [
        ("806755454B41451599318073B3A180", "akis-1x"),
        ("806668320901020331958105", "akis-v3"),
        ("806668324901020331958105", "akis-v3"),
        ("55454B41452056392E39", "akis-1x"),
        ("75656B61652056392E39", "akis-1x"),
    ],
)
def test_unlisted_akis_is_recognised_by_what_it_says_of_itself(
    historical: str, card_id: str
) -> None:
    atr = with_check_byte(f"3B{0x90 + len(historical) // 2:02X}968131FE45{historical}")

    card = load().card_for(atr)

    assert historical_bytes(atr) == historical
    assert card is not None
    assert card.id == card_id


def test_wrong_check_byte_does_not_hide_the_card() -> None:
    card = load().card_for("3B9F978131FE458065544354238231C073F62180810500")

    assert card is not None
    assert card.id == "akis-2x"


def test_atr_in_lower_case_is_recognised() -> None:
    card = load().card_for("3bba11008131fe4d55454b41452056312e30ae")

    assert card is not None
    assert card.id == "akis-v10"


@pytest.mark.parametrize(
    "atr",
    [
        pytest.param("3B16947101010A0100", id="an old phone SIM"),
        pytest.param("3B6E000000318071", id="half a bank card"),
        pytest.param("3B9F968131FE458065544", id="half a byte"),
        pytest.param("3B655454B41450", id="UEKAE across half bytes"),
        pytest.param("", id="nothing"),
        pytest.param("00", id="what a mute card leaves"),
        pytest.param("kart", id="not hex"),
    ],
)
def test_other_atr_is_not_recognised(atr: str) -> None:
    assert load().card_for(atr) is None


def test_only_v10_is_read_by_opensc() -> None:
    assert {card.id for card in load().cards if card.opensc_driver == "akis"} == {"akis-v10"}
    assert {card.id for card in load().cards if card.opensc_driver} == {"akis-v10"}


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.id)
def test_card_has_the_name_of_its_heading_and_its_atrs_stand_there(card: Card) -> None:
    section = cited(card.source)

    assert card.source.endswith(f"#{card.id}")
    for atr in (*card.atrs, *card.starts):
        assert f"`{atr}`" in section


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{type(row).__name__}-{row.id}")
def test_source_heading_exists(row: Card | Module | Reader) -> None:
    assert cited(row.source)


@pytest.mark.parametrize("reader", readers(), ids=lambda reader: reader.id)
def test_reader_driver_heading_exists_and_ids_stand_in_the_notes(reader: Reader) -> None:
    assert cited(reader.driver)
    for usb in reader.usb:
        assert re.fullmatch("[0-9A-F]{4}:[0-9A-F]{4}", usb)
        assert f"`{usb}`" in cited(reader.source)


@pytest.mark.parametrize("rows", [CARDS, load().modules, readers()])
def test_ids_are_unique_and_kebab_case(rows: tuple[Card | Module | Reader, ...]) -> None:
    ids = [row.id for row in rows]

    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch("[a-z0-9]+(-[a-z0-9]+)*", row_id) for row_id in ids)


def test_no_atr_fits_two_cards() -> None:
    """Two patterns meet when at each place they agree or one of them is open."""
    patterns = [(card.id, pattern) for card in CARDS for pattern in card.atrs]
    patterns += [(card.id, f"h{pattern}") for card in CARDS for pattern in card.historical]
    starts = [(card.id, pattern) for card in CARDS for pattern in card.starts]

    meetings = [
        (one, other)
        for place, (one, first) in enumerate(patterns)
        for other, second in patterns[place + 1 :]
        if len(first) == len(second) and fits(first, second)
    ]
    meetings += [
        (one, other)
        for place, (one, first) in enumerate(starts)
        for other, second in starts[place + 1 :]
        if fits(first, second)
    ]

    assert meetings == []


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.id)
def test_patterns_are_whole_bytes_in_upper_case(card: Card) -> None:
    for pattern in (*card.atrs, *card.historical, *card.starts, *card.contains):
        assert re.fullmatch("([0-9A-F.]{2})+", pattern)


@pytest.mark.parametrize("card", [card for card in load().cards if card.family == "akis"])
def test_check_byte_of_each_shipped_akis_atr_is_right(card: Card) -> None:
    for atr in set(card.atrs) - {WITHOUT_CHECK_BYTE}:
        assert functools.reduce(operator.xor, bytes.fromhex(atr)[1:]) == 0


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.id)
def test_modules_of_a_card_exist_and_are_for_cards(card: Card) -> None:
    assert bool(card.modules) is (card.holds == "nes" or card.family == "akis")
    assert all(load().module(module_id).purpose == "card" for module_id in card.modules)


@pytest.mark.parametrize("module", load().modules, ids=lambda module: module.id)
def test_module_paths_are_absolute_and_lead_to_the_module(module: Module) -> None:
    windows = (*module.windows, *module.windows_32)
    posix = (*module.linux, *module.macos)

    assert all(pathlib.PureWindowsPath(path).is_absolute() for path in windows)
    assert all(pathlib.PurePosixPath(path).is_absolute() for path in posix)
    for path in windows:
        assert module_at(path) is module
    for path in posix:
        assert module_at(path) is module
    for places in (module.linux, module.windows, module.windows_32, module.macos):
        assert len(set(places)) == len(places)


def test_module_names_are_unique_lower_case_ascii() -> None:
    names = [name for module in load().modules for name in module.names]

    assert len(set(names)) == len(names)
    assert all(name.isascii() and name == name.lower() for name in names)


@pytest.mark.parametrize(
    ("filename", "module_id"),
    [
        ("akisp11.dll", "akisp11"),
        ("AKISP11.DLL", "akisp11"),
        ("libeTPkcs11.so", "etpkcs11"),
        ("libeTPkcs11.so.10.8.28", "etpkcs11"),
        ("onepin-opensc-pkcs11.so", "opensc"),
        ("p11-kit-proxy.so", "p11-kit"),
        ("bit4xpki.dll", "bit4ipki"),
        ("libbit4opki.so", "bit4ipki"),
        ("cmP1164.dll", "cmp11"),
        ("libidprimepkcs11.0.dylib", "idprimepkcs11"),
    ],
)
def test_module_is_known_by_its_file_name(filename: str, module_id: str) -> None:
    module = module_at(filename)

    assert module is not None
    assert module.id == module_id


@pytest.mark.parametrize("filename", ["", "libc.so.6", "akİsp11.dll", "akisp11", "xakisp11.dll"])
def test_other_file_is_no_known_module(filename: str) -> None:
    assert module_at(filename) is None


@pytest.mark.parametrize(
    "filename",
    [
        "p11-kit-trust.so",
        "p11-kit-proxy.so",
        "p11-kit-client.so",
        "gnome-keyring-pkcs11.so",
        "libtpm2_pkcs11.so.0",
        "libsofthsm2.so",
        "pkcs11-spy.so",
    ],
)
def test_module_without_a_card_behind_it_is_marked_software(filename: str) -> None:
    module = module_at(filename)

    assert module is not None
    assert module.purpose == "software"


def test_software_module_is_looked_for_nowhere() -> None:
    for module in load().modules:
        if module.purpose == "software":
            assert (*module.linux, *module.windows, *module.windows_32, *module.macos) == ()


@pytest.mark.parametrize(
    ("platform", "bits", "first"),
    [
        ("linux", 64, "/usr/lib/libakisp11.so"),
        ("linux", 32, "/usr/lib/libakisp11.so"),
        ("win32", 64, r"C:\Windows\System32\akisp11.dll"),
        ("win32", 32, r"C:\Windows\SysWOW64\akisp11.dll"),
        ("darwin", 64, "/usr/local/lib/libakisp11.dylib"),
    ],
)
def test_paths_are_those_of_the_platform_and_the_process(
    platform: str, bits: int, first: str
) -> None:
    catalog = load()

    assert catalog.module("akisp11").paths(platform, bits)[0] == first


@pytest.mark.parametrize(
    ("module_id", "platform", "bits", "path"),
    [
        ("akisp11", "win32", 64, r"C:\Program Files\AKIS\akisp11.dll"),
        (
            "idprimepkcs11",
            "win32",
            64,
            r"C:\Program Files\SafeNet\Authentication\SAC\x64\IDPrimePKCS1164.dll",
        ),
        (
            "idprimepkcs11",
            "win32",
            32,
            r"C:\Program Files (x86)\Gemalto\IDGo 800 PKCS#11\IDPrimePKCS11.dll",
        ),
        ("etpkcs11", "linux", 64, "/usr/local/lib/libeToken.so"),
        ("gclib", "win32", 64, r"C:\Program Files\Gemalto\Classic Client\BIN\gclib.dll"),
        ("bit4ipki", "linux", 64, "/usr/lib/bit4id/libbit4xpki.so"),
        ("bit4ipki", "win32", 64, r"C:\Windows\System32\bit4xpki.dll"),
        ("cmp11", "win32", 64, r"C:\Windows\System32\cmP1164.dll"),
        ("opensc", "win32", 64, r"C:\Windows\System32\opensc-pkcs11.dll"),
    ],
)
def test_a_module_is_looked_for_where_other_programs_look(
    module_id: str, platform: str, bits: int, path: str
) -> None:
    module = load().module(module_id)

    assert path in module.paths(platform, bits)
    assert path.rpartition("\\" if platform == "win32" else "/")[2] in cited(module.source)


def test_unknown_platform_has_no_paths() -> None:
    assert load().module("opensc").paths("freebsd14", 64) == ()


def test_unknown_module_id_is_refused() -> None:
    with pytest.raises(KeyError, match="no-such"):
        load().module("no-such")


@pytest.mark.parametrize(
    ("pcsc_name", "ids"),
    [
        ("ACS ACR 38U-CCID 00 00", {"acs-38t", "acs-38t-desktop"}),
        ("ACS CCID USB Reader 0", {"acs-38t", "acs-38t-desktop"}),
        ("ACS ACR38U 00 00", {"acs-38u"}),
        ("ACS ACR38U-CCID 0", {"acs-38t", "acs-38t-desktop"}),
        ("ACS ACR39U ICC Reader 0", {"acs-39t"}),
        ("Gemalto USB Shell Token V2 (0123456789) 01 00", {"gemalto-k30", "gemplus-key"}),
        ("Gemalto PC Twin Reader 00 00", {"gemalto-pc-twin"}),
        ("Gemplus USB SmartCard Reader 0", {"gemalto-k30", "gemplus-key", "gemalto-pc-twin"}),
        ("SCM Microsystems Inc. SCR 3310 [CCID Interface] (21120906) 00 00", {"identiv-scr33xx"}),
        ("Identiv SCR3500 A Contact Reader [CCID Interface] 00 00", {"identiv-scr35xx"}),
        ("Cherry KC 1000 SC 00 00", {"cherry-kc1000"}),
        (
            "Broadcom Corp 58200 [Contacted SmartCard] (0123456789ABCD) 01 00",
            {"broadcom-58xx", "broadcom-58200-unsupported"},
        ),
        ("Broadcom Corp 5880 [Contacted SmartCard] 00 00", {"broadcom-58xx", "broadcom-5880-old"}),
        ("Alcor Micro AU9520 00 00", {"alcor-au9520"}),
        ("Alcor Micro AU9540 00 00", {"alcor-au9540"}),
        ("Windows Hello for Business 1", {"windows-virtual"}),
        ("Microsoft Virtual Smart Card 0", {"windows-virtual"}),
        ("udea MILKO V1. 00 00", {"udea-milko"}),
        ("OMNIKEY AG CardMan 6121 00 00", {"omnikey-6121"}),
        ("HID Global OMNIKEY 6121 Smart Card Reader 0", {"omnikey-6121"}),
        ("OMNIKEY AG CardMan 3121 00 00", {"omnikey-3x21"}),
        ("OMNIKEY CardMan 3x21 0", {"omnikey-3x21"}),
        ("HID Global OMNIKEY 3x21 Smart Card Reader 0", {"omnikey-3x21-hid"}),
        ("Virtual PCD 00 00", set[str]()),
        ("", set[str]()),
    ],
)
def test_reader_is_known_by_its_pcsc_name(pcsc_name: str, ids: set[str]) -> None:
    assert {reader.id for reader in readers_named(pcsc_name)} == ids


@pytest.mark.parametrize("reader", readers(), ids=lambda reader: reader.id)
def test_a_reader_has_a_usb_id_unless_a_program_plays_it(reader: Reader) -> None:
    assert bool(reader.usb) is (reader.form not in ("virtual", "contactless"))
    assert reader.pcsc_names


@pytest.mark.parametrize("reader", readers(), ids=lambda reader: reader.id)
def test_a_reader_that_is_not_ccid_names_the_driver_to_install(reader: Reader) -> None:
    is_makers = reader.ccid in ("not-ccid", "maker-lists")
    assert bool(reader.package) is (is_makers and bool(reader.usb))


_MOVED = {
    ("0A5C:5844", "should-work"),
    ("0A5C:5845", "should-work"),
    ("072F:2224", "should-work"),
    ("046A:0202", "should-work"),
    ("1677:0341", "should-work"),
}
"""What libccid 1.5.2 (Debian 12) or 1.6.2 (Debian 13) lists in another section than 1.8.4."""


def test_readers_stand_in_the_section_of_the_installed_ccid_driver() -> None:
    require(LIBCCID.exists(), "libccid")
    sections = installed_sections()

    wrong = {
        (usb, section)
        for usb, section in sections.items()
        for ccid in {model.ccid for model in readers_with(usb)} | {_listed_section(usb)}
        if section != ccid
    }

    assert wrong <= _MOVED


def _listed_section(usb: str) -> str:
    known = driver_list_entry(usb)
    return "" if known is None else known.ccid


@pytest.mark.parametrize("reader", readers(), ids=lambda reader: reader.id)
def test_what_is_said_of_a_reader_is_what_drivers_list(reader: Reader) -> None:
    for usb in reader.usb:
        known = driver_list_entry(usb)

        assert known is not None, usb
        of_acs = ("maker-lists", "not-ccid") if known.ccid == "-" else ()
        assert reader.ccid in (known.ccid, *of_acs), usb


def test_a_line_of_the_drivers_lists_is_found_by_its_whole_id() -> None:
    scr_532 = DriverListEntry(
        ccid="supported", kind="terminal", name="SCM Microsystems Inc. SPR 532"
    )

    assert driver_list_entry("04E6:E003") == scr_532
    assert driver_list_entry("04E6:E00") is None
    assert driver_list_entry("46D:C31C") is None


def test_historical_bytes_of_an_answer_without_check_byte() -> None:
    assert historical_bytes("3B6D000080318065B08301029083009000") == "80318065B08301029083009000"


@pytest.mark.parametrize(
    "written",
    [
        "3B 68 00 00 73 C8 40 12 00 90 00 00",
        "3b:68:00:00:73:c8:40:12:00:90:00:00",
        "0x3B, 0x68, 0x00, 0x00, 0x73, 0xC8, 0x40, 0x12, 0x00, 0x90, 0x00, 0x00",
        r"\x3B\x68\x00\x00\x73\xC8\x40\x12\x00\x90\x00\x00",
        "[3B-68-00-00-73-C8-40-12-00-90-00-00] and more",
        "ATR=3B680000 73C84012 00900000;",
        "0x3B68000073C8401200900000",
        "3b 68 00 00 73 c8   ;..s.\n 40 12 00 90  00 00        @.ad be\n",
        "3b 68 00 00\n73 c8\n40 12 00 90 00 00\nbe ad\n",
    ],
)
def test_an_answer_is_found_however_it_is_written(written: str) -> None:
    found = [atr for _, atr in answers(f"first\n{written}".splitlines())]

    assert found == ["3B68000073C8401200900000"]
    assert is_whole(found[0])


def test_what_follows_a_cut_answer_is_no_part_of_it() -> None:
    lines = ["3b 68 00 00", "Card state: 12", "3b 68 00", "and a word"]

    assert list(answers(lines)) == [(0, "3B680000"), (2, "3B6800")]
    assert not any(is_whole(atr) for _, atr in answers(lines))
    endless = ["3b 80", *["80"] * 50_000]
    assert [len(atr) for _, atr in answers(endless)] == [66]


def test_historical_bytes_may_be_none() -> None:
    assert historical_bytes("3B00") == ""


@pytest.mark.parametrize("atrs", KNOWN.values())
def test_a_truncated_answer_has_no_historical_bytes(atrs: str) -> None:
    for atr in set(atrs.split()) - {WITHOUT_CHECK_BYTE}:
        assert {historical_bytes(atr[:end]) for end in range(0, len(atr), 2)} == {""}


@given(st.text(string.hexdigits, max_size=80) | st.text(max_size=10))
def test_any_text_has_historical_bytes_or_none(text: str) -> None:
    assert historical_bytes(text) in "".join(text.split()).upper()


@given(st.text(string.hexdigits, max_size=80) | st.text(max_size=10))
def test_any_text_can_be_asked_about(text: str) -> None:
    card = load().card_for(text)

    assert card is None or card in load().cards


CARD = """
[[card]]
id = "one"
name = "One"
family = "one"
modules = []
holds = "nes"
source = "akis.md#akis-v3"
"""


def test_good_row_is_read() -> None:
    catalog = _catalog(CARD)

    assert catalog == Catalog(
        cards=(
            Card(
                id="one",
                name="One",
                family="one",
                modules=(),
                holds="nes",
                source="akis.md#akis-v3",
            ),
        ),
        modules=(),
    )


@pytest.mark.parametrize(
    ("cards", "place"),
    [
        (CARD + CARD.replace('"One"', "1"), r"\$\.card\[1\]\.name"),
        (CARD + CARD.replace("nes", "maybe"), r"\$\.card\[1\]\.holds"),
        (CARD + "atrs = [7]\n", r"\$\.card\[0\]\.atrs\[0\]"),
        (CARD + 'atr = ["3B00"]\n', r"`atr` - at `\$\.card\[0\]`"),
        (CARD + '[[cards]]\nid = "two"\n', "`cards`"),
        ("", "`card`"),
    ],
)
def test_bad_row_names_its_place(cards: str, place: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=place):
        _catalog(cards)


def test_catalogue_is_read_once() -> None:
    assert load() is load()
