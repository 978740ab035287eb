# SPDX-License-Identifier: Apache-2.0
"""Renewals ahead: one a person, in Turkey's months, with what they cost."""

import csv
import io
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree as ET

import msgspec
import pytest
from click.testing import CliRunner
from msgspec.structs import replace

from cardtool.cli import main
from cardtool.fleet.asking.forecast import forecast
from cardtool.fleet.register.keeping import merge
from cardtool.fleet.register.people import Disguise, read
from cardtool.model.certificate import Certificate
from cardtool.model.lists import Forecast, Renewals
from cardtool.model.surroundings import IdentityPolicy
from cardtool.text import Text
from cardtool.views.lists import forecast as views
from cardtool.views.paper import Paper
from tests import desks, fleets
from tests.fleets import Keep

AT = desks.AT
DAY = timedelta(days=1)


def card(number: int, ends_at: datetime, serial: str = "") -> Certificate:
    person = (f"person {number}", f"KİŞİ {number}")
    begins = min(ends_at, AT) - 900 * DAY
    own = serial or f"{number:08X}"
    return desks.nes(person=person, begins_at=begins, ends_at=ends_at, serial=own)


def counts(found: Forecast) -> dict[str, int]:
    return {each.month or each.when: each.count for each in found.lines if each.count}


def test_a_renewal_counts_in_the_month_it_has_in_turkey(keep: Keep) -> None:
    evening = datetime(2026, 11, 30, 20, 59, 59, tzinfo=UTC)
    snapshots = [
        fleets.snapshot("a", AT, card(1, evening)),
        fleets.snapshot("b", AT, card(2, evening + timedelta(seconds=1))),
    ]

    store = keep(*snapshots)

    assert counts(forecast(store, AT)) == {"2026-11": 1, "2026-12": 1}


def test_there_are_three_years_of_months_with_what_lies_around(keep: Keep) -> None:
    snapshots = [
        fleets.snapshot("past", AT, card(1, AT - DAY)),
        fleets.snapshot("now", AT, card(2, AT)),
        fleets.snapshot("last", AT, card(3, datetime(2029, 9, 30, 20, 59, tzinfo=UTC))),
        fleets.snapshot("later", AT, card(4, datetime(2029, 9, 30, 21, 0, tzinfo=UTC))),
    ]

    store = keep(*snapshots)
    found = forecast(store, AT)

    assert [each.when for each in found.lines] == ["overdue", *["month"] * 36, "later"]
    assert counts(found) == {"overdue": 1, "2026-10": 1, "2029-09": 1, "later": 1}


def test_of_a_person_the_last_certificate_counts_wherever_it_is(keep: Keep) -> None:
    old, new = card(1, AT + 20 * DAY, "AA"), card(1, AT + 800 * DAY, "BB")

    store = keep(fleets.snapshot("a", AT, old), fleets.snapshot("b", AT, new))

    assert counts(forecast(store, AT)) == {"2028-12": 1}


def test_a_renewal_is_not_known_before_it_was_seen(keep: Keep) -> None:
    old, new = card(1, AT + 20 * DAY, "AA"), card(1, AT + 800 * DAY, "BB")
    snapshots = [fleets.snapshot("a", AT - 9 * DAY, old), fleets.snapshot("a", AT, old, new)]

    store = keep(*snapshots)

    assert counts(forecast(store, AT - DAY)) == {"2026-10": 1}


def test_a_card_in_a_drawer_counts(keep: Keep) -> None:
    snapshots = [
        fleets.snapshot("a", AT - DAY, card(1, AT + 20 * DAY)),
        fleets.snapshot("a", AT, readers=(desks.reader(None),)),
    ]

    store = keep(*snapshots)

    assert counts(forecast(store, AT)) == {"2026-10": 1}


def test_two_people_whose_masked_numbers_are_the_same_are_two(keep: Keep) -> None:
    people = [("10000000146", "AYŞE ÖRNEK"), ("10000005646", "ALİ ÖRNEK")]
    snapshots = [
        fleets.snapshot(name, AT, desks.nes(person=each), identity=IdentityPolicy.MASKED)
        for name, each in zip("ab", people, strict=True)
    ]

    found = forecast(keep(*snapshots), AT)

    assert sum(each.count for each in found.lines) == 2


@pytest.mark.parametrize("year", [1, 9999])
def test_any_day_may_be_asked_for(keep: Keep, year: int) -> None:
    store = keep(fleets.snapshot("a", AT, desks.nes()))

    assert len(forecast(store, datetime(year, 12, 31, 23, 59, tzinfo=UTC)).lines) == 38


def test_a_unit_that_no_workstation_names_is_the_registers(keep: Keep) -> None:
    store = keep(fleets.snapshot("a", AT, desks.nes()))
    register = f"TCKN;Birim\n{desks.AYSE[0]};Arşiv\n".encode()
    merge(store, read(register, {}, Disguise(policy=IdentityPolicy.FULL)))

    assert {each.unit for each in forecast(store, AT, by_unit=True).lines} == {"Arşiv"}


def test_a_masked_number_tells_a_unit_with_the_name_alone(keep: Keep) -> None:
    masked = IdentityPolicy.MASKED
    people = [("10000000146", "AYŞE ÖRNEK"), ("10000005646", "ALİ ÖRNEK")]
    snapshots = [
        fleets.snapshot(name, AT, desks.nes(person=each), identity=masked)
        for name, each in zip("ab", people, strict=True)
    ]
    store = keep(*snapshots)
    register = "TCKN;Ad Soyad;Birim\n10000000146;AYŞE ÖRNEK;Arşiv\n".encode()
    merge(store, read(register, {}, Disguise(policy=masked)))

    found = forecast(store, AT, by_unit=True)

    assert {each.unit: each.count for each in found.lines if each.count} == {"Arşiv": 1, "": 1}


def test_a_price_makes_costs_and_none_makes_none(keep: Keep) -> None:
    snapshots = [fleets.snapshot(name, AT, card(n, AT + 20 * DAY)) for n, name in enumerate("abc")]
    store = keep(*snapshots)

    priced = forecast(store, AT, price=0.1, currency="TRY")

    assert [each.cost for each in priced.lines if each.count] == [0.3]
    assert {each.cost for each in forecast(store, AT).lines} == {None}


def test_units_stand_apart(keep: Keep) -> None:
    snapshots = [
        fleets.snapshot("a", AT, card(1, AT + 20 * DAY), unit="Acil"),
        fleets.snapshot("b", AT, card(2, AT + 20 * DAY), unit="Arşiv"),
        fleets.snapshot("c", AT, card(3, AT - DAY), unit="Arşiv"),
        fleets.snapshot("d", AT, card(4, AT + 20 * DAY)),
    ]

    store = keep(*snapshots)
    found = forecast(store, AT, by_unit=True)

    shown = {(each.unit, each.month or each.when) for each in found.lines if each.count}
    assert shown == {
        ("Acil", "2026-10"),
        ("Arşiv", "2026-10"),
        ("Arşiv", "overdue"),
        ("", "2026-10"),
    }


@pytest.fixture
def some(tmp_path: Path) -> Forecast:
    snapshots = [
        fleets.snapshot(f"a{n}", AT, card(n, AT + n * 40 * DAY), unit="=1+1<b>&")
        for n in range(-1, 25)
    ]
    with closing(fleets.keep_in(str(tmp_path / "fleet.db"), tmp_path, *snapshots)) as store:
        return forecast(store, AT, price=1234.5, currency="TRY", by_unit=True)


@pytest.mark.parametrize("language", ["tr", "en"])
@pytest.mark.parametrize("width", [40, 80])
def test_months_have_bars_as_long_as_they_are_many(
    some: Forecast, language: str, width: int
) -> None:
    months = msgspec.structs.replace(some, by_unit=False)

    page = "".join(views.render(months, Text(language), Paper(width=width, symbols=False)))

    assert max(map(len, page.splitlines())) <= width
    assert f"{Text(language).label('forecast-total')}: 26" in page
    rows = {row.split()[0]: row for row in page.splitlines() if row.startswith("20")}
    assert rows["2026-10"].count("#") > 0
    assert rows["2029-09"].count("#") == 0


def test_an_amount_is_written_as_its_language_does(some: Forecast) -> None:
    assert views.money(1234567.5, "TRY", Text("tr")) == "1.234.567,50 TRY"
    assert views.money(1234567.5, "TRY", Text("en")) == "1,234,567.50 TRY"
    assert "32.097,00 TRY" in "".join(views.render(some, Text("tr"), Paper(width=100)))


def test_a_month_takes_one_line_on_a_narrow_page_too(some: Forecast) -> None:
    months = msgspec.structs.replace(some, by_unit=False)

    wide, narrow = (
        "".join(views.render(months, Text("en"), Paper(width=width))) for width in (80, 30)
    )

    assert len(narrow.splitlines()) == len(wide.splitlines())


def test_the_picture_is_whole_and_asks_for_nothing(some: Forecast) -> None:
    body = "".join(views.render_svg(some, Text("tr")))
    picture = ET.fromstring(body)  # noqa: S314 - our own

    bars = [each.text or "" for each in picture.findall(".//{*}rect/{*}title")]
    assert picture.get("role") == "graphics-document document"
    named = {each.get("id"): each.text for each in picture}
    assert named[picture.get("aria-labelledby")]
    assert named[picture.get("aria-describedby")] == "Toplam: 26"
    assert bars[0].startswith("Süresi geçmiş: 1, 1.234,50 TRY")
    assert len(bars) == 37
    assert body.count("http") == 1  # the name space
    assert not picture.findall(".//{*}script")


def test_a_hostile_currency_stays_a_text(some: Forecast) -> None:
    hostile = msgspec.structs.replace(some, currency="<script>&\x1b")

    picture = ET.fromstring("".join(views.render_svg(hostile, Text("tr"))))  # noqa: S314 - ours

    assert not picture.findall(".//{*}script")


def test_rows_for_programs_hold_units_and_costs(some: Forecast) -> None:
    body = "".join(views.render_csv(some))
    rows = list(csv.DictReader(io.StringIO(body.removeprefix("\ufeff"), newline="")))

    assert {row["unit"] for row in rows} == {"'=1+1<b>&"}
    assert sum(int(row["count"]) for row in rows) == 26
    assert rows[0]["cost"] == "1234.5"


def test_a_month_is_the_sum_of_its_units_and_an_empty_rest_is_left_out() -> None:
    april = Renewals(when="month", month="2027-04", unit="a", count=2, cost=20.5)
    may = replace(april, month="2027-05", count=0, cost=0.0)
    rest = Renewals(when="later", unit="a", count=0, cost=0.0)
    units = (april, replace(april, unit="b", count=3, cost=30.0), may, rest)

    whole, empty = views.by_month(Forecast(at=AT, currency="TRY", by_unit=True, lines=units))

    assert whole == Renewals(when="month", month="2027-04", count=5, cost=50.5)
    assert empty == replace(may, unit="")


def test_without_a_price_there_is_no_column_of_costs(some: Forecast) -> None:
    lines = tuple(msgspec.structs.replace(each, cost=None) for each in some.lines)

    body = "".join(views.render_csv(msgspec.structs.replace(some, lines=lines)))

    assert body.splitlines()[0] == "\ufeffwhen,month,unit,count"


@pytest.mark.parametrize("form", ["terminal", "csv", "json", "svg"])
@pytest.mark.parametrize("by", ["month", "unit"])
def test_an_empty_store_has_a_forecast_too(tmp_path: Path, form: str, by: str) -> None:
    address = f"sqlite:///{tmp_path / 'fleet.db'}"
    fleets.keep_in(address, tmp_path).close()
    arguments = ["fleet", "forecast", "--database", address, "--format", form, "--by", by]

    done = CliRunner().invoke(main, arguments)

    assert done.exit_code == 0, done.output
    assert done.stdout
