# SPDX-License-Identifier: Apache-2.0
"""How OpenSC is set up, and that the owner's own settings stay."""

import tempfile
from pathlib import Path

import pytest

from cardtool.catalog import Card, load
from cardtool.probe import opensc

_AKIS_1_0 = load().card_for("3BBA11008131FE4D55454B41452056312E30AE")
_AKIS_2 = load().card_for("3B9F978131FE458065544353228231C073F62180810553")


def _environment(
    *cards: Card | None, wanted: tuple[str, ...] = (), others: tuple[str, ...] = ()
) -> tuple[dict[str, str], str]:
    with opensc.environment(cards, wanted=wanted, others=others) as settings:
        conf = settings.get("OPENSC_CONF")
        return settings, Path(conf).read_text() if conf else ""


@pytest.fixture(autouse=True)
def _nobody_set_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENSC_CONF", raising=False)
    monkeypatch.delenv("OPENSC_DRIVER", raising=False)


def test_every_reader_is_shown_and_nothing_is_cached() -> None:
    _, text = _environment(_AKIS_2)

    assert "max_virtual_slots = 64;" in text
    assert "use_file_caching = no;" in text
    assert "disconnect_action = leave;" in text


def test_the_akis_driver_is_turned_on_for_its_card_only() -> None:
    assert _environment(_AKIS_1_0)[0]["OPENSC_DRIVER"] == "akis"
    assert "OPENSC_DRIVER" not in _environment(_AKIS_2, None)[0]


def test_the_akis_driver_leaves_other_cards_theirs() -> None:
    settings, text = _environment(_AKIS_2, _AKIS_1_0)

    assert "OPENSC_DRIVER" not in settings
    assert "card_drivers = akis, internal;" in text


def test_without_a_place_for_a_file_the_shipped_settings_serve(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", "/nowhere")

    settings, text = _environment(wanted=("Reader A 00",), others=("Reader B 00",))

    assert "max_virtual_slots = 64;" in text
    assert "ignored_readers" not in text
    assert Path(settings["OPENSC_CONF"]).exists()


def test_readers_that_only_cost_time_are_ignored() -> None:
    settings, text = _environment(wanted=("Reader A 00",), others=("Reader B 00", "Reader C 00"))

    assert 'ignored_readers = "Reader B 00", "Reader C 00";' in text
    assert "max_virtual_slots = 64;" in text
    assert not Path(settings["OPENSC_CONF"]).exists()


def test_a_reader_is_not_ignored_where_that_would_hide_the_wanted_one() -> None:
    _, text = _environment(wanted=("Reader A 00 01",), others=("Reader A 00",))

    assert "ignored_readers" not in text


@pytest.mark.parametrize("name", ['a"; evil = "', "a\\", "line\nbreak", "\x1b[31m"])
def test_a_reader_whose_name_cannot_be_written_down_is_not_ignored(name: str) -> None:
    _, text = _environment(wanted=("Reader A 00",), others=(name, "Reader B 00"))

    assert 'ignored_readers = "Reader B 00";' in text


def test_what_the_user_set_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENSC_CONF", "/home/someone/opensc.conf")
    monkeypatch.setenv("OPENSC_DRIVER", "cardos")

    assert _environment(_AKIS_1_0, others=("Reader B 00",))[0] == {}


@pytest.mark.parametrize(
    ("text", "has_one"),
    [
        ("app default {\n\t# debug = 3;\n\tframework pkcs15 {\n\t}\n}\n", False),
        ("app default {\n\t# debug = 3;\n}\n", False),
        ("", False),
        ("app default {\n\tdebug = 3;\n}\n", True),
    ],
)
def test_a_changed_system_file_is_the_owners(tmp_path: Path, text: str, has_one: bool) -> None:  # noqa: FBT001
    file = tmp_path / "opensc.conf"
    file.write_text(text)

    assert opensc.is_changed(file) is has_one
    assert not opensc.is_changed(tmp_path / "none.conf")
