# SPDX-License-Identifier: Apache-2.0
"""A site adds cards, modules and readers of its own, and is told what is wrong with a row."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner
from msgspec.structs import replace

from cardtool import catalog
from cardtool.cli import main
from cardtool.model.refused import Refused
from cardtool.model.surroundings import Driver
from tests.desks import AT, HOST, desk, only, reader, usb
from tests.refused import sentence

DOCS = Path(__file__).parent.parent / "docs"
ATR = "3B0401020304"
BADGE = """
[[card]]
id = "our-badge"
name = "Door card of our house"
family = "ours"
atrs = ["3B05AABBCCDDEE"]
contains = ["55454B4145"]
holds = "other"
source = "read on 2026-11-02"
"""


def example(page: str) -> str:
    """Return the rows that a page of the manual shows."""
    found = re.search(
        r"```toml\n(\[\[module\]\].*?)```", (DOCS / page).read_text("utf-8"), re.DOTALL
    )
    assert found is not None
    return found[1]


@pytest.fixture(autouse=True)
def _ships_alone() -> Iterator[None]:
    yield
    catalog.add_site_rows("")


def use(folder: Path, rows: str) -> Path:
    """Write a site's file and use it."""
    file = folder / "ours.toml"
    file.write_text(rows, "utf-8")
    catalog.add_site_rows(str(file))
    return file


@pytest.mark.parametrize("page", ["it.md", "bt.md"])
def test_the_rows_of_the_manual_are_known_once_they_are_used(page: str, tmp_path: Path) -> None:
    before = catalog.card_for(ATR)

    use(tmp_path, example(page))

    card = catalog.card_for(ATR)
    module = catalog.module_at("/opt/our/libourtoken.so")
    assert (before and before.id, card and card.id) == ("memory-card", "our-token")
    assert module is not None
    assert module.paths("linux", 64) == ("/opt/our/libourtoken.so",)
    assert [row.id for row in catalog.readers_named("Our Reader 00 00")] == ["our-reader"]
    assert [row.id for row in catalog.readers_with("1234:ABCD")] == ["our-reader"]
    catalog.add_site_rows("")
    assert catalog.card_for(ATR) == before
    assert catalog.module_at("/opt/our/libourtoken.so") is None


def test_no_row_of_a_site_renames_a_card_that_ships(tmp_path: Path) -> None:
    akis = catalog.card_for("3B9F968131FE45806755454B41451112318073B3A180E9")

    use(tmp_path, BADGE)

    assert catalog.card_for("3B9F968131FE45806755454B41451112318073B3A180E9") == akis


@pytest.mark.parametrize(
    ("rows", "place", "reason"),
    [
        (BADGE + "colour = 'red'", "$.card[0]", "colour"),
        (BADGE.replace("our-badge", "akis-2x"), "$.card[0].id", "there already"),
        (BADGE + BADGE, "$.card[1].id", "there already"),
        (BADGE.replace("our-badge", "Our badge"), "$.card[0].id", "hyphens"),
        (BADGE.replace("3B05AABBCCDDEE", "3B5"), "$.card[0]", "3B5"),
        (
            BADGE.replace('atrs = ["3B05AABBCCDDEE"]\ncontains = ["55454B4145"]\n', ""),
            "$.card[0]",
            "nothing tells it",
        ),
        (BADGE.replace('"other"', '"nes"'), "$.card[0].modules", "needs a module"),
        (BADGE + 'modules = ["none"]', "$.card[0].modules", "`none`"),
        (
            example("it.md").replace('"ourtoken.dll"', '"akisp11.dll"'),
            "$.module[0].names",
            "akisp11",
        ),
        (example("it.md").replace('"ourtoken.dll"', '"Our.dll"'), "$.module[0].names", "Our.dll"),
        (example("it.md").replace('"/opt/our/lib', '"opt/our/lib'), "$.module[0]", "opt/our"),
        (
            example("it.md").replace(r"C:\Program Files\Our\ourtoken", "ourtoken"),
            "$.module[0]",
            "no whole path of Windows",
        ),
        (example("it.md").replace("1234:ABCD", "1234abcd"), "$.reader[0].usb", "1234abcd"),
        (
            example("it.md").replace('["1234:ABCD"]', "[]").replace('["Our Reader*"]', "[]"),
            "$.reader[0]",
            "nothing tells it",
        ),
        ("[[cards]]", "$", "cards"),
    ],
)
def test_a_row_that_is_not_as_those_of_the_catalogue_is_refused_with_its_place(
    rows: str, place: str, reason: str, tmp_path: Path
) -> None:
    with pytest.raises(Refused) as refused:
        use(tmp_path, rows)

    facts = refused.value.facts
    assert (refused.value.code, facts["place"]) == ("catalog-row", place)
    assert reason in str(facts["reason"])
    assert catalog.card_for("3B05AABBCCDDEE") is None


def _diagnose(folder: Path, catalog_file: str) -> tuple[CliRunner, list[str], dict[str, str]]:
    snapshot = folder / "desk.json"
    snapshot.write_bytes(msgspec.json.encode(desk((reader("3B05AABBCCDDEE"),), ())))
    config = folder / "config.toml"
    config.write_text(f"catalog = {json.dumps(catalog_file)}", "utf-8")
    command = ["diagnose", str(snapshot), "--lang", "en", "--at", AT.isoformat()]
    return CliRunner(), command, {"CARDTOOL_CONFIG": str(config)}


def test_a_card_of_a_site_is_named_by_its_own_name(tmp_path: Path) -> None:
    (tmp_path / "ours.toml").write_text(BADGE, "utf-8")
    runner, command, environment = _diagnose(tmp_path, str(tmp_path / "ours.toml"))

    result = runner.invoke(main, command, env=environment)

    assert "not an e-signature card: Door card of our house" in " ".join(result.stdout.split())


def test_a_file_that_is_not_there_is_refused_with_one_sentence(tmp_path: Path) -> None:
    runner, command, environment = _diagnose(tmp_path, str(tmp_path / "none.toml"))

    said = sentence(runner.invoke(main, command, env=environment))

    assert "no such file of cards" in said


def test_a_path_that_is_not_whole_is_refused_with_its_place(tmp_path: Path) -> None:
    runner, command, environment = _diagnose(tmp_path, "ours.toml")

    assert "$.catalog" in sentence(runner.invoke(main, command, env=environment))


@pytest.mark.parametrize("ccid", ["maker-lists", "not-ccid"])
def test_a_reader_of_another_maker_than_acs_gets_the_driver_that_the_site_names(
    tmp_path: Path, ccid: str
) -> None:
    rows = example("it.md").partition("[[reader]]")[2].replace("should-work", ccid)
    use(tmp_path, f'[[reader]]\npackage = "Driver of our reader"{rows}')

    host = replace(HOST, pcsc_drivers=(Driver(name="ifd-ccid", version="1.5.2"),))
    lacking = replace(desk((), host=host), usb=(usb("1234:ABCD", drivers=()),))

    assert only(lacking, "reader-driver-missing").facts["driver"] == "Driver of our reader"
