# SPDX-License-Identifier: Apache-2.0
"""Personnel registers: any file a department keeps, people as the policy says, nothing lost."""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl  # type: ignore[import-untyped]
import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from cardtool.cli import main
from cardtool.fleet.register.keeping import merge, unseen
from cardtool.fleet.register.people import Disguise, Register, read
from cardtool.model.hiding import hashed
from cardtool.model.lists import RegisterEntry
from cardtool.model.refused import Refused
from cardtool.model.surroundings import IdentityPolicy
from cardtool.text import Text
from tests import desks, fleets
from tests.fleets import Keep

NUMBER, NAME = desks.AYSE
FULL = Disguise(policy=IdentityPolicy.FULL)
HASHED = Disguise(policy=IdentityPolicy.HASHED, key=fleets.KEY)
RECORDED = Path(__file__).parent / "recorded" / "register" / "personnel.xls"

ROWS = (
    ("T.C.", "", "", ""),
    ("ÖRNEK MÜDÜRLÜĞÜ PERSONEL LİSTESİ", "", "", ""),
    ("", "", "", ""),
    ("Sıra", "T.C. KİMLİK NO", "ADI SOYADI", "BİLGİSAYARI"),
    ("1", NUMBER, NAME, "MASA-17.kurum.example"),
    ("", "", "", ""),
    ("2", desks.MEHMET[0], "ŞÜKRÜ IŞIK", ""),
)


def text_of(rows: Iterable[Iterable[str]], delimiter: str = ";") -> str:
    return "".join(delimiter.join(row) + "\r\n" for row in rows)


def workbook(*rows: tuple[object, ...], title: str = "Personel") -> openpyxl.Workbook:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = title
    for row in rows:
        sheet.append(row)
    return book


def saved(book: openpyxl.Workbook) -> bytes:
    body = io.BytesIO()
    book.save(body)
    return body.getvalue()


def entries(register: Register) -> tuple[RegisterEntry, ...]:
    return tuple(each.entry for each in register.lines)


def troubles(register: Register) -> list[tuple[int, str, bool]]:
    return [(each.row, each.reason, each.kept) for each in register.troubles]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1254"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_text_is_read_however_it_was_saved(encoding: str, delimiter: str) -> None:
    register = read(text_of(ROWS, delimiter).encode(encoding), {}, FULL)

    assert entries(register) == (
        RegisterEntry(number=NUMBER, name=NAME, host="masa-17"),
        RegisterEntry(number=desks.MEHMET[0], name="ŞÜKRÜ IŞIK"),
    )
    assert (register.rows, register.troubles) == (2, ())


def test_a_workbook_as_departments_keep_it_is_read() -> None:
    book = workbook(
        ("T.C.",),
        ("PERSONEL LİSTESİ",),
        (),
        ("Sıra", "TC Kimlik No", "Adı", "Soyadı", "Birimi", "Başlama", "Kullanıcı Adı"),
        (1, float(NUMBER), "AYŞE", "ÖRNEK", "Acil", date(2020, 1, 2), "KURUM\\Ayse"),
        (2, desks.MEHMET[0], "MEHMET", "ÖRNEK", None, date(2020, 1, 3), 17.0),
        (),
        ("Sıra", "TC Kimlik No", "Adı", "Soyadı", "Birimi", "Başlama", "Kullanıcı Adı"),
    )
    sheet = book.worksheets[0]
    sheet.merge_cells("A1:G1")
    sheet.merge_cells("E5:E6")

    register = read(saved(book), {}, FULL)

    assert entries(register) == (
        RegisterEntry(number=NUMBER, name=NAME, unit="Acil", user="ayse"),
        RegisterEntry(number=desks.MEHMET[0], name="MEHMET ÖRNEK", unit="Acil", user="17"),
    )
    assert register.troubles == ()


def test_a_workbook_of_the_old_format_is_read() -> None:
    register = read(RECORDED.read_bytes(), {}, FULL)

    assert [each.number for each in entries(register)] == [NUMBER, desks.MEHMET[0]]
    assert {each.unit for each in entries(register)} == {"Acil Servis"}
    assert troubles(register) == [(7, "number-wrong", False), (9, "nobody", False)]


def test_every_visible_sheet_is_read_and_a_hidden_one_is_not() -> None:
    heading = ("TCKN", "Bilgisayar")
    book = workbook(heading, (NUMBER, "a"), title="Acil")
    book.create_sheet("Not").append(("nothing",))
    for title, host in (("Arşiv", "b"), ("Eski", "c")):
        sheet = book.create_sheet(title)
        sheet.append(heading)
        sheet.append(("", host))
    book["Eski"].sheet_state = "hidden"

    assert [each.host for each in entries(read(saved(book), {}, FULL))] == ["a", "b"]
    assert [each.host for each in entries(read(saved(book), {}, FULL, "Arşiv"))] == ["b"]
    with pytest.raises(Refused, match="register-sheet"):
        read(saved(book), {}, FULL, "Eski")


def test_a_site_names_its_own_headings() -> None:
    body = text_of([("Vatandaş", "Makina", "Ad"), (NUMBER, "m1", "X")]).encode()

    register = read(body, {"number": "VATANDAŞ", "host": "makina"}, FULL)

    assert entries(register) == (RegisterEntry(number=NUMBER, host="m1", name="X"),)


@pytest.mark.parametrize(
    ("columns", "code"),
    [
        ({"number": "Sicil"}, "register-column"),
        ({"colour": "TCKN"}, "register-meaning"),
    ],
)
def test_a_heading_that_is_nowhere_is_refused(columns: dict[str, str], code: str) -> None:
    with pytest.raises(Refused, match=code):
        read(text_of([("TCKN", "PC"), (NUMBER, "a")]).encode(), columns, FULL)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "register-blank"),
        (saved(workbook()), "register-blank"),
        (text_of([("Sicil", "Adı Soyadı", "Birimi"), ("1", "x", "y")]).encode(), "register-nobody"),
        (b"-----BEGIN CERTIFICATE-----\nMII", "register-certificate"),
        (bytes.fromhex("308203A0"), "register-certificate"),
        (text_of([("a", "b"), ("1", "2")]).encode(), "register-headings"),
        (text_of([("TCKN", "PC")]).encode(), "register-no-rows"),
        (b"PK\x03\x04 no archive", "register-broken"),
        (bytes.fromhex("D0CF11E0A1B11AE1") + bytes(600), "register-broken"),
        (b'TCKN;PC\n"' + b"x" * 1_100_000, "register-broken"),
    ],
)
def test_what_is_no_register_is_refused(body: bytes, code: str) -> None:
    with pytest.raises(Refused, match=code):
        read(body, {}, FULL)


@pytest.mark.parametrize(
    ("cell", "number", "reason"),
    [
        ("100 000 001 46", NUMBER, ""),
        ("'10000000146", NUMBER, ""),
        ("10000000146.0", NUMBER, ""),
        ("10000000146,00", NUMBER, ""),
        ("10.000.000.146", NUMBER, ""),
        ("10,000,000,146", NUMBER, ""),
        ('="10000000146"', NUMBER, ""),
        ("`10000000146", NUMBER, ""),
        ("T.C.: 10000000146", NUMBER, ""),
        ("TCKN 10000000146.", NUMBER, ""),
        ("-", "", ""),
        ("1,0000000146E+10", NUMBER, ""),
        ("1,0E+10", "", "number-rounded"),
        ("1E+99", "", "number-rounded"),
        ("10000000147", "", "number-wrong"),
        ("1000000014", "", "number-wrong"),
        ("١٠٠٠٠٠٠٠١٤٦", "", "number-wrong"),
        ("yok", "", "number-wrong"),
        ("", "", ""),
    ],
)
def test_a_number_is_kept_only_if_it_is_one(cell: str, number: str, reason: str) -> None:
    register = read(text_of([("TCKN", "PC"), (cell, "a")]).encode(), {}, FULL)

    assert entries(register) == (RegisterEntry(number=number, host="a"),)
    assert troubles(register) == ([(2, reason, True)] if reason else [])


def test_a_quote_that_nothing_closes_swallows_no_person() -> None:
    body = f'TCKN;Ad;Adres\n{NUMBER};"AYŞE;x\n{desks.MEHMET[0]};ALİ;"Kat 1; No 2"\n;"'

    assert entries(read(body.encode(), {}, FULL)) == (
        RegisterEntry(number=NUMBER, name="AYŞE", address="x"),
        RegisterEntry(number=desks.MEHMET[0], name="ALİ", address="Kat 1; No 2"),
    )


def test_quotes_that_nothing_closes_cost_each_line_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    taken: list[str] = []
    of_csv = csv.reader

    def each(lines: Iterable[str]) -> Iterator[str]:
        for line in lines:
            taken.append(line)
            yield line

    def counting(lines: Iterable[str], **how: Any) -> Any:  # noqa: ANN401 - csv's own
        return of_csv(each(lines), **how)

    monkeypatch.setattr(csv, "reader", counting)
    rows = 500

    register = read(b"TCKN;Ad;PC\n" + f'{NUMBER}";"Ali";"PC-1\n'.encode() * rows, {}, FULL)

    assert register.rows == rows
    assert len(taken) <= 4 * 50 * (rows + 1)


def test_rows_that_excel_saved_as_one_cell_each_are_divided() -> None:
    body = f'TCKN,Ad\r\n"{NUMBER},""ÖRNEK, AYŞE"""\r\n'

    assert entries(read(body.encode(), {}, FULL)) == (
        RegisterEntry(number=NUMBER, name="ÖRNEK, AYŞE"),
    )


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("page", ["cp1254", "cp857", "iso-8859-9"])
def test_lines_of_other_encodings_were_pasted_into_a_list(page: str, mark: bytes) -> None:
    lines = f"{NUMBER};ŞÜKRÜ IŞIK\n".encode() * 20
    lines += f"{desks.MEHMET[0]};Çiğdem Öz\n".encode(page)

    register = read(mark + b"TCKN;Ad\n" + lines, {}, FULL)

    assert [each.name for each in entries(register)] == [*["ŞÜKRÜ IŞIK"] * 20, "Çiğdem Öz"]


@pytest.mark.parametrize(
    "heading", ["TC KİMLK NO", "T.C. Kimlki No", "T.C. Kimliik No", "T.C. Kimlok No"]
)
def test_a_heading_with_one_typing_mistake_is_understood_wherever_it_is(heading: str) -> None:
    rows = [(heading, "ADI SYADI"), (NUMBER, NAME), (heading, "ADI SYADI")]

    register = read(text_of(rows).encode(), {}, FULL)

    assert entries(register) == (RegisterEntry(number=NUMBER, name=NAME),)
    assert (register.rows, register.troubles, register.unread) == (1, (), ())


def test_lists_beside_each_other_are_all_read() -> None:
    rows = [("LİSTE", "", "", "", ""), ("TCKN", "Ad", "", "TCKN", "Ad")]
    rows += [(NUMBER, NAME, "", desks.MEHMET[0], "ALİ"), ("", "", "", "10000000147", "VELİ")]

    register = read(text_of(rows).encode(), {}, FULL)

    assert entries(register) == (
        RegisterEntry(number=NUMBER, name=NAME),
        RegisterEntry(number=desks.MEHMET[0], name="ALİ"),
    )
    assert (troubles(register), register.unread) == ([(4, "number-wrong", False)], ())


def test_a_column_before_lists_beside_each_other_belongs_to_all() -> None:
    rows = [("Birim", "TCKN", "Ad", "PC", "TCKN", "Ad")]
    rows += [("Acil", NUMBER, NAME, "a", desks.MEHMET[0], "ALİ"), ("Servis", "", "", "", "", "")]

    register = read(text_of(rows).encode(), {}, FULL)

    assert entries(register) == (
        RegisterEntry(number=NUMBER, name=NAME, unit="Acil", host="a"),
        RegisterEntry(number=desks.MEHMET[0], name="ALİ", unit="Acil"),
    )
    assert (troubles(register), register.unread) == ([], ())


def test_a_heading_that_is_there_twice_divides_no_person() -> None:
    rows = [("Telefon", "TCKN", "Ad", "Telefon", "PC", "User"), ("1", NUMBER, NAME, "2", "a", "b")]

    register = read(text_of(rows).encode(), {}, FULL)

    assert entries(register) == (RegisterEntry(number=NUMBER, name=NAME, host="a", user="b"),)


def test_headings_over_two_rows_are_one() -> None:
    rows = [("SIRA", "T.C.", "ADI", "BİRİM"), ("NO", "KİMLİK NO", "SOYADI", "")]
    rows += [("1", NUMBER, NAME, "Acil")]

    register = read(text_of(rows).encode(), {}, FULL)

    assert entries(register) == (RegisterEntry(number=NUMBER, name=NAME, unit="Acil"),)


@pytest.mark.parametrize("latin", ["latin-1", "cp1252"])
def test_a_text_that_was_saved_twice_as_utf_8_has_its_letters(latin: str) -> None:
    text = text_of([("TCKN", "Adı Soyadı"), (NUMBER, "ÇİĞDEM ÖĞÜT")])

    register = read(text.encode().decode(latin).encode(), {}, FULL)

    assert entries(register) == (RegisterEntry(number=NUMBER, name="ÇİĞDEM ÖĞÜT"),)


@pytest.mark.parametrize("name", ["ÄŸ ş", "Ã¼Ã"])
def test_letters_that_only_look_so_stay(name: str) -> None:
    register = read(text_of([("TCKN", "Ad"), (NUMBER, name)]).encode(), {}, FULL)

    assert entries(register) == (RegisterEntry(number=NUMBER, name=name),)


@pytest.mark.parametrize("cell", ["#YOK", "#N/A", "#BAŞV!"])
def test_what_excel_could_not_find_is_no_value(cell: str) -> None:
    rows = [("TCKN", "Birim", "PC"), (NUMBER, cell, cell)]

    assert entries(read(text_of(rows).encode(), {}, FULL)) == (RegisterEntry(number=NUMBER),)


def test_a_name_that_has_the_surname_already_gets_it_once() -> None:
    rows = [("TCKN", "Adı Soyadı", "Soyadı"), (NUMBER, "AYŞE ÖRNEK", "ÖRNEK"), ("", "", "")]
    rows += [(desks.MEHMET[0], "ALİ", "ALİ")]

    register = read(text_of(rows).encode(), {}, FULL)

    assert [each.name for each in entries(register)] == ["AYŞE ÖRNEK", "ALİ ALİ"]


@pytest.mark.parametrize("heading", ["Adı", "Personelin Adı", "First Name"])
def test_a_second_given_name_that_is_the_surname_too_stays(heading: str) -> None:
    rows = [("TCKN", heading, "Soyadı"), (NUMBER, "ALİ DENİZ", "DENİZ")]

    register = read(text_of(rows).encode(), {}, FULL)

    assert [each.name for each in entries(register)] == ["ALİ DENİZ DENİZ"]


@pytest.mark.parametrize("title", ["TOPLAM: 1", "Sayfa 1 / 1", "Düzenleme tarihi: 01.10.2026"])
def test_a_line_below_the_list_is_nobody_and_no_wrong_number(title: str) -> None:
    book = workbook(("TCKN", "Ad", "Birim"), (NUMBER, NAME, "Acil"), (title, None, None))
    book.worksheets[0].append((title, None, "1"))
    book.worksheets[0].merge_cells("A4:B4")

    register = read(saved(book), {}, FULL)

    assert troubles(register) == [(3, "nobody", False), (4, "nobody", False)]


def test_a_row_that_is_nobodys_is_told() -> None:
    rows = [("TCKN", "Ad", "PC"), ("", "X", ""), ("10000000147", "Y", ""), ("ACİL", "", "")]

    register = read(text_of(rows).encode(), {}, FULL)

    assert entries(register) == ()
    assert troubles(register) == [
        (2, "nobody", False),
        (3, "number-wrong", False),
        (4, "nobody", False),
    ]


def test_whoever_has_a_computer_called_as_a_heading_is_a_person_all_the_same() -> None:
    rows = [("TCKN", "Ad", "PC", "User"), (NUMBER, "AYŞE ÖRNEK", "pc", "user"), ("", "", "PC", "")]

    register = read(text_of(rows).encode(), {}, FULL)

    assert [(each.number, each.host) for each in entries(register)] == [(NUMBER, "pc")]


def test_a_row_over_several_lines_keeps_the_number_it_has_in_the_file() -> None:
    body = f'TCKN;PC\n"{NUMBER}";"a\nb"\n;\n1;\n'.encode()

    assert troubles(read(body, {}, FULL)) == [(5, "number-wrong", False)]


def test_a_person_is_hashed_as_certificates_are() -> None:
    rows = [("TCKN", "Ad", "PC", "Kullanıcı", "E-posta"), (NUMBER, NAME, "a", "K\\AYSE", "a@b")]

    (entry,) = entries(read(text_of(rows).encode(), {}, HASHED))

    snapshot = fleets.snapshot(
        "a", desks.AT, desks.nes(), user="ayse", identity=IdentityPolicy.HASHED
    )
    ((_, _, token),) = snapshot.tokens()
    assert isinstance(token.certificates, tuple)
    assert f'"{entry.number}"' in repr(token.certificates).replace("'", '"')
    assert snapshot.origin is not None
    assert entry.user == snapshot.origin.user == hashed(fleets.KEY, "ayse")
    assert (entry.name, entry.email) == ("", "")


@pytest.mark.parametrize("policy", [IdentityPolicy.MASKED, IdentityPolicy.HASHED])
def test_no_number_is_kept_in_any_column(policy: IdentityPolicy) -> None:
    heading = ("TCKN", "Ad", "Birim", "PC", "Kullanıcı", "Adres", "E-posta")
    row = tuple(f"x {NUMBER} y" for _ in heading)

    register = read(text_of([heading, row]).encode(), {}, Disguise(policy=policy, key=fleets.KEY))

    assert entries(register)
    assert NUMBER not in repr(register)


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    for head in (b"", b"TCKN;PC\n", b"PK\x03\x04"):
        try:
            register = read(head + body, {}, FULL)
        except Refused:
            continue
        assert register.rows >= len(entries(register))


def test_a_person_in_anothers_place_is_new_though_their_masked_numbers_are_alike(
    keep: Keep,
) -> None:
    store, heading = keep(), "TCKN;Ad Soyad;Birim\n"
    masked = Disguise(policy=IdentityPolicy.MASKED)
    first = read(f"{heading}10000000146;AYŞE ÖRNEK;A\n".encode(), {}, masked)
    other = read(f"{heading}10000005646;ALİ ÖRNEK;A\n".encode(), {}, masked)
    assert first.lines[0].entry.number == other.lines[0].entry.number

    merge(store, first)
    merged = merge(store, other, may_remove_many=True)

    assert (merged.new, merged.gone) == (1, 1)


def test_what_is_merged_again_changes_nothing(keep: Keep) -> None:
    register = read(text_of(ROWS).encode(), {}, FULL)
    store = keep()

    first, second = merge(store, register), merge(store, register)

    assert (first.kept, first.new, first.gone, first.repeated) == (2, 2, 0, 0)
    assert (second.kept, second.new, second.gone, second.repeated) == (2, 0, 0, 0)


def test_who_left_is_removed_from_that_register_alone(keep: Keep) -> None:
    store = keep()
    both = read(text_of(ROWS).encode(), {}, FULL)
    merge(store, both)
    merge(store, both, "other")

    one = merge(store, read(text_of([*ROWS[:5], ROWS[4]]).encode(), {}, FULL), may_remove_many=True)

    assert (one.rows, one.kept, one.new, one.gone, one.repeated) == (2, 1, 0, 1, 1)
    with store.reading() as connection:
        assert len(list(unseen(connection))) == 3


def test_whoever_was_seen_is_not_listed_as_unseen(keep: Keep) -> None:
    snapshots = [
        fleets.snapshot("a", desks.AT, desks.nes()),
        fleets.without_reader("MASA-2.kurum.example", desks.AT, user="mehmet"),
    ]
    store = keep(*snapshots)
    heading = ("TCKN", "Ad", "PC", "Kullanıcı")
    people = [
        (NUMBER, "by card", "", ""),
        ("", "by host", "masa-2", ""),
        ("", "by user", "", "Mehmet"),
        (desks.MEHMET[0], "never", "masa-9", "x"),
    ]

    merge(store, read(text_of([heading, *people]).encode(), {}, FULL))

    with store.reading() as connection:
        assert [each.name for each in unseen(connection)] == ["never"]


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a folder with a configuration file that hashes people."""
    monkeypatch.setenv("CARDTOOL_CONFIG", str(tmp_path / "config.toml"))
    _configure(tmp_path, IdentityPolicy.HASHED)
    return tmp_path


def _configure(folder: Path, policy: IdentityPolicy, key: str = fleets.KEY.hex()) -> None:
    lines = f'[identity]\nkey = "{key}"\n' if key else ""
    (folder / "config.toml").write_text(f'{lines}[fleet]\nidentity = "{policy}"\n', "utf-8")


def run(folder: Path, *arguments: str) -> Result:
    address = f"sqlite:///{folder / 'fleet.db'}"
    return CliRunner().invoke(main, ["-v", "fleet", *arguments, "--database", address])


@pytest.mark.parametrize("policy", [IdentityPolicy.MASKED, IdentityPolicy.HASHED])
def test_a_number_is_in_no_store_log_or_answer(site: Path, policy: IdentityPolicy) -> None:
    _configure(site, policy)
    rows = [*ROWS, ("3", "10000000147", "BAD", ""), ("4", "", NUMBER, "masa-1")]
    (site / "register.csv").write_bytes(text_of(rows).encode())
    snapshots = [
        fleets.snapshot("masa-17", desks.AT, desks.nes(), identity=policy),
        fleets.without_reader("masa-1", desks.AT, identity=policy),
    ]
    fleets.keep_in(f"sqlite:///{site / 'fleet.db'}", site, *snapshots).close()

    questions = [
        ["merge", str(site / "register.csv"), "--unseen", "--yes"],
        *(["orders", "--format", form] for form in ("terminal", "csv", "json", "xlsx")),
        *(["forecast", "--by", "unit", "--format", form] for form in ("csv", "json", "svg")),
        ["forecast", "--by", "unit"],
        ["diff", "--since", "2026-01-01", "--format", "csv"],
    ]
    done = [run(site, *question) for question in questions]

    assert {each.exit_code for each in done} == {0}, [each.output for each in done]
    (site / "register.csv").unlink()
    said = [each.stdout_bytes + each.stderr_bytes for each in done]
    kept = [file.read_bytes() for file in site.iterdir() if file.is_file()]
    for body in said + kept:
        assert NUMBER.encode() not in body
        assert desks.MEHMET[0].encode() not in body
        assert b"10000000147" not in body


def test_without_a_key_nobody_is_hashed(site: Path) -> None:
    _configure(site, IdentityPolicy.HASHED, key="")
    (site / "register.csv").write_bytes(text_of(ROWS).encode())

    done = run(site, "merge", str(site / "register.csv"))

    assert done.exit_code == 3
    assert "[identity] key" in done.stderr


@pytest.mark.parametrize("language", ["tr", "en"])
def test_a_report_counts_and_names_rows_by_their_number(site: Path, language: str) -> None:
    bad = ("3", "10000000147", "BAD", "masa-9")
    (site / "register.csv").write_bytes(text_of([*ROWS, bad, (*bad[:3], "")]).encode())

    done = run(site, "merge", str(site / "register.csv"), "--lang", language)

    text = Text(language)
    assert f"{text.label('register-kept')}: 3\n" in done.stdout
    row, why = text.label("register-row"), text.label("register-number-wrong")
    assert f"{row} 8: {why} ({text.label('register-taken')})\n" in done.stdout
    assert f"{row} 9: {why} ({text.label('register-left-out')})\n" in done.stdout


def test_a_report_is_data_too(site: Path) -> None:
    (site / "register.csv").write_bytes(text_of(ROWS).encode())

    done = run(site, "merge", str(site / "register.csv"), "--format", "json")

    assert json.loads(done.stdout)["new"] == 2


@pytest.mark.parametrize("language", ["tr", "en"])
@pytest.mark.parametrize(
    ("name", "body", "more"),
    [
        ("absent.csv", None, []),
        ("empty.csv", b"", []),
        ("headings.csv", b"TCKN;PC\n", []),
        ("broken.xlsx", b"PK\x03\x04", []),
        ("book.xls", RECORDED.read_bytes(), ["--sheet", "Yok"]),
    ],
)
def test_a_file_that_cannot_be_used_is_named_with_what_to_do(
    site: Path, language: str, name: str, body: bytes | None, more: list[str]
) -> None:
    if body is not None:
        (site / name).write_bytes(body)

    done = run(site, "merge", str(site / name), "--lang", language, *more)

    assert done.exit_code == 3
    assert name in done.stderr
    assert "…" not in done.stderr


def test_nothing_asked_for_is_said_so(site: Path) -> None:
    assert run(site, "merge").exit_code == 3
