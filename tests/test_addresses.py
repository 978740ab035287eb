# SPDX-License-Identifier: Apache-2.0
"""Addresses without abbreviations: every entry of the list, and what only looks like one."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cardtool.catalog.addresses import Abbreviation, expand, load

_ENTRIES = [(entry, short) for entry in load() if entry.full for short in entry.short]
_UNCLEAR = [short for entry in load() if not entry.full for short in entry.short]
every_entry = pytest.mark.parametrize(
    ("entry", "short"), _ENTRIES, ids=[short for _, short in _ENTRIES]
)

_LETTERS = st.sampled_from("abcçdeğhıiİIkmnoösşuüABCDKNOS.,:/ -0123456789№º°'\u2019\u0301")
_SHORT = st.sampled_from([short for _, short in _ENTRIES])
_ADDRESSES = st.lists(st.one_of(_SHORT, st.text(_LETTERS, max_size=4)), max_size=12).map("".join)


def _written(entry: Abbreviation, short: str, mark: str) -> str:
    return f"Gül {short}{mark} 5" if entry.number else f"Gül {short}{mark} Yanı 5"


@every_entry
@pytest.mark.parametrize("mark", [".", ":", " .", ""])
def test_every_entry_is_written_in_full_with_and_without_its_dot(
    entry: Abbreviation, short: str, mark: str
) -> None:
    found = expand(_written(entry, short, mark))

    if entry.mark and not mark:
        assert found.text == _written(entry, short, mark)
        return
    colon = ":" if mark == ":" else ""
    assert found.text == _written(entry, entry.full, colon)
    assert [(each.place, each.full) for each in found.changes] == [(5, entry.full)]
    assert not found.unknown


@every_entry
def test_every_entry_is_found_in_capitals_as_turkish_has_them(
    entry: Abbreviation, short: str
) -> None:
    capitals = short.replace("i", "İ").replace("ı", "I").upper()

    found = expand(f"GÜL {capitals}. 5")

    assert found.text == f"GÜL {entry.full.replace('i', 'İ').replace('ı', 'I').upper()} 5"
    assert "\u0307" not in found.text


@every_entry
def test_every_entry_is_found_without_a_space_before_its_number(
    entry: Abbreviation, short: str
) -> None:
    assert expand(f"Gül {short}.5").text == f"Gül {entry.full} 5"


@pytest.mark.parametrize("entry", load(), ids=lambda entry: entry.full)
@pytest.mark.parametrize("mark", ["", ".", ":", ". 5", ": 5", " 5"])
def test_a_full_form_stays_as_it_is(entry: Abbreviation, mark: str) -> None:
    for full in filter(None, (entry.full, entry.ordinal, entry.street)):
        found = expand(f"Gül {full}{mark}")

        if entry.number and " " not in full and mark == ". 5":
            assert found.text == f"Gül {full} 5"
            continue
        assert found.text == f"Gül {full}{mark}"
        assert found.changes == found.unknown == ()


def test_no_short_form_means_two_things() -> None:
    meant: dict[str, str] = {}

    for entry, short in _ENTRIES:
        key = short.replace(".", "").replace(" ", "").replace("İ", "i").casefold()
        assert meant.setdefault(key, entry.full) == entry.full, short


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        (
            "Gül Mah. Atatürk Cad. No:5 K:3 D:12 Merkez/Kırıkkale",
            "Gül Mahallesi Atatürk Caddesi Numara: 5 Kat: 3 Daire: 12 Merkez/Kırıkkale",
        ),
        ("Yeni Mah.Işık Sok.No.5/3 D.4", "Yeni Mahallesi Işık Sokak Numara 5/3 Daire 4"),
        ("1234.Sok.No:5D:3", "1234. Sokak Numara: 5 Daire: 3"),
        ("IŞIK SOK. İNCİ APT. NO 5", "IŞIK SOKAK İNCİ APARTMANI NUMARA 5"),
        ("ışık sok. inci apt. no 5", "ışık Sokak inci Apartmanı Numara 5"),
        ("Org. San. Böl. 3. Cad. A Bl. 5", "Organize Sanayi Bölgesi 3. Cadde A Blok 5"),
        ("Gül Mah. 3. Cad. ve Işık Cad. 5", "Gül Mahallesi 3. Cadde ve Işık Caddesi 5"),
        ("İl Sağ. Müd. Kkale", "İl Sağlık Müdürlüğü Kırıkkale"),
        ("3 Nolu Aile Sağ. Mrk. Keskin", "3 Numaralı Aile Sağlığı Merkezi Keskin"),
        ("3 No'lu Aile Sağlığı Mrk.", "3 Numaralı Aile Sağlığı Merkezi"),
        ("Yenidoğan ASM Kat 2", "Yenidoğan Aile Sağlığı Merkezi Kat 2"),
        (
            "T.C. Kırıkkale Üniv. Tıp Fak. Hast.",
            "Türkiye Cumhuriyeti Kırıkkale Üniversitesi Tıp Fakültesi Hastanesi",
        ),
        ("Gül  Mah.\n\tNo : 5", "Gül Mahallesi Numara: 5"),
        ("Cad., Sok.; (Apt.)", "Caddesi, Sokak; (Apartmanı)"),
        ("Gül Mah.. No.: 5", "Gül Mahallesi Numara: 5"),
        ("604 Sokak K 2 D 5", "604 Sokak Kat 2 Daire 5"),
        ("Gül Sokak K3 D12", "Gül Sokak Kat 3 Daire 12"),
        ("Gül Sokak K3D12", "Gül Sokak Kat 3 Daire 12"),
        ("Gül Sokak D-3 K-2", "Gül Sokak Daire 3 Kat 2"),
        ("Gül Sokak Kat.3 Daire.: 4", "Gül Sokak Kat 3 Daire: 4"),
        ("Gül Sokak Nº 5 N° 6 № 7", "Gül Sokak Numara 5 Numara 6 Numara 7"),
        ("Gül Cad№5 Işık№ 6", "Gül Caddesi Numara 5 Işık Numara 6"),
        ("Gül Sokak No5 K1", "Gül Sokak Numara 5 Kat 1"),
        ("Gül Sokak 12/A D 2", "Gül Sokak 12/A Daire 2"),
        ("Gül Sitesi A Bl. D 2", "Gül Sitesi A Blok Daire 2"),
        ("Gül Sokak Kat 2 D 5", "Gül Sokak Kat 2 Daire 5"),
        ("GÜL SOKAK NO-5", "GÜL SOKAK NUMARA 5"),
        ("Org. Sanayi 5", "Organize Sanayi 5"),
        ("2. Çık. Sok. 5", "2. Çıkmaz Sokak 5"),
        ("2. Çık. 5", "2. Çıkmaz 5"),
        ("Bel. Cad. 5 Keskin Bel.", "Belediye Caddesi 5 Keskin Belediyesi"),
        ("Pas. Sokağı 5", "Pasaj Sokağı 5"),
        ("Gül Bul. 5", "Gül Bulvarı 5"),
        ("Mrk. Mah. Gül Sokak 5", "Merkez Mahallesi Gül Sokak 5"),
        ("Ankara Yolu 12. km. Keskin İlç.", "Ankara Yolu 12. Kilometre Keskin İlçesi"),
        ("Karayolları Gen. Müd.", "Karayolları Genel Müdürlüğü"),
    ],
)
def test_addresses_are_written_as_people_read_them(given: str, wanted: str) -> None:
    found = expand(given)

    assert found.text == wanted
    assert not found.unknown


@pytest.mark.parametrize(
    "address",
    [
        "Noter Sokağı Nokta Sitesi Norşin",
        "Kadı Caddesi Komando Sokağı Dağ Mahallesi",
        "D400 Karayolu Kat 2 Kat:3 Daire 5 Daire:7",
        "Sandıklı Sanatkârlar Sitesi Orgeneral Sokağı San Mahallesi",
        "II. Abdülhamit Caddesi, 3. Cadde, IV. Murat Sokağı 12",
        "Kars Caddesi İstasyon Mahallesi Ankara Yolu",
        "Gül Sokağı. 5",
        "Gül Sokağı 5 Keskin.",
        "D-400 Karayolu 5 Numara 12D 3",
        "12A/3 6-8 71450",
        "",
    ],
)
def test_a_word_that_only_begins_like_one_stays_as_it_is(address: str) -> None:
    found = expand(address)

    assert found.text == address
    assert found.changes == found.unknown == ()


@pytest.mark.parametrize(
    ("address", "unknown"),
    [
        ("Sağ. Ocağı Cad. 5", [("Sağ", 1)]),
        ("Gül Mah. M. Kemal Cad. 5", [("M", 10)]),
        ("Kars. Yolu", [("Kars", 1)]),
        ("Gül Xyz. Yx. 5", [("Xyz", 5), ("Yx", 10)]),
        ("Hasandede K. yanı", [("K", 11)]),
        ("Gül Sokak K 2", [("K", 11)]),
        ("Gül Sokak D400", [("D", 11)]),
        ("Gül Sokak 12D3", [("D", 13)]),
        ("Gül Sitesi Blok D-5", [("D", 17)]),
        ("Org. Eşref Bitlis Cad. 5", [("Org", 1)]),
        ("Bul. Sanayi 5", [("Bul", 1)]),
        ("Gen. Gül Cad. 5", [("Gen", 1)]),
        ("Gül Sokak 5 Bakkal Üst.", [("Üst", 20)]),
    ],
)
def test_a_word_with_a_dot_that_the_list_lacks_is_reported_where_it_stands(
    address: str, unknown: list[tuple[str, int]]
) -> None:
    found = expand(address)

    assert [(each.short, each.place) for each in found.unknown] == unknown
    assert all(each.full == "" for each in found.unknown)


@pytest.mark.parametrize("short", _UNCLEAR)
@pytest.mark.parametrize("mark", ["", "."])
def test_what_may_mean_two_things_is_reported_with_and_without_its_dot(
    short: str, mark: str
) -> None:
    found = expand(f"Gül {short}{mark}/Kırıkkale")

    assert [(each.short, each.place) for each in found.unknown] == [(short, 5)]
    assert found.text == f"Gül {short}{mark}/Kırıkkale"


def test_changes_say_what_stood_where() -> None:
    address = "Gül Mah. 3. Cad. No: 5"

    for each in expand(address).changes:
        assert address[each.place - 1 :].startswith(each.short)
    assert [each.full for each in expand(address).changes] == ["Mahallesi", "Cadde", "Numara"]


@given(_ADDRESSES)
@example("Mah.Sok.Cad.")
@example("K.Cad.5")
@example("Cad.\u0301")
@example("K:K:5")
@example("Cad№0")
@example("Gül№№7")
def test_writing_in_full_twice_changes_nothing_more(address: str) -> None:
    once = expand(address)
    twice = expand(once.text)

    assert twice.text == once.text
    assert twice.changes == ()


@given(st.text(max_size=60))
def test_any_text_comes_through_and_twice_is_as_once(address: str) -> None:
    once = expand(address)

    assert expand(once.text).text == once.text
    if not once.changes:
        assert once.text == unicodedata.normalize("NFC", " ".join(address.split()))


def test_ten_thousand_letters_take_no_longer_than_they_should() -> None:
    assert expand("a" * 10_000).text == "a" * 10_000
    assert expand("a." * 5_000).changes == ()
    assert expand("Cad." * 2_500).text.split() == ["Caddesi"] * 2_500
