# SPDX-License-Identifier: Apache-2.0
"""Which settings files are read, what they may say, and what a broken one is told."""

import os
import plistlib
import sys
from pathlib import Path

import pytest

from cardtool.config import Config, load
from cardtool.language import asked_language, language_of_macos, system_language
from cardtool.model.refused import Refused
from cardtool.places import settings
from cardtool.rules.renewal import Policy
from cardtool.text import Text


def _named(path: Path, text: str | bytes) -> dict[str, str]:
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return {"CARDTOOL_CONFIG": str(path)}


def _said(error: Refused) -> str:
    """Return the sentence, its end made visible."""
    return f'"{Text("en").refusal(error.code, error.facts)}"'


def test_every_key_arrives(tmp_path: Path) -> None:
    module = str(tmp_path / "libakisp11.so")
    text = f"""
        language = "tr"
        modules = ['{module}']
        timeout_s = 20
        [policy]
        notice_days = 60
        [identity]
        key = "9b1f6c2ad84e703551c7a0ef3d628b94"
    """

    config = load(_named(tmp_path / "config.toml", text))

    assert config.language == "tr"
    assert config.modules == (module,)
    assert config.timeout_s == 20
    assert config.days() == Policy(notice_days=60)
    assert config.identity.key == "9b1f6c2ad84e703551c7a0ef3d628b94"


def test_an_issuer_has_days_of_its_own_and_otherwise_the_sites(tmp_path: Path) -> None:
    text = """
        [policy]
        notice_days = 60
        lead_days = 20
        holidays = ""
        [[policy.issuer]]
        name = "TÜRKTRUST"
        lead_days = 7
        holidays = "DE"
        [[policy.issuer]]
        name = "Sürüm 6"
        critical_days = 5
    """

    policy = load(_named(tmp_path / "config.toml", text)).days()

    assert policy.of("-") == policy
    assert policy.of("Türktrust H7") == Policy(notice_days=60, lead_days=7, holidays="DE")
    assert policy.of("KESHS - Sürüm 6") == Policy(
        notice_days=60, lead_days=20, critical_days=5, holidays=""
    )


def test_the_users_file_overrides_the_systems_key_by_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable, folder, text in (
        (
            "XDG_CONFIG_DIRS",
            "system",
            'language = "tr"\n[policy]\nnotice_days = 80\nurgent_days = 40',
        ),
        ("XDG_CONFIG_HOME", "user", 'language = "en"\n[policy]\nurgent_days = 35'),
    ):
        monkeypatch.setenv(variable, str(tmp_path / folder))
        (tmp_path / folder / "cardtool").mkdir(parents=True)
        (tmp_path / folder / "cardtool" / "config.toml").write_text(text)

    config = load({})

    assert config.language == "en"
    assert config.days() == Policy(notice_days=80, urgent_days=35)
    assert [path.parts[-3] for path in map(Path, settings({}))] == ["system", "user"]


def test_without_a_file_everything_is_as_shipped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_DIRS", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))

    assert load({}) == Config()
    assert Config().days() == Policy()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("language = \n", "line 1, column 12"),
        ('language = "de"', "$.language"),
        ("lang = 'tr'", "`lang`"),
        ("timeout_s = 0", "$.timeout_s"),
        ("timeout_s = nan", "$.timeout_s"),
        ("timeout_s = '10'", "$.timeout_s"),
        ("[policy]\nnotice_days = 'x'", "$.policy.notice_days"),
        ("[policy]\nnotice_days = -1", "$.policy.notice_days"),
        ("timeout_s = 0.5", "$.timeout_s"),
        (
            "[policy]\nurgent_days = 200",
            "$.policy contradict each other: critical_days 15, urgent_days 200, notice_days 90",
        ),
        (
            "[policy]\ncritical = 2",
            "known keys: notice_days, urgent_days, critical_days, lead_days, holidays, issuer",
        ),
        (
            "[[policy.issuer]]\nname = 'x'\ndays = 2",
            'known keys: notice_days, urgent_days, critical_days, lead_days, holidays, name"',
        ),
        ("[[policy.issuer]]\nlead_days = 5", "`name` - at `$.policy.issuer[0]`"),
        ("[[policy.issuer]]\nname = ' '", "`name` must be a part"),
        ("[[policy.issuer]]\nname = ' '", "$.policy.issuer[0]"),
        ("[[policy.issuer]]\nname = 'x'\nlead_days = -1", "$.policy.issuer[0].lead_days"),
        (
            "[[policy.issuer]]\nname = 'x'\n[[policy.issuer]]\nname = 'y'\nurgent_days = 91",
            "$.policy.issuer[1] contradict each other: critical_days 15, urgent_days 91",
        ),
        ("[policy]\nlead_days = 91", "nor lead_days 91 larger than notice_days"),
        ("[policy]\nholidays = 'Türkiye'", "such as TR, or empty: Türkiye - at `$.policy`"),
        ("[policy]\nholidays = 'TUR'", "such as TR"),
        ("[policy]\nissuer = 3", "$.policy.issuer"),
        ("[identity]\nkeys = 2", 'known keys: key"'),
        ("policy = 3", "$.policy"),
        ("modules = ['libakisp11.so']", "libakisp11.so"),
        ("modules = 'x'", "$.modules"),
        ("[identity]\nkey = 'secret'", "$.identity"),
        ("[identity]\nkey = 'ABCD'", "32 hex digits"),
        (f"[identity]\nkey = '{'00' * 16}'", "not drawn at random"),
        (f"[identity]\nkey = '{'aA' * 32}'", "not drawn at random"),
        (f"[identity]\nkey = '{'00' * 15}01'", "not drawn at random"),
        (f"[identity]\nkey = '{'deadbeef' * 4}'", "not drawn at random"),
        (b"a = 1\nb = '\xe7'", "Line 2 is not UTF-8"),
        ("language = 'tr'".encode("utf-16"), "saved as UTF-16"),
        ("#" * (64 * 1024 + 1), "larger than"),
        ("a" + ".a" * 101 + " = 1", "more than 100 dots (at line 1)"),
        ("a = " + "[" * 100_000, "TOML"),
    ],
)
def test_a_broken_file_is_named_with_place_and_fix(
    tmp_path: Path, text: str | bytes, said: str
) -> None:
    path = tmp_path / "config.toml"

    with pytest.raises(Refused) as caught:
        load(_named(path, text))

    sentence = _said(caught.value)
    assert str(path) in sentence
    assert said in sentence
    assert "\n" not in sentence
    assert "secret" not in sentence


def test_a_file_named_by_the_environment_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(Refused) as caught:
        load({"CARDTOOL_CONFIG": str(tmp_path / "none.toml")})

    assert "Correct or remove the variable CARDTOOL_CONFIG" in _said(caught.value)


def test_an_empty_variable_names_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_DIRS", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))

    assert load({"CARDTOOL_CONFIG": ""}) == Config()


def test_what_is_no_regular_file_is_refused_unread(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    if sys.platform != "win32":
        os.mkfifo(pipe)
    for path in (tmp_path, pipe, Path("/dev/zero")):
        with pytest.raises(Refused) as caught:
            load({"CARDTOOL_CONFIG": str(path)})

        assert "cannot be a device, a pipe or a folder" in _said(caught.value)


def test_a_place_that_cannot_be_reached_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(Refused) as caught:
        load({"CARDTOOL_CONFIG": str(tmp_path / "file" / "config.toml")})

    assert "could not be read (Not a directory)" in _said(caught.value)


def test_the_mark_that_some_editors_put_first_is_passed_over(tmp_path: Path) -> None:
    text = b"\xef\xbb\xbflanguage = 'tr'"

    assert load(_named(tmp_path / "config.toml", text)).language == "tr"


@pytest.mark.parametrize(
    ("option", "environ", "first"),
    [
        ("en", {"CARDTOOL_LANG": "tr"}, "en"),
        (None, {"CARDTOOL_LANG": "tr", "LC_ALL": "en_US.UTF-8"}, "tr"),
        (None, {"LC_ALL": "tr_TR.UTF-8", "LANG": "en_US.UTF-8"}, "tr"),
        (None, {"LC_ALL": "", "LC_MESSAGES": "de_DE", "LANG": "tr_TR"}, "en"),
        (None, {"LC_ALL": "C", "LANG": "tr_TR.ISO-8859-9"}, "tr"),
        (None, {"LC_ALL": "trv_TW.UTF-8"}, "en"),
        (None, {"LC_ALL": "tr"}, "tr"),
        (None, {"LC_ALL": "TR_tr@x"}, "tr"),
        (None, {"LC_ALL": "C.UTF-8", "LANG": "POSIX"}, None),
        (None, {}, None),
    ],
)
def test_the_strongest_wish_for_a_language_comes_first(
    option: str | None, environ: dict[str, str], first: str | None
) -> None:
    assert asked_language(option, environ) == first


def test_a_system_that_says_nothing_speaks_english() -> None:
    if os.name == "nt":
        assert system_language() in {"tr", "en"}
    else:
        assert system_language() == "en"


@pytest.mark.parametrize(
    ("settings", "language"),
    [
        ({"AppleLanguages": ["tr-TR", "en-TR"]}, "tr"),
        ({"AppleLanguages": ["trv-TW", "tr-TR", "en-TR"]}, "tr"),
        ({"AppleLanguages": []}, "en"),
        ({"AppleLocale": "tr_TR"}, "en"),
    ],
)
def test_macos_tells_its_language_in_a_property_list(
    tmp_path: Path, settings: dict[str, object], language: str
) -> None:
    file = tmp_path / "settings.plist"
    file.write_bytes(plistlib.dumps(settings, fmt=plistlib.FMT_BINARY))

    assert language_of_macos(file) == language


def test_without_settings_or_with_broken_ones_macos_speaks_english(tmp_path: Path) -> None:
    (tmp_path / "broken").write_bytes(b"bplist00 and no more")

    assert language_of_macos(tmp_path / "broken") == "en"
    assert language_of_macos(tmp_path / "none") == "en"


@pytest.mark.parametrize("price", ["inf", "nan", "1e29", "-1"])
def test_a_price_that_is_none_is_refused(tmp_path: Path, price: str) -> None:
    text = f"[fleet]\nprice = {price}\n".encode()

    with pytest.raises(Refused) as caught:
        load(_named(tmp_path / "config.toml", text))

    assert "price" in _said(caught.value)
