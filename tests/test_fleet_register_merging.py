# SPDX-License-Identifier: Apache-2.0
"""What a register does to the one before: nothing is wiped by a file that is not it."""

import io
import os
import sys
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from cardtool.cli import main
from cardtool.fleet.register.keeping import merge
from cardtool.fleet.register.people import Disguise, Register, read
from cardtool.fleet.store.database import Store
from cardtool.fleet.store.tables import PERSON
from cardtool.model.hiding import hashed
from cardtool.model.refused import Refused
from cardtool.model.surroundings import IdentityPolicy
from cardtool.text import Text
from tests import fleets
from tests.fleets import Keep
from tests.rig.certificates import tckn
from tests.rig.terminal import Terminal

FULL = Disguise(policy=IdentityPolicy.FULL)
NUMBERS = tuple(tckn(20 + each) for each in range(10))


def table(*rows: str) -> bytes:
    return "".join(f"{row}\n" for row in rows).encode()


def ten(heading: str, row: str) -> bytes:
    """Return a register of ten people; `{}` in the row is the number of each."""
    return table(heading, *(row.replace("{}", number) for number in NUMBERS))


def known(store: Store, *fields: str) -> list[tuple[str, ...]]:
    with store.reading() as connection:
        rows = connection.execute(select(PERSON).order_by(PERSON.c.place)).all()
    return [tuple(getattr(row, field) for field in fields) for row in rows]


def taken(body: bytes, disguise: Disguise = FULL) -> Register:
    return read(body, {}, disguise)


@pytest.mark.parametrize("number", ["100******36", "1000000XXXX", "*******0146", "●●●●●●●●146"])
def test_a_register_of_masked_numbers_alone_changes_nothing(keep: Keep, number: str) -> None:
    store = keep()
    merge(store, taken(ten("TCKN;Birim", "{};Acil")))

    masked = taken(ten("TCKN;Birim", f"{number};Acil"))

    assert {each.reason for each in masked.troubles} == {"number-masked"}
    with pytest.raises(Refused, match="register-empty"):
        merge(store, masked, may_remove_many=True)
    assert known(store, "number") == [(each,) for each in NUMBERS]


def test_more_than_a_fifth_goes_only_where_somebody_said_so(keep: Keep) -> None:
    store = keep()
    merge(store, taken(ten("TCKN;Birim", "{};Acil")))
    lines = ten("TCKN;Birim", "{};Acil").splitlines()
    eight, seven = taken(b"\n".join(lines[:9])), taken(b"\n".join(lines[:8]))

    with pytest.raises(Refused, match="register-many-gone"):
        merge(store, seven)
    assert len(known(store, "number")) == 10
    assert merge(store, eight).gone == 2
    assert merge(store, taken(b"\n".join(lines[:3])), may_remove_many=True).gone == 6


def test_a_column_that_is_not_understood_is_named_and_wipes_nothing(keep: Keep) -> None:
    store = keep()
    merge(store, taken(ten("TCKN;Ad Soyad;Birim;E-posta", "{};AYŞE ÖRNEK;Acil;a@ornek.example")))

    merged = merge(store, taken(ten("TCKN;Nerede;Ad Soyad;Yaka No", "{};Vezne;ALİ ÖRNEK;7")))

    assert merged.unread == ("Nerede", "Yaka No")
    assert merged.carried == ("unit", "email")
    assert set(known(store, "name", "unit", "email")) == {
        ("ALİ ÖRNEK", "Acil", "a@ornek.example"),
    }


def test_an_empty_cell_of_a_column_that_is_there_does_empty_what_was_known(keep: Keep) -> None:
    store = keep()
    merge(store, taken(ten("TCKN;Birim;Adres", "{};Acil;A blok")))

    merged = merge(store, taken(ten("TCKN;Birim;Adres", "{};;B blok")))

    assert merged.carried == ()
    assert set(known(store, "unit", "address")) == {("", "B blok")}


def test_a_masked_number_beside_a_computer_keeps_the_number_that_was_known(keep: Keep) -> None:
    store = keep()
    merge(store, taken(table("TCKN;PC", *(f"{each};m{each[7:9]}" for each in NUMBERS))))

    masked = table("TCKN;PC", *(f"100*****;m{each[7:9]}" for each in NUMBERS))
    merged = merge(store, taken(masked))

    assert (merged.gone, merged.carried) == (0, ("number",))
    assert known(store, "number") == [(each,) for each in NUMBERS]


def test_whoever_takes_over_a_computer_gets_nothing_of_who_had_it(keep: Keep) -> None:
    store = keep()
    merge(store, taken(table("TCKN;Ad;Adres;PC", f"{NUMBERS[0]};AYŞE;A blok;m1")))

    by_number = taken(table("TCKN;Ad;PC", f"{NUMBERS[1]};ALİ;m1"))
    merge(store, by_number, may_remove_many=True)
    assert known(store, "number", "name", "address") == [(NUMBERS[1], "ALİ", "")]

    merge(store, taken(table("Ad;PC", "CAN;m1")), may_remove_many=True)
    assert known(store, "number", "name") == [("", "CAN")]


def test_of_a_computer_that_several_share_nothing_is_carried_over(keep: Keep) -> None:
    store = keep()
    both = table("Kullanıcı;PC;Adres", "ayse;m1;A blok", "ali;m1;B blok")
    merge(store, taken(both))

    merge(store, taken(table("PC;Birim", "m1;Acil")), may_remove_many=True)

    assert known(store, "user", "host", "address", "unit") == [("", "m1", "", "Acil")]


def test_what_is_carried_over_is_disguised_as_the_policy_of_today_says(keep: Keep) -> None:
    store = keep()
    hashing = Disguise(policy=IdentityPolicy.HASHED, key=fleets.KEY)
    heading = "TCKN;Ad;Birim;Kullanıcı;PC"
    merge(store, taken(table(heading, f"{NUMBERS[0]};AYŞE ÖRNEK;Acil {NUMBERS[1]};ayse;m1")))

    for _ in range(2):  # what is hashed is not hashed again
        merge(store, taken(table("PC;Adres", "m1;A blok"), hashing))
        assert known(store, "number", "name", "unit", "user") == [
            (
                hashed(fleets.KEY, NUMBERS[0]),
                "",
                f"Acil {hashed(fleets.KEY, NUMBERS[1])}",
                hashed(fleets.KEY, "ayse"),
            )
        ]


@pytest.mark.parametrize(
    ("heading", "field"),
    [
        ("Görev Yaptığı Birim", "unit"),
        ("ÇALIŞTIĞI YER", "unit"),
        ("Bağlı Olduğu Müdürlük", "unit"),
        ("Personelin Görev Yaptığı Servis (kadro)", "unit"),
        ("Görev Yaptığı Kurum", "unit"),
        ("Kurum E-Posta", "email"),
        ("Kurumsal E Posta Adresi", "email"),
        ("Resmi mail adresi", "email"),
        ("Personelin Adı - Soyadı", "name"),
        ("UNVANI ADI SOYADI", "name"),
        ("AD/SOYAD", "name"),
        ("Kurum Açık Adresi", "address"),
        ("Kullandığı Bilgisayar Adı", "host"),
        ("Windows Kullanıcı Adı", "user"),
        ("Bilgisayar Oturum Adı", "user"),
        ("Görevli Olduğu Kurum/Birim", "unit"),
        ("Birim İsmi", "unit"),
        ("Kurum E-Postası", "email"),
        ("Kişi Adı Soyadı", "name"),
        ("Bilgisayar Adı / IP", "host"),
        ("Bilgisayar Demirbaş Adı", "host"),
        ("Kullanıcı Kodu", "user"),
        ("Logon Name", "user"),
        ("SamAccountName", "user"),
        ("Employee Name", "name"),
        ("Başvuru Sahibi Adı Soyadı", "name"),
        ("Ad Soyad / Name", "name"),
        ("Sertifika Sahibi", "name"),
        ("Sağlık Tesisi", "unit"),
        ("Aile Sağlığı Merkezi", "unit"),
        ("Daire Başkanlığı", "unit"),
        ("Görevli Olduğu Yer", "unit"),
    ],
)
def test_a_heading_of_everyday_is_understood_by_its_words(heading: str, field: str) -> None:
    register = taken(table(f"TC Kimlik Numarası (11 hane);{heading}", f"{NUMBERS[0]};x"))

    assert getattr(register.lines[0].entry, field) == "x"
    assert register.unread == ()


@pytest.mark.parametrize(
    "heading",
    ["Sertifika Sahibi TC", "E-İmza Sahibinin T.C. Kimlik No",
     "Başvuru Sahibi TC Kimlik No", "Kullanıcı TC",
     "Memurun TC No",
     "TC Kimlik No / ID", "T.C. KİMLİK NU.", "TC.KİM.NO", "TC Kimlik No'su", "Citizen ID"],
)  # fmt: skip
def test_the_number_is_found_under_whatever_it_is_called(heading: str) -> None:
    register = taken(table(f"{heading};Birim", f"{NUMBERS[0]};Acil"))

    assert register.lines[0].entry.number == NUMBERS[0]


@pytest.mark.parametrize(
    "heading",
    ["Doğum Yeri", "Baba Adı", "Ev Adresi", "Posta Adresi", "Kimlik Seri No", "Hesap No",
     "Sicil No", "Birim Kodu", "Kadro Unvanı", "Görevi", "Kişisel E-posta", "IP Adresi",
     "Personel No", "Görevleri", "Bitimi", "Kurum Kodu", "Sözleşme Bitimi", "Demirbaş No",
     "Sertifika Seri No", "Kart No", "Bilgisayar IP", "Bilgisayar Demirbaş No", "Cihaz Seri No",
     "Başvuru No", "Sertifika Adı"],
)  # fmt: skip
def test_a_heading_that_says_something_else_is_not(heading: str) -> None:
    register = taken(table(f"TCKN;Birim;{heading}", f"{NUMBERS[0]};Acil;x"))

    assert register.unread == (heading,)
    assert "'x'" not in repr(register.lines)


@pytest.mark.parametrize("heading", ["Office", "Cihaz", "ID number", "IP number", "Employer"])
def test_a_heading_that_may_say_something_else_is_not_guessed(heading: str) -> None:
    register = taken(table(f"User;E-posta;{heading}", "ayse;ayse@kurum.example;x"))

    assert register.unread == (heading,)
    assert register.troubles == ()


def test_a_list_of_units_and_institutions_has_its_units_read() -> None:
    register = taken(table("TCKN;Kurumu;Görev Yaptığı Birim", f"{NUMBERS[0]};Hastane;Acil"))

    assert register.lines[0].entry.unit == "Acil"
    assert register.unread == ("Kurumu",)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b'\r\n <html xmlns:x="urn:x"><table><tr><td>TCKN</td><td>Ad</td></tr></table>', "HTML"),
        ("\ufeff<!DOCTYPE html>\n<p>".encode("utf-16"), "HTML"),
        (b"\xef\xbb\xbf<TABLE border=1>", "HTML"),
        (b'<?xml version="1.0"?>\n<?mso-application progid="Excel.Sheet"?>', "XML"),
        (b"MIME-Version: 1.0\nContent-Type: multipart/related", "MHTML"),
    ],
)
def test_a_file_under_anothers_ending_is_called_what_it_is(body: bytes, kind: str) -> None:
    with pytest.raises(Refused, match="register-kind") as met:
        taken(body)

    assert met.value.facts == {"kind": kind}


def _archive(name: str) -> bytes:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        archive.writestr(name, "x")
    return body.getvalue()


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"%PDF-1.7\n", "PDF"),
        (b"{\\rtf1\\ansi", "RTF"),
        (b'[\n {"tc": "1"}]', "JSON"),
        (b"\xff\xd8\xff\xe0", "JPEG"),
        (b"\x89PNG\r\n\x1a\n", "PNG"),
        (b"Rar!\x1a\x07\x01\x00", "RAR"),
        (b"\0\1\0\0Standard Jet DB", "Access"),
        (_archive("word/document.xml"), "Word"),
        (_archive("ppt/presentation.xml"), "PowerPoint"),
        (_archive("list.csv"), "ZIP"),
    ],
)
def test_a_file_that_no_spreadsheet_opens_is_called_what_it_is(body: bytes, kind: str) -> None:
    with pytest.raises(Refused, match="register-other") as met:
        taken(body)

    assert met.value.facts == {"kind": kind}


def test_a_damaged_workbook_is_not_called_an_archive() -> None:
    with pytest.raises(Refused, match="register-broken"):
        taken(_archive("xl/workbook.xml"))


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-16", "cp1254", "utf-8"])
@pytest.mark.parametrize("delimiter", [";", "|"])
def test_no_mark_of_an_encoding_is_needed(encoding: str, delimiter: str) -> None:
    body = f"TCKN;Görev Yeri\n{NUMBERS[0]};Şırnak Acil\n".replace(";", delimiter)

    assert taken(body.encode(encoding)).lines[0].entry.unit == "Şırnak Acil"


@pytest.fixture(name="home")
def _home(tmp_path: Path) -> Path:
    (tmp_path / "config.toml").write_text('[fleet]\nidentity = "full"\n')
    (tmp_path / "ten.csv").write_bytes(ten("TCKN;Birim", "{};Acil"))
    (tmp_path / "two.csv").write_bytes(b"\n".join(ten("TCKN;Birim", "{};Acil").split()[:3]))
    (tmp_path / "none.csv").write_bytes(ten("TCKN;Birim", "1*********;Acil"))
    return tmp_path


def _merge(home: Path, *words: str) -> Result:
    runner = CliRunner(env={"CARDTOOL_CONFIG": str(home / "config.toml")})
    return runner.invoke(main, ["fleet", "merge", *words, "--database", str(home / "fleet.db")])


@pytest.mark.parametrize("language", ["tr", "en"])
def test_a_script_is_refused_what_it_did_not_say_yes_to(home: Path, language: str) -> None:
    spoken = ("--lang", language)
    assert _merge(home, str(home / "ten.csv")).exit_code == 0

    empty = _merge(home, str(home / "none.csv"), "--yes", *spoken)
    asked = _merge(home, str(home / "two.csv"), *spoken)

    assert (empty.exit_code, asked.exit_code) == (3, 3)
    assert Text(language).label("register-number-masked") in empty.stderr
    assert "--yes" in asked.stderr
    assert "…" not in empty.stderr + asked.stderr
    store = Store(str(home / "fleet.db"))
    assert len(known(store, "number")) == 10
    store.close()
    assert _merge(home, str(home / "two.csv"), "--yes", *spoken).exit_code == 0


@pytest.mark.parametrize("form", ["terminal", "json"])
def test_nothing_is_imported_if_the_file_that_is_to_tell_it_cannot_be_written(
    home: Path, form: str
) -> None:
    told = ("--format", form, "--unseen", "-o")

    done = _merge(home, str(home / "ten.csv"), *told, str(home / "none" / "report.txt"))

    assert done.exit_code == 3
    assert "report.txt" in done.stderr
    store = Store(str(home / "fleet.db"))
    assert known(store, "number") == []
    store.close()
    assert _merge(home, str(home / "ten.csv"), *told, str(home / "report.txt")).exit_code == 0
    assert (home / "report.txt").stat().st_size


@pytest.mark.parametrize(("answer", "left"), [("n", 10), ("y", 2)])
def test_at_a_terminal_it_asks_before_many_go(home: Path, answer: str, left: int) -> None:
    assert _merge(home, str(home / "ten.csv")).exit_code == 0
    place = ("--database", home / "fleet.db", "--lang", "en")
    command = (sys.executable, "-m", "cardtool", "fleet", "merge", home / "two.csv", *place)

    with Terminal(command, {**os.environ, "CARDTOOL_CONFIG": str(home / "config.toml")}) as typing:
        typing.type(answer, after="[y/N]")
        typing.end()

    store = Store(str(home / "fleet.db"))
    assert len(known(store, "number")) == left
    store.close()


@pytest.mark.parametrize("form", ["terminal", "json"])
def test_without_a_register_nobody_is_called_seen(home: Path, form: str) -> None:
    Store(str(home / "fleet.db")).close()

    done = _merge(home, "--unseen", "--format", form)

    assert done.exit_code == 3
    assert done.stdout == ""
    assert "fleet merge" in done.stderr
