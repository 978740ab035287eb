# SPDX-License-Identifier: Apache-2.0
"""What the answers about many workstations look like, whatever stands in them."""

import io
import json
from collections import Counter
from datetime import UTC, datetime, timedelta

import msgspec
import openpyxl  # type: ignore[import-untyped]
import pytest

from cardtool.model.lists import (
    Change,
    Forecast,
    MergedRegister,
    Order,
    ReaderState,
    RegisterEntry,
    RegisterTrouble,
    Renewals,
    What,
)
from cardtool.text import Text
from cardtool.views.data.json import render_lines, render_list
from cardtool.views.lists import changes, forecast, orders, xlsx
from cardtool.views.lists.listing import tally
from cardtool.views.lists.monitoring import nagios
from cardtool.views.paper import Paper
from tests import desks
from tests.test_views_lists import LINE

ENGLISH = Text("en")
AT = desks.AT


def _changed(what: What, **more: object) -> Change:
    change = Change(what=what, host="masa", host_id="1", unit="Birim", taken_at=AT)
    return msgspec.structs.replace(change, **more)


def test_changes_are_told_below_their_workstation() -> None:
    found = [
        _changed("workstation-new"),
        _changed("verdict", before="nes-valid", after="nes-expired", by="time"),
        _changed("reader-vanished", before="ACS"),
        _changed("card-renewed", before="A" * 64, after="B" * 64, ends_at=AT),
        _changed("card-changed", after="C" * 64),
    ]

    page = "".join(changes.render(found, ENGLISH))

    assert page.startswith("masa (Birim)\n    ")
    assert page.count("masa") == 1
    assert f"nes-valid → nes-expired ({ENGLISH.label('change-by-time')})\n" in page
    assert ": ACS\n" in page
    assert "A" * 12 in page
    assert ": - → CCCC" in page
    assert len(page.splitlines()) == 1 + len(found)


def test_workstations_that_did_not_send_their_snapshots_have_a_heading_each() -> None:
    same = {"host_id": "", "unit": ""}
    found = [
        msgspec.structs.replace(_changed("verdict", before="a", after="b"), host=host, **same)
        for host in ("masa-1", "masa-2")
    ]

    page = "".join(changes.render(found, ENGLISH))

    headings = [line for line in page.splitlines() if not line.startswith(" ")]
    assert headings == ["masa-1", "masa-2"]


def test_no_change_is_said_and_programs_get_a_list() -> None:
    assert "".join(changes.render([], ENGLISH)) == f"{ENGLISH.label('change-nothing')}\n"
    (one,) = json.loads("".join(render_list([_changed("verdict", before="a", after="b")])))
    assert (one["what"], one["host"], one["before"], one["after"]) == ("verdict", "masa", "a", "b")


def test_months_of_several_units_are_summed_for_people() -> None:
    lines = tuple(
        Renewals(when="month", month="2027-04", unit=unit, count=count, cost=cost)
        for unit, count, cost in (("a", 2, 10.0), ("b", 3, 15.0), ("c", 1, None))
    )
    found = Forecast(at=AT, currency="TRY", by_unit=True, lines=lines)

    page = "".join(forecast.render(msgspec.structs.replace(found, by_unit=False), ENGLISH))

    assert "6" in page
    assert "25" in page


def test_a_list_without_certificates_has_no_days_in_its_check() -> None:
    bare = msgspec.structs.replace(LINE, sha256="", not_after_at=None, days_left=None)

    said = "".join(nagios([bare, bare], ENGLISH))

    assert "fewest_days_left" not in said
    assert "without_nes=2" in said


def test_half_a_character_in_a_record_within_a_record_is_mended() -> None:
    trouble = RegisterTrouble(sheet="\ud800", row=3, reason="number-wrong", kept=False)
    merged = MergedRegister(rows=7, kept=7, new=7, gone=7, repeated=7, troubles=(trouble,))

    (line,) = render_lines([merged])

    assert json.loads(line)["troubles"][0]["sheet"] == "?"


def test_whom_nothing_was_seen_of_is_told_by_the_name_or_else_by_account_or_number() -> None:
    entries = [
        RegisterEntry(number="1", name="AYŞE ÖRNEK", unit="Mali", host="masa-1", user="ayse"),
        RegisterEntry(number="2", host="masa-2", user="mehmet"),
        RegisterEntry(number="3"),
    ]

    page = "".join(changes.unseen(entries, ENGLISH))

    assert page.splitlines()[2:] == ["    Mali, AYŞE ÖRNEK, masa-1", "    masa-2, mehmet", "    3"]


def test_orders_of_one_kind_share_a_heading_and_name_reader_and_holder() -> None:
    order = Order(
        to_order=True,
        host="masa",
        at=AT,
        reader=ReaderState.MISSING,
        verdict="reader-missing",
        taken_at=AT,
        model="ACS ACR39U",
        holder="AYŞE ÖRNEK",
    )

    page = "".join(orders.render([order, order], ENGLISH))

    assert page.count(ENGLISH.label("orders-to-order")) == 1
    assert page.count("ACS ACR39U") == 2
    assert page.count(f"{ENGLISH.label('orders-holder')}: AYŞE ÖRNEK") == 2


def test_a_page_of_orders_says_for_whom_since_when_and_how_sure_it_is() -> None:
    people = (
        RegisterEntry(name="AYŞE ÖRNEK", unit="Acil", address="Kat 1", user="ayse"),
        RegisterEntry(user="mehmet"),
        RegisterEntry(number="3"),
    )
    assumed = Order(
        to_order=True,
        host="masa-1",
        unit="Acil",
        at=AT,
        reader=ReaderState.MISSING,
        verdict="reader-missing",
        since_at=AT - timedelta(days=9),
        taken_at=AT,
        stale=True,
        people=people,
        holder="AYŞE ÖRNEK",
    )
    known = msgspec.structs.replace(
        assumed,
        host="",
        unit="",
        form="desktop",
        assumed=False,
        stale=False,
        since_at=None,
        people=(),
        model="ACS ACR39U",
    )
    mended = msgspec.structs.replace(
        known, to_order=False, host="masa-3", reader=ReaderState.DRIVER, model="", holder=""
    )

    page = "".join(orders.render([assumed, known, mended], ENGLISH, Paper(width=80)))

    said = ENGLISH.label
    assert page.splitlines() == [
        "",
        said("orders-to-order"),
        "masa-1 (Acil): mini (assumed)",
        "    For: AYŞE ÖRNEK, Acil, Kat 1",
        "    For: mehmet",
        "    For: -",
        f"    {said('orders-since')}: 2026-09-22, last check: 2026-10-01 (long ago: ask",
        "      first)",
        "-: desktop",
        "    Holder of the certificate: AYŞE ÖRNEK",
        "    Last reader: ACS ACR39U",
        "    last check: 2026-10-01",
        "",
        "To order: 2 (desktop: 1, mini: 1)",
        "",
        said("orders-to-mend"),
        f"masa-3: {said('list-reader-driver')}",
        "    last check: 2026-10-01",
        f"    {said('orders-verdict')}: reader-missing",
    ]


@pytest.mark.parametrize("number", [0, 1, 51])
def test_rows_to_correct_are_listed_up_to_what_a_person_reads(number: int) -> None:
    troubles = tuple(
        RegisterTrouble(sheet="s", row=row, reason="number-wrong", kept=bool(row % 2))
        for row in range(number)
    )
    merged = MergedRegister(rows=7, kept=7, new=7, gone=7, repeated=7, troubles=troubles)

    page = "".join(changes.merged(merged, ENGLISH))

    assert (ENGLISH.label("register-troubles") in page) == bool(number)
    assert page.endswith("...\n") == (number > 50)
    assert page.count(ENGLISH.label("register-row") + " ") == min(number, 50)


def test_columns_that_were_not_read_or_carried_over_are_named() -> None:
    merged = MergedRegister(
        rows=1, kept=1, new=1, gone=0, repeated=0, unread=("Ünvan\x1b",), carried=("unit", "email")
    )

    page = "".join(changes.merged(merged, ENGLISH))

    assert "\x1b" not in page
    assert ":\n    Ünvan" in page
    assert ": unit, e-mail\n" in page


def test_who_was_never_seen_is_listed_or_that_all_were() -> None:
    entries = [RegisterEntry(name="AYŞE ÖRNEK", unit="Birim"), RegisterEntry(number="10000000146")]

    listed = "".join(changes.unseen(entries, ENGLISH))
    nobody = "".join(changes.unseen([], ENGLISH))

    assert listed.count(ENGLISH.label("register-unseen")) == 1
    assert "    Birim, AYŞE ÖRNEK\n    10000000146\n" in listed
    assert nobody == f"\n{ENGLISH.label('register-all-seen')}\n"


def test_a_workbook_has_truths_as_words_and_days_before_its_calendar_as_text() -> None:
    order = Order(
        to_order=True,
        host="=1",
        at=AT,
        reader=ReaderState.MISSING,
        verdict="reader-missing",
        since_at=datetime(1850, 1, 2, tzinfo=UTC),
        taken_at=AT,
    )

    body = b"".join(xlsx.render_orders([order], ENGLISH))

    sheet = openpyxl.load_workbook(io.BytesIO(body)).active
    assert sheet is not None
    cells = dict(zip(orders.HEADING, (each.value for each in sheet[2]), strict=False))
    assert (cells["to_order"], cells["stale"]) == (ENGLISH.label("yes"), ENGLISH.label("no"))
    assert str(cells["since_at"]).startswith("1850-01-0")
    assert (cells["host"], cells["unit"]) == ("=1", None)


@pytest.mark.parametrize(
    ("by", "key", "word"),
    [
        ("severity", "critical", "list-state-critical"),
        ("reader", "missing", "list-reader-missing"),
        ("reader", "driver", "list-reader-driver"),
    ],
)
def test_counts_are_named_in_words(by: str, key: str, word: str) -> None:
    page = "".join(tally({key: Counter(critical=2)}, ENGLISH, by=by))

    assert page.splitlines()[1].startswith(f"{ENGLISH.label(word)} ")


def test_counts_are_a_table_as_long_as_their_columns_fit() -> None:
    counted = {"Acil": Counter(critical=2, ok=11), "Arşiv": Counter(ok=1)}

    def page(width: int) -> list[str]:
        return "".join(tally(counted, ENGLISH, Paper(width=width), by="unit")).splitlines()

    table = page(999)
    width = max(map(len, table))

    assert [line.rstrip() for line in page(width)] == [line.rstrip() for line in table]
    assert page(width - 1) == [
        "Acil",
        "  Computers: 13, Problem: 2, All well: 11",
        "Arşiv",
        "  Computers: 1, All well: 1",
    ]


def test_names_stand_at_the_left_of_a_table_of_counts_and_numbers_at_the_right() -> None:
    counts = {"a": Counter(ok=7), "a-long-name": Counter(ok=12345)}

    rows = "".join(tally(counts, ENGLISH, by="unit")).splitlines()

    short = next(row for row in rows if row.startswith("a "))
    long = next(row for row in rows if row.startswith("a-long-name"))
    assert short.index("7") == long.index("12345") + len("12345") - 1
