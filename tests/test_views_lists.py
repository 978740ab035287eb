# SPDX-License-Identifier: Apache-2.0
"""The views that list: read back by readers of each format, whatever a workstation says."""

import collections
import csv
import io
import itertools
import re
import tracemalloc
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from zipfile import ZipFile

import msgspec
import openpyxl  # type: ignore[import-untyped]
import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar
from msgspec.structs import replace
from prometheus_client.parser import text_string_to_metric_families

from cardtool.cli import lists
from cardtool.model.diagnosis import Severity
from cardtool.model.lists import ReaderState, Summary
from cardtool.model.moments import seconds
from cardtool.rules import diagnose
from cardtool.rules.renewal import Policy
from cardtool.rules.summary import dated, newest, summarise
from cardtool.rules.timeline import with_moments
from cardtool.text import LANGUAGES, Text
from cardtool.views import FORMATS, LIST, view
from cardtool.views.harmless import escape
from cardtool.views.lists.csv import inert
from cardtool.views.lists.monitoring import FAMILIES
from cardtool.views.paper import Paper
from tests import desks
from tests.golden.desk import AT, ZONE, certificate, desk, held, name, person
from tests.test_views import FORBIDDEN, HOSTILE

TURKISH, ENGLISH = Text("tr", ZONE), Text("en", ZONE)
LINE = dated(summarise(diagnose(desk(), AT)), Policy())
"""A sound desk with an NES of 413 days."""
TEXTS = sorted(name for name, each in FORMATS.items() if LIST in each.gives and not each.binary)
FORMULAS = (
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    " =1",
    "\u00a0=1",
    "\u200b=1",
    "\u202e=1",
    "\x00=1",
    "\ufeff=1",
    "＝1",  # noqa: RUF001 - a wide sign
    "＋1",  # noqa: RUF001 - a wide sign
    "－1",  # noqa: RUF001 - a wide sign
    "＠A",  # noqa: RUF001 - a wide sign
    "﹦1",
    '"=1',
    "a;=1",
    'a;"=1',
    "a,  -1",
    "'=1",
    "=cmd|' /C calc'!A0",
    "a|=1",
)
READS_AS_FORMULA = re.compile(r"^[\s\"]*[=+\-@]")


def _line(**fields: object) -> Summary:
    return replace(LINE, **fields)


def _lines(number: int) -> Iterator[Summary]:
    for each in range(number):
        yield _line(
            host=f"masa-{each:07}",
            host_id=f"{each:032x}",
            sha256=f"{each:064X}",
            severity=tuple(Severity)[each % 4],
            days_left=each % 1000,
        )


def _shown(form: str, *lines: Summary, text: Text = TURKISH) -> str:
    return "".join(view(form, LIST)(lines, text))


def _rows(*lines: Summary) -> list[dict[str, str]]:
    whole = _shown("csv", *lines).encode()
    assert whole.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(whole.decode("utf-8-sig"), newline="")))


def _workbook(*lines: Summary, text: Text = TURKISH, rows: int = 1_048_576) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(_bytes(lines, text, rows)))


def _bytes(lines: Iterable[Summary], text: Text = TURKISH, rows: int = 1_048_576) -> bytes:
    return b"".join(view("xlsx", LIST)(lines, text, rows=rows))


def _metrics(page: str) -> dict[str, list[tuple[dict[str, str], float]]]:
    return {
        family.name: [(each.labels, each.value) for each in family.samples]
        for family in text_string_to_metric_families(page)
    }


HOSTILE_LINE = _line(
    host=HOSTILE,
    host_id=HOSTILE + "id",
    unit=f"=|{HOSTILE}",
    user=f"@{HOSTILE}",
    verdict=f"a|{HOSTILE}",
    codes=(HOSTILE, f"={HOSTILE}"),
    readers=(HOSTILE, f"={HOSTILE}"),
    holder=f"+{HOSTILE}",
    person=f"-{HOSTILE}",
    issuer=HOSTILE,
    sha256=HOSTILE,
    practice=HOSTILE,
)


@pytest.mark.parametrize("form", TEXTS)
def test_nothing_a_workstation_says_is_obeyed(form: str) -> None:
    page = _shown(form, HOSTILE_LINE)
    if form in ("json", "ndjson"):
        from cardtool.console import visible_json  # noqa: PLC0415 - as `write` does for JSON alone

        page = visible_json(page)
    page = page.removeprefix("\ufeff").replace("\r\n ", "").replace("\r\n", "\n")

    assert not {unicodedata.category(each) for each in page.replace("\n", "")} & FORBIDDEN
    assert "[bold" in page or form == "terminal"  # where the name is cut before that


def test_no_cell_of_a_workbook_holds_what_is_hidden() -> None:
    cells = [each.value for row in _workbook(HOSTILE_LINE).active.rows for each in row]
    texts = "".join(each for each in cells if isinstance(each, str))

    assert not {unicodedata.category(each) for each in texts} & FORBIDDEN
    assert "[bold red]" in texts


@pytest.mark.parametrize("formula", FORMULAS)
def test_a_spreadsheet_computes_no_cell_of_a_csv(formula: str) -> None:
    """Neither where cells end at commas, nor where they end at `;`, as with Turkish settings."""
    page = _shown("csv", _line(host=formula, unit=f"x{formula}", readers=("A", formula)))

    for delimiter in (",", ";", "|"):
        for row in csv.reader(io.StringIO(page.removeprefix("\ufeff")), delimiter=delimiter):
            for cell in row:
                kept = unicodedata.normalize("NFKC", cell)
                assert not READS_AS_FORMULA.match(kept), (delimiter, cell)


@given(st.text() | st.text(alphabet="=+-@'\";,| a"))
def test_what_was_put_before_a_formula_can_be_taken_away(text: str) -> None:
    signs = "=+\\-@⁺⁼₊₌⩵⩶﬩﹢﹣﹦﹫＋－＝＠"  # noqa: RUF001 - as documented
    undone = re.sub(rf"((?:^|[;,|])[\s\"']*)'([{signs}])", r"\1\2", inert(text))

    assert undone == escape(text)


@pytest.mark.parametrize("unit", ['a "b"', "a, b", 'a, "b"', '"'])
def test_a_cell_with_a_sign_of_the_format_stands_in_quotation_marks(unit: str) -> None:
    """Source: RFC 4180 §2.5 to §2.7."""
    quoted = '"' + unit.replace('"', '""') + '"'

    assert f",{quoted}," in _shown("csv", _line(unit=unit))


def test_a_csv_is_read_back_by_its_header() -> None:
    (row,) = _rows(_line(unit='Mali "İşler", 2', days_left=-12, readers=("ACS A 0", "B")))

    assert tuple(row) == Summary.__struct_fields__
    assert row["unit"] == 'Mali "İşler", 2'
    assert row["days_left"] == "-12"
    assert row["readers"] == "ACS A 0 | B"
    assert row["not_after_at"] == "2028-01-10T08:00:00Z"
    assert row["taken_at"] == "2026-11-23T06:30:00Z"


def test_a_csv_keeps_its_first_columns_for_ever() -> None:
    header = _shown("csv").removeprefix("\ufeff")

    assert header.startswith(
        "host,host_id,unit,user,at,taken_at,severity,verdict,codes,reader,readers,holder,person,"
        "issuer,sha256,not_before_at,not_after_at,days_left,card_seen_at,opens_at,apply_by_at,"
        "practice"
    )
    assert header.endswith("\r\n")


def test_a_csv_has_lines_that_end_as_the_standard_says_and_no_other_line_breaks() -> None:
    page = _shown("csv", HOSTILE_LINE, LINE)

    assert page.count("\r\n") == page.count("\n") == page.count("\r") == 3


def test_a_csv_of_many_lines_has_each_line_as_it_would_stand_alone() -> None:
    """Lines are made many at once: what one of them needs changes no other."""
    odd = [HOSTILE_LINE, _line(unit='a, "b"'), _line(days_left=None, not_after_at=None, codes=())]
    lines = [
        odd[number % 3] if number % 400 < 2 else line for number, line in enumerate(_lines(1300))
    ]
    heading = _shown("csv")

    alone = "".join(_shown("csv", line).removeprefix(heading) for line in lines)

    assert _shown("csv", *lines) == heading + alone


def test_a_csv_leaves_empty_what_is_not_known() -> None:
    bare = summarise(diagnose(replace(desk(), modules=(), readers=(), usb=()), AT))

    (row,) = _rows(bare)

    assert [row[each] for each in ("days_left", "not_after_at", "opens_at", "sha256")] == [""] * 4


def test_each_line_of_ndjson_is_a_whole_summary() -> None:
    bare = summarise(diagnose(replace(desk(), modules=(), readers=(), usb=()), AT))
    page = _shown("ndjson", LINE, bare)

    first, second = page.splitlines()
    assert msgspec.json.decode(first, type=Summary) == LINE
    assert tuple(msgspec.json.decode(second)) == Summary.__struct_fields__


def test_ndjson_has_no_half_characters() -> None:
    line = msgspec.json.decode(_shown("ndjson", _line(host="a\ud800b", readers=("\udc00",))))

    assert (line["host"], line["readers"]) == ("a?b", ["?"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_one_workstation_is_one_monitoring_line_with_its_thresholds(language: str) -> None:
    page = _shown("nagios", LINE, text=Text(language, ZONE))

    assert page.startswith("CARDTOOL OK - nes-valid, ")
    assert page.endswith(" | days_left=413;90:;15:\n")
    assert page.count("\n") == page.count("|") == 1


def test_the_thresholds_are_those_of_the_issuer() -> None:
    def days(issuer: str) -> tuple[int, int]:
        return (7, 3) if issuer == LINE.issuer else (90, 15)

    assert "".join(view("nagios", LIST)([LINE], TURKISH, days=days)).endswith(
        "days_left=413;7:;3:\n"
    )


def test_many_are_held_against_what_holds_for_every_issuer() -> None:
    """Whichever workstation comes first: an issuer's own thresholds are not the others'."""

    def days(issuer: str) -> tuple[int, int]:
        return {"first": (7, 3), "second": (8, 4), "": (90, 15)}[issuer]

    lines = [_line(issuer="first"), _line(issuer="second")]

    for order in (lines, lines[::-1]):
        page = "".join(view("nagios", LIST)(order, TURKISH, days=days))
        assert page.endswith(" fewest_days_left=413;90:;15:\n")


def test_a_monitoring_line_of_many_counts_and_has_the_worst_state() -> None:
    lines = [
        LINE,
        _line(severity=Severity.UNKNOWN, verdict="usb-unreadable", reader=ReaderState.UNKNOWN),
        _line(severity=Severity.CRITICAL, verdict="reader-missing", reader=ReaderState.MISSING),
        _line(severity=Severity.WARNING, verdict="nes-expiring", days_left=-3),
        _line(severity=Severity.WARNING, verdict="nes-expiring", days_left=None),
    ]

    said, data = _shown("nagios", *lines, text=ENGLISH).split(" | ")

    assert said.startswith("CARDTOOL CRITICAL - Computers: 5, Problem: 1, Warning: 2, Unclear: 1")
    assert "nes-expiring: 2" in said
    numbers = dict(each.split("=") for each in data.split())
    assert numbers["workstations"] == "5;;;0"
    assert numbers["critical"] == numbers["reader_missing"] == numbers["without_nes"] == "1;;;0"
    assert numbers["fewest_days_left"] == "-3;90:;15:"


def test_a_monitoring_line_without_a_workstation_knows_nothing() -> None:
    nothing = ENGLISH.label("list-nothing")

    said = _shown("nagios", text=ENGLISH)

    assert said == f"CARDTOOL UNKNOWN - {nothing} | workstations=0;;;0\n"


def test_no_code_ends_the_part_of_a_monitoring_line_for_people() -> None:
    page = _shown("nagios", _line(verdict="a|b"))

    assert page.split(" - ")[1].startswith("a/b, ")


def test_a_monitoring_line_is_short_and_names_nobody() -> None:
    long = [_line(verdict=f"{each}|\n" * 9999, severity=Severity.WARNING) for each in range(50)]

    for lines in (long, long[:1], [LINE], [LINE, LINE], [HOSTILE_LINE], [HOSTILE_LINE, LINE]):
        page = _shown("nagios", *lines)
        assert len(page.encode()) <= 4096
        assert page.count("\n") == page.count("|") == 1
        assert not any(each in page for each in (LINE.holder, LINE.person, LINE.host))


def test_metrics_are_read_back_as_they_were_meant() -> None:
    metrics = _metrics(_shown("prometheus", _line(unit='Mali "İşler"\\2')))

    assert list(metrics) == [each.name for each in FAMILIES]
    labels = {"host": "masa-1", "unit": 'Mali "İşler"\\2'}
    ends = datetime(2028, 1, 10, 8, tzinfo=UTC).timestamp()
    assert metrics["cardtool_nes_not_after_timestamp_seconds"] == [(labels, ends)]
    states = {each["state"]: value for each, value in metrics["cardtool_reader_state"]}
    assert states.pop("present") == 1
    assert set(states.values()) == {0}
    assert metrics["cardtool_verdict_info"] == [({**labels, "verdict": "nes-valid"}, 1)]


def test_a_metric_names_the_workstation_by_all_that_is_known_of_it() -> None:
    named = {"host_id": "0f" * 16, "unit": "Mali", "practice": "ad"}

    metrics = _metrics(_shown("prometheus", _line(**named)))

    [(labels, _)] = metrics["cardtool_verdict_info"]
    assert labels == {"host": "masa-1", **named, "verdict": "nes-valid"}


@pytest.mark.parametrize(("size", "is_whole"), [(200, True), (201, False)])
def test_a_label_stays_whole_up_to_its_limit(size: int, *, is_whole: bool) -> None:
    metrics = _metrics(_shown("prometheus", _line(unit="x" * size)))

    [(labels, _)] = metrics["cardtool_verdict_info"]
    assert (labels["unit"] == "x" * size) == is_whole
    assert labels["unit"].startswith("x" * 200)


def test_the_lines_of_each_metric_stand_together() -> None:
    page = _shown("prometheus", *_lines(20))

    names = [re.split(r"[{ ]", each)[0] for each in page.splitlines() if each[0] != "#"]
    assert len([a for a, b in itertools.pairwise(names) if a != b]) == len(FAMILIES) - 1
    assert page.count("# HELP") == page.count("# TYPE") == len(FAMILIES)
    assert page.endswith("\n")


def test_metrics_follow_the_rules_of_names() -> None:
    """Source: Prometheus, "Metric and label naming"; what `promtool check metrics` objects to."""
    for each in FAMILIES:
        is_moment = max(number for _, number in each.samples(LINE)) > 1
        assert re.fullmatch(r"cardtool(_[a-z]+)+", each.name)
        assert not each.name.endswith(("_total", "_count", "_sum", "_bucket"))
        assert each.name.endswith("_timestamp_seconds") == is_moment
        assert each.means.endswith(".")


def test_metrics_name_no_person() -> None:
    page = _shown("prometheus", _line(user="ayse"))

    assert not any(each in page for each in (LINE.holder, LINE.person, "ayse"))


@pytest.mark.parametrize(
    "twin", ["masa-1\u200b", "masa-1\ud800", "x" * 999 + "1", "masa-1~" + "0" * 16]
)
def test_no_two_workstations_become_one_series(twin: str) -> None:
    """A collector refuses a file that has a series twice, and so would lose all workstations."""
    alike = ("masa-1", "x" * 999 + "2", "masa-1\u202e", "masa-1\udc00", escape(twin))
    lines = [_line(host=each) for each in {twin, *alike}]

    series = re.findall(r"(?m)^(cardtool_verdict_info.*) 1$", _shown("prometheus", *lines))

    assert len(set(series)) == len(lines)


def test_of_one_workstation_only_the_latest_look_is_measured() -> None:
    earlier = _line(taken_at=AT - timedelta(days=1), verdict="earlier")
    other = _line(host="other")
    renamed = _line(host="new", host_id="1")

    found = list(newest([LINE, earlier, other, replace(renamed, host="old"), renamed]))

    assert found == [LINE, other, renamed]


def test_a_workbook_has_real_dates_numbers_and_colours() -> None:
    sheet = _workbook(_line(unit="Mali", days_left=-2, severity=Severity.CRITICAL)).active

    assert sheet.title == "Liste"
    heads = [each.value for each in sheet[1]]
    assert all(each.font.bold for each in sheet[1])
    assert not any(each.font.bold for each in sheet[2])
    cells = dict(zip(heads, sheet[2], strict=True))
    assert cells["Bitiş"].value == datetime(2028, 1, 10, 11, 0)  # noqa: DTZ001 - Excel has no zones
    assert cells["Bitiş"].is_date
    assert cells["Kalan gün"].value == -2
    assert cells["Durum"].value == "Sorun var"
    assert cells["Durum"].fill.fgColor.rgb == "FFFFC7CE"
    assert cells["Okuyucu"].value == "var"
    assert sheet.auto_filter.ref == f"A1:{sheet.cell(2, len(heads)).coordinate}"
    assert sheet.freeze_panes == "B2"
    assert sheet.column_dimensions["A"].width >= 20


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_headings_of_a_workbook_are_words_and_all_different(language: str) -> None:
    heads = [each.value for each in _workbook(LINE, text=Text(language, ZONE)).active[1]]

    assert len(set(heads)) == len(heads) == len(Summary.__struct_fields__)


@pytest.mark.parametrize(
    "formula", [*FORMULAS, "{=1}", "http://x.invalid", "internal:x", "nan", "inf", "12"]
)
def test_a_workbook_computes_and_links_nothing(formula: str) -> None:
    whole = _bytes([_line(host=formula)])
    cell = openpyxl.load_workbook(io.BytesIO(whole)).active["A2"]

    assert cell.data_type in ("s", "inlineStr")
    assert cell.value == escape(formula)
    assert cell.hyperlink is None
    with ZipFile(io.BytesIO(whole)) as archive:
        assert b"<f>" not in archive.read("xl/worksheets/sheet1.xml")
        assert not any("calcChain" in each or "external" in each for each in archive.namelist())


def test_what_excel_would_decode_is_written_so_that_it_comes_out_as_it_was() -> None:
    """Source: ECMA-376-1 §22.9.2.19, ST_Xstring; openpyxl leaves that to its caller."""
    assert _workbook(_line(host="_x003D_1")).active["A2"].value == "_x005F_x003D_1"


def test_a_date_before_those_of_excel_is_a_text() -> None:
    beginning = datetime.min.replace(tzinfo=UTC)

    sheet = _workbook(_line(not_before_at=beginning, not_after_at=datetime.max.replace(tzinfo=UTC)))

    texts = [each.value for each in sheet.active[2]]
    assert "0001-01-01 03:00:00" in texts
    assert datetime(9999, 12, 31, 23, 59, 59) in texts  # noqa: DTZ001 - Excel has no zones


def test_what_does_not_fit_on_a_sheet_goes_to_the_next() -> None:
    book = _workbook(*_lines(5), rows=3)

    assert book.sheetnames == ["Liste", "Liste 2", "Liste 3"]
    assert [each.max_row for each in book.worksheets] == [3, 3, 2]
    assert [each["A1"].value for each in book.worksheets] == ["Bilgisayar"] * 3
    assert book["Liste 3"]["A2"].value == "masa-0000004"


def test_a_workbook_is_the_same_for_the_same_lines() -> None:
    assert _bytes([LINE]) == _bytes([LINE])


def _events(page: str) -> dict[str, tuple[object, str, int]]:
    calendar = Calendar.from_ical(page)
    assert isinstance(calendar, Calendar)
    return {
        str(each["UID"]): (each.start, str(each["SUMMARY"]), int(each.sequence))
        for each in calendar.events
    }


def test_a_list_and_a_desk_give_a_calendar_the_same_events() -> None:
    diagnosis = with_moments(diagnose(desk(), AT), Policy())

    desks_own = _events("".join(view("ics")([diagnosis], TURKISH)))
    listed = _events(_shown("ics", LINE))

    assert len(listed) == 3
    assert {uid: (moment, number) for uid, (moment, _, number) in listed.items()} == {
        uid: (moment, number) for uid, (moment, _, number) in desks_own.items()
    }
    assert all(summary.startswith("masa-1: ") for _, summary, _ in listed.values())


def test_a_certificate_on_two_desks_is_in_a_calendar_once() -> None:
    page = _shown("ics", LINE, _line(host="other"))

    assert page.count("BEGIN:VEVENT") == len(_events(page)) == 3


def test_a_calendar_tells_what_lies_ahead_and_nothing_else() -> None:
    assert LINE.not_after_at is not None
    last = _line(at=LINE.not_after_at - timedelta(days=1))

    assert _shown("ics", last).count("BEGIN:VEVENT") == 1
    at_the_end = _shown("ics", _line(at=LINE.not_after_at))
    assert at_the_end.count("BEGIN:VEVENT") == 1
    assert _shown("ics", _line(at=LINE.not_after_at + timedelta(microseconds=1))) == ""
    assert _shown("ics", _line(not_before_at=None, not_after_at=None)) == ""


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("width", "symbols"), [(80, True), (40, False), (99, True), (76, False)])
def test_no_line_of_the_list_is_wider_than_the_page(
    width: int, language: str, *, symbols: bool
) -> None:
    paper = Paper(width=width, symbols=symbols)
    wide = _line(host="漢" * 50, unit="Ü" * 50, days_left=-999_999, card_seen_at=AT - AT.resolution)
    lines = [LINE, HOSTILE_LINE, wide]
    lines += [_line(severity=each) for each in Severity] + [_line(reader=r) for r in ReaderState]

    from rich.cells import cell_len  # noqa: PLC0415 - this test alone measures

    page = "".join(view("terminal", LIST)(lines, Text(language, ZONE), paper))

    assert max(map(cell_len, page.splitlines())) <= width
    assert "-9" in page


def test_the_columns_of_the_list_stand_under_each_other() -> None:
    lines = (_line(severity=each, host=f"masa-{n}") for n, each in enumerate(Severity))

    rows = _shown("terminal", *lines).splitlines()[:5]

    assert len({each.index("masa") for each in rows[1:]}) == 1
    assert {each.index("10.01.2028") for each in rows[1:]} == {rows[0].index("Bitiş")}
    assert {each.index("23.11.2026") for each in rows[1:]} == {rows[0].index("Son kontrol")}


def test_a_card_in_a_drawer_is_marked_in_the_list() -> None:
    page = _shown("terminal", LINE, _line(card_seen_at=AT - timedelta(days=9)))

    assert page.count("10.01.2028*") == 1
    assert TURKISH.label("list-drawer") in page
    assert TURKISH.label("list-drawer") not in _shown("terminal", LINE)


def test_the_list_ends_with_how_many_there_are_of_each_state() -> None:
    lines = [LINE, LINE, _line(severity=Severity.CRITICAL)]

    assert _shown("terminal", *lines).endswith("\nListelenen: 3, Sorun var: 1, Sorun yok: 2\n")
    assert _shown("terminal") == "Listede bilgisayar yok.\n"


def test_the_list_has_colours_only_where_they_are_wanted() -> None:
    paper = Paper(colour=True)

    assert "\x1b[1;32m✓ Sorun yok" in "".join(view("terminal", LIST)([LINE], TURKISH, paper))
    assert "\x1b" not in _shown("terminal", LINE)


def test_the_nes_that_lasts_longest_has_its_own_moments() -> None:
    short = certificate(person(), not_after_at=AT + timedelta(days=40), serial="01")
    two = desk(held(short, "short"), held(certificate(person("MEHMET ÖRNEK", "10000001372"))))

    line = dated(summarise(diagnose(two, AT)), Policy(lead_days=60, holidays=""))

    assert line.holder == "MEHMET ÖRNEK"
    assert line.not_after_at == datetime(2028, 1, 10, 8, tzinfo=UTC)
    assert line.opens_at == datetime(2027, 10, 12, 8, tzinfo=UTC)
    assert line.apply_by_at == datetime(2027, 11, 11, 20, 59, 59, tzinfo=UTC)


def test_the_days_of_an_issuer_are_its_own() -> None:
    policy = Policy(issuers=(("kamu elektronik", Policy(notice_days=10, lead_days=0)),))

    line = dated(LINE, policy)

    assert line.not_after_at is not None
    assert line.opens_at == line.not_after_at - timedelta(days=10)
    assert line.apply_by_at == line.not_after_at


def test_of_two_that_end_with_their_issuer_the_later_on_paper_counts() -> None:
    ends = AT + timedelta(days=300)
    issuer = certificate(
        name(CN="Kök"), issuer=name(CN="Kök"), not_after_at=ends, is_ca=True, qc_statements=()
    )
    one = certificate(person(), issuer=name(CN="Kök"), not_after_at=ends + timedelta(days=1))
    other = replace(one, not_after_at=ends + timedelta(days=2), serial="77")

    line = summarise(diagnose(desks.holding(issuer, one, other), AT))

    assert line.sha256 == "77" * 8
    assert line.not_after_at == ends


def test_without_an_nes_there_are_no_moments() -> None:
    bare = summarise(diagnose(replace(desk(), modules=()), AT))

    assert dated(bare, Policy()) == bare
    assert bare.opens_at is None


@pytest.mark.parametrize("form", ["csv", "ndjson", "nagios", "terminal", "prometheus"])
def test_a_list_takes_no_more_memory_for_more_lines(form: str) -> None:
    bound = {"spool": lists.text_spool} if form == "prometheus" else {}
    small, large = (_peak_bytes(view(form, LIST), lines, **bound) for lines in (2_000, 6_000))

    assert large - small < 200_000


def test_a_workbook_takes_no_more_memory_for_more_rows() -> None:
    small, large = (
        _peak_bytes(view("xlsx", LIST), rows, spool=lists.bytes_spool) for rows in (200, 2_000)
    )

    assert large - small < 1_000_000


def test_a_calendar_keeps_a_number_of_each_certificate_and_no_more() -> None:
    small, large = (_peak_bytes(view("ics", LIST), lines) for lines in (100, 400))

    assert large - small < 300 * 300


def _peak_bytes(render: Callable[..., Iterator[object]], number: int, **bound: object) -> int:
    """Return the most memory that a view takes for so many lines, once it is warm."""
    collections.deque(render(_lines(9), TURKISH, **bound), maxlen=0)
    tracemalloc.start()
    try:
        collections.deque(render(_lines(number), TURKISH, **bound), maxlen=0)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_seconds_are_whole_and_those_before_1970_count_down() -> None:
    assert seconds(datetime(1969, 12, 31, 23, 59, 59, 500_000, tzinfo=UTC)) == -1


@pytest.mark.parametrize(("width", "is_said"), [(76, True), (75, False)])
def test_a_wide_list_says_the_states_in_words(width: int, *, is_said: bool) -> None:
    page = "".join(view("terminal", LIST)([LINE], TURKISH, Paper(width=width)))

    heading, row = page.splitlines()[:2]
    assert (TURKISH.label("list-severity") in heading) is is_said
    assert (TURKISH.label("list-state-ok") in row) is is_said


def test_a_workbook_names_the_program_as_its_author() -> None:
    assert _workbook(LINE).properties.creator == "cardtool"
