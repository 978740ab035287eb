# SPDX-License-Identifier: Apache-2.0
"""Readers to order: only where none is plugged in, for whom, since when, in which form."""

import csv
import io
from datetime import timedelta
from pathlib import Path

import msgspec
import openpyxl  # type: ignore[import-untyped]
import pytest
from click.testing import CliRunner
from msgspec.structs import replace

from cardtool.cli import main
from cardtool.fleet.asking.orders import orders
from cardtool.fleet.register.keeping import merge
from cardtool.fleet.register.people import Disguise, read
from cardtool.fleet.store.database import Store
from cardtool.model.lists import Order, ReaderState
from cardtool.model.snapshot import LastGood
from cardtool.model.surroundings import IdentityPolicy
from cardtool.rules.renewal import Policy
from cardtool.text import Text
from cardtool.views.lists import orders as views
from cardtool.views.lists.xlsx import render_orders as render_xlsx
from cardtool.views.paper import Paper
from tests import desks, fleets
from tests.fleets import Keep

AT = desks.AT
DAY = timedelta(days=1)


def asked(store: Store, *, days: int = 0, stale_days: int = 30) -> list[Order]:
    return list(orders(store, AT + days * DAY, Policy(), stale_days=stale_days))


def test_only_a_desk_whose_usb_shows_none_is_to_get_a_reader(keep: Keep) -> None:
    unseen = replace(fleets.without_reader("unseen", AT), usb=None)
    store = keep(
        fleets.without_reader("missing", AT),
        unseen,
        fleets.with_dead_driver("driver", AT),
        fleets.snapshot("sound", AT, desks.nes()),
    )

    found = {each.host: (each.to_order, each.reader) for each in asked(store)}

    assert found == {
        "missing": (True, ReaderState.MISSING),
        "driver": (False, ReaderState.DRIVER),
    }


def test_what_is_to_be_ordered_comes_first(keep: Keep) -> None:
    snapshots = [fleets.with_dead_driver("driver", AT), fleets.without_reader("missing", AT)]

    store = keep(*snapshots)

    assert [each.to_order for each in asked(store)] == [True, False]


def test_a_reader_that_came_meanwhile_is_not_ordered(keep: Keep) -> None:
    snapshots = [
        fleets.without_reader("masa", AT - DAY),
        fleets.snapshot("masa", AT, desks.nes()),
    ]

    store = keep(*snapshots)

    assert asked(store) == []
    assert [each.host for each in asked(store, days=-1)] == ["masa"]


def test_a_line_tells_since_when_and_which_reader_there_was(keep: Keep) -> None:
    snapshots = [
        fleets.without_reader("masa", AT - 9 * DAY),
        fleets.snapshot("masa", AT - 8 * DAY, desks.nes(), usb=(desks.usb(),)),
        fleets.without_reader("masa", AT - 7 * DAY),
        fleets.without_reader("masa", AT - 2 * DAY),
        fleets.without_reader("masa", AT - 1 * DAY),
    ]

    store = keep(*snapshots)
    (line,) = asked(store)

    assert line.since_at == AT - 7 * DAY
    assert line.taken_at == AT - DAY
    assert (line.form, line.assumed, line.model) == ("mini", False, "ACS 39T USB")
    assert (line.person, line.holder) == desks.AYSE


def test_a_run_longer_than_is_fetched_at_once_is_followed_to_its_start(keep: Keep) -> None:
    snapshots = [fleets.without_reader("masa", AT - days * DAY) for days in range(30)]

    store = keep(*snapshots)
    (line,) = asked(store)

    assert line.since_at == AT - 29 * DAY
    assert (line.form, line.assumed, line.model) == ("mini", True, "")


def test_a_desk_that_had_a_desktop_reader_gets_one(keep: Keep) -> None:
    good = LastGood(taken_at=AT - DAY, release="", readers=("ACS ACR38U",))
    snapshot = replace(fleets.without_reader("masa", AT), last_good=good)

    store = keep(snapshot)
    (line,) = asked(store)

    assert (line.form, line.assumed) == ("desktop", False)


def test_whose_card_was_in_a_drawer_on_a_day_gone_is_told(keep: Keep) -> None:
    snapshots = [
        fleets.snapshot("masa", AT - 12 * DAY, desks.nes(person=desks.MEHMET)),
        fleets.snapshot("masa", AT - 9 * DAY, desks.nes(ends_at=AT + 900 * DAY)),
        fleets.snapshot("masa", AT - 7 * DAY, readers=(desks.reader(None),)),
        fleets.without_reader("masa", AT - 5 * DAY),
        fleets.snapshot("masa", AT + 5 * DAY, desks.nes(person=desks.MEHMET)),
    ]

    (line,) = asked(keep(*snapshots))

    assert (line.person, line.holder) == desks.AYSE


TOKEN = desks.usb("0529:0620")


@pytest.mark.parametrize("language", ["tr", "en"])
def test_a_token_that_is_gone_is_not_ordered_as_a_reader(keep: Keep, language: str) -> None:
    good = LastGood(taken_at=AT - DAY, release="", readers=("SafeNet eToken 5100",))
    store = keep(
        replace(fleets.without_reader("remembered", AT), last_good=good),
        fleets.snapshot("seen", AT - DAY, readers=(), usb=(TOKEN,)),
        fleets.without_reader("seen", AT),
        fleets.without_reader("reader", AT),
    )

    found = {each.host: (each.to_order, each.form, each.assumed) for each in asked(store)}

    assert found == {
        "reader": (True, "mini", True),
        "remembered": (False, "token", False),
        "seen": (False, "token", False),
    }
    page = "".join(views.render(asked(store), Text(language)))
    assert page.count(": USB token\n") == 2
    assert page.index(": mini") < page.index("1 (mini: 1)") < page.index("USB token")


def test_a_token_beside_which_a_reader_was_in_use_hides_no_reader(keep: Keep) -> None:
    names = ("SafeNet eToken 5100", "ACS ACR38U")
    good = LastGood(taken_at=AT - DAY, release="", readers=names)
    store = keep(
        replace(fleets.without_reader("remembered", AT), last_good=good),
        fleets.snapshot("seen", AT - DAY, readers=(), usb=(TOKEN, desks.usb())),
        fleets.without_reader("seen", AT),
    )

    found = {each.host: (each.to_order, each.form) for each in asked(store)}

    assert found == {"remembered": (True, "desktop"), "seen": (True, "mini")}


def test_a_token_that_does_not_work_is_for_it(keep: Keep) -> None:
    broken = replace(TOKEN, drivers=())
    store = keep(fleets.snapshot("masa", AT, readers=(), usb=(broken,)))

    (line,) = asked(store)

    assert (line.to_order, line.reader) == (False, ReaderState.DRIVER)
    assert "masa: driver" in "".join(views.render([line], Text("en")))


def test_a_model_of_both_forms_is_assumed_to_be_small(keep: Keep) -> None:
    good = LastGood(taken_at=AT - DAY, release="", readers=("ACS ACR 38U-CCID",))
    snapshot = replace(fleets.without_reader("masa", AT), last_good=good)

    store = keep(snapshot)
    (line,) = asked(store)

    assert (line.form, line.assumed) == ("mini", True)
    assert "ACS 38T USB" in line.model


def test_a_desk_long_unseen_is_marked(keep: Keep) -> None:
    store = keep(fleets.without_reader("masa", AT))

    assert [each.stale for each in asked(store, days=30)] == [False]
    assert [each.stale for each in asked(store, days=31)] == [True]


@pytest.mark.parametrize("policy", IdentityPolicy)
def test_the_register_tells_for_whom(keep: Keep, policy: IdentityPolicy) -> None:
    snapshots = [
        fleets.snapshot("masa-1", AT - DAY, desks.nes(), identity=policy),
        fleets.without_reader("masa-1", AT),
        fleets.without_reader("masa-2", AT, user="mehmet", identity=policy),
        fleets.without_reader("MASA-3.kurum.example", AT),
        fleets.without_reader("masa-4", AT),
    ]
    store = keep(*snapshots)
    register = (
        "TC Kimlik No;Adı Soyadı;Birimi;Bilgisayar;Kullanıcı;Adres\n"
        f"{desks.AYSE[0]};AYŞE ÖRNEK;Acil;;;Kat 1\n"
        ";MEHMET ÖRNEK;Arşiv;;KURUM\\Mehmet;Kat 2\n"
        ";ORTAK MASA;Vezne;Masa-3;;Kat 3\n"
    )
    merge(store, read(register.encode(), {}, Disguise(policy=policy, key=fleets.KEY)))

    found = {each.host: each for each in asked(store)}

    assert found["masa-2"].known_by == "user"
    assert found["masa-2"].people[0].unit == "Arşiv"
    assert found["MASA-3.kurum.example"].known_by == "host"
    assert found["MASA-3.kurum.example"].people[0].address == "Kat 3"
    assert found["masa-4"].known_by == ""
    if policy is IdentityPolicy.MASKED:  # many share a masked number
        assert found["masa-1"].known_by == ""
    else:
        assert found["masa-1"].known_by == "number"
        assert found["masa-1"].people[0].address == "Kat 1"
    names = {person.name for each in found.values() for person in each.people}
    assert ("MEHMET ÖRNEK" in names) == (policy is not IdentityPolicy.HASHED)


HOSTILE = fleets.snapshot(
    "=cmd|' /C calc'!A0", AT, readers=(), usb=(), unit="\x1b]0;x\x07<b>&\u202e", user="+1"
)


def test_programs_get_a_row_each_that_computes_nothing(keep: Keep) -> None:
    store = keep(HOSTILE)

    body = "".join(views.render_csv(asked(store)))
    (row,) = csv.DictReader(io.StringIO(body.removeprefix("\ufeff"), newline=""))

    assert body.startswith("\ufeffto_order,host,")
    assert row["host"].startswith("'=")
    assert row["user"].startswith("'+")
    assert (row["to_order"], row["since_at"]) == ("true", "2026-10-01T09:00:00Z")
    assert not set("\x1b\x07\u202e") & set(body)


def test_a_workbook_holds_texts_and_real_dates(keep: Keep) -> None:
    store = keep(HOSTILE)

    parts = render_xlsx(asked(store), Text("tr"))
    book = openpyxl.load_workbook(io.BytesIO(b"".join(parts)))
    heading, line = book.worksheets[0].iter_rows()
    cells = dict(zip((each.value for each in heading), line, strict=True))

    assert cells["Bilgisayar"].data_type == "s"
    assert cells["Son kontrol"].is_date
    assert cells["Eski kontrol"].value == "hayır"
    assert cells["Okuyucu"].value == "yok"


@pytest.mark.parametrize("language", ["tr", "en"])
@pytest.mark.parametrize("known_by", ["number", "user", "host"])
def test_a_workbook_speaks_the_language_asked_for(keep: Keep, language: str, known_by: str) -> None:
    (line,) = asked(keep(HOSTILE))
    text = Text(language)

    titles = list(views.titles(text))
    cells = dict(
        zip(
            views.HEADING,
            views.in_words(replace(line, known_by=known_by, form="desktop"), text),
            strict=True,
        )
    )

    assert len(set(titles)) == len(views.HEADING)
    assert not set(titles) & set(views.HEADING)
    assert cells["known_by"] == text.label(f"order-known-{known_by}")
    assert cells["reader"] == text.label("list-reader-missing")
    assert cells["form"] == text.label("orders-form-desktop")


@pytest.mark.parametrize("language", ["tr", "en"])
def test_people_get_lines_without_anything_a_terminal_obeys(keep: Keep, language: str) -> None:
    snapshots = [HOSTILE, fleets.with_dead_driver("driver", AT)]
    store = keep(*snapshots)

    page = "".join(views.render(asked(store), Text(language)))

    assert not set("\x1b\x07\u202e") & set(page)
    assert max(map(len, page.splitlines())) <= 80
    assert f"{Text(language).label('orders-total')}: 1 (mini: 1)" in page
    assert "reader-driver-missing" in page


def test_the_command_answers_as_json_with_status_0(tmp_path: Path) -> None:
    address = f"sqlite:///{tmp_path / 'fleet.db'}"
    fleets.keep_in(address, tmp_path, fleets.without_reader("masa", AT)).close()
    arguments = ["fleet", "orders", "--database", address, "--at", AT.isoformat()]

    done = CliRunner().invoke(main, [*arguments, "--format", "json"])

    assert done.exit_code == 0, done.output
    (line,) = msgspec.json.decode(done.stdout, type=list[Order])
    assert (line.host, line.to_order) == ("masa", True)


def test_no_desk_without_a_reader_is_said_so(tmp_path: Path) -> None:
    address = f"sqlite:///{tmp_path / 'fleet.db'}"
    fleets.keep_in(address, tmp_path).close()

    done = CliRunner().invoke(main, ["fleet", "orders", "--database", address, "--lang", "en"])

    assert (done.exit_code, done.stdout) == (0, "No workstation is without a reader.\n")


def test_a_line_names_the_unit_and_is_folded_at_the_width() -> None:
    order = Order(
        to_order=True,
        host="masa-1",
        unit="Acil Servis",
        at=AT,
        taken_at=AT,
        reader=ReaderState.MISSING,
        verdict="reader-missing",
    )

    lines = "".join(views.render([order], Text("en"), Paper(width=24))).splitlines()

    start = next(place for place, shown in enumerate(lines) if shown.startswith("masa-1"))
    assert lines[start].startswith("masa-1 (Acil Servis):")
    assert max(map(len, lines[start:-2])) <= 24
