# SPDX-License-Identifier: Apache-2.0
"""The account of whoever runs the program leaves in no spelling, and no other word with it."""

import unicodedata
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest
from msgspec.structs import replace

from cardtool.model.hiding import hashed
from cardtool.model.redact import redact
from cardtool.model.snapshot import Snapshot, encode
from cardtool.probe import identity
from tests.described import FILES, read
from tests.golden.desk import desk

KEY = b"a key for tests."

_PLACES: tuple[tuple[str, str], ...] = (
    ("/media/{}/AKIS/x.so", "/media/{}/AKIS/x.so"),
    ("/run/media/{}/AKIS/x.so", "/run/media/{}/AKIS/x.so"),
    ("/srv/{}/x.so", "/srv/{}/x.so"),
    ("/home/kurum/{}/x.so", "/home/{h}/{}/x.so"),
    (r"\\sunucu\paylasim\{}\x.dll", r"\\sunucu\paylasim\{}\x.dll"),
    (r"C:\Kartlar\{}\x.dll", r"C:\Kartlar\{}\x.dll"),
    ("/var/mail/{}", "/var/mail/{}"),
    (r"KURUM\{} denied", r"KURUM\{} denied"),
    ("{}@kurum.example denied", "{}@kurum.example denied"),
)


def _said(text: str, names: tuple[str, ...]) -> str:
    done = redact(desk(detail=text), KEY, names).modules[0].slots
    assert isinstance(done, tuple)
    return done[1].token.detail  # type: ignore[union-attr]


@pytest.mark.parametrize(("text", "left"), _PLACES)
@pytest.mark.parametrize("login", ["zeki.deneme", "zeki", "ali", "al", "z.deneme", "kart"])
def test_the_account_of_whoever_runs_it_is_changed_in_any_folder(
    text: str, left: str, login: str
) -> None:
    done = _said(text.format(login), (login,))

    assert done == left.format(hashed(KEY, login), h=hashed(KEY, "kurum"))


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKD", text.translate(str.maketrans("ıİ", "iI")))
    return "".join(letter for letter in folded if not unicodedata.combining(letter))


def _identity(name: str) -> str:
    return name


SPELLINGS: dict[str, Callable[[str], str]] = {
    "as it is": _identity,
    "capitals": lambda name: name.translate(str.maketrans("iı", "İI")).upper(),
    "ASCII capitals": lambda name: _plain(name).upper(),
    "small": lambda name: name.translate(str.maketrans("İI", "iı")).lower(),
    "without marks": _plain,
    "decomposed": lambda name: unicodedata.normalize("NFD", name),
    "percent-encoded": quote,
    "turned": lambda name: " ".join(reversed(name.split())),
    "dotted": lambda name: ".".join(name.split()),
    "turned and dotted": lambda name: ".".join(reversed(name.split())),
    "underlined": lambda name: "_".join(name.split()),
    "glued": lambda name: "".join(name.split()),
    "glued without marks": lambda name: _plain("".join(name.split())).lower(),
    "initial and surname": lambda name: f"{name[0]}. {name.split()[-1]}",
    "domain before": lambda name: "KURUM\\" + _plain(".".join(name.split())).lower(),
    "domain behind": lambda name: _plain(".".join(name.split())).lower() + "@kurum.example",
}


@pytest.mark.parametrize("spelt", SPELLINGS.values(), ids=SPELLINGS)
@pytest.mark.parametrize("given", ["Ayşe Çınar", "ayse.cinar", r"KURUM\ayse.cinar"])
def test_no_spelling_of_an_account_is_left(spelt: Callable[[str], str], given: str) -> None:
    text = spelt("Ayşe Çınar")

    done = _said(f"no {text} here", (given,))

    assert "no " in done
    assert " here" in done
    left = _plain(done).lower()
    assert "ayse" not in left
    assert "cinar" not in left


@pytest.mark.parametrize("short", ["AYSECI~1", "ayseci~2", "AYSE~1.CIN", "AYENAR~1"])
def test_the_short_name_of_a_folder_of_windows_is_changed(short: str) -> None:
    done = _said(rf"no C:\Belge\{short}\x.dll", ("ayse.cinar",))

    assert done == rf"no C:\Belge\{hashed(KEY, 'ayse.cinar')}\x.dll" or short == "AYENAR~1"
    full = _said(rf"no C:\Belge\{short}\x.dll", ("ayse.cinar", "Ayşe Çınar"))
    assert short not in full


def test_a_short_name_made_of_the_plain_letters_alone_is_known_too() -> None:
    """Windows may leave out every letter that ASCII lacks, the first one as well."""
    done = _said(r"no C:\Belge\KRALKA~1\x.dll", ("Şükrü Çalışkan",))

    assert done == rf"no C:\Belge\{hashed(KEY, 'Şükrü Çalışkan')}\x.dll"


def test_a_text_with_escapes_that_spell_no_letters_is_searched_all_the_same() -> None:
    done = _said("no %FF%C5 ayse.cinar", ("ayse.cinar",))

    assert done == f"no %FF%C5 {hashed(KEY, 'ayse.cinar')}"


@pytest.mark.parametrize(
    "name",
    ["root", "SYSTEM", "admin", "Administrator", "user", "kullanici", "Kullanıcı", "pc", "test",
     "usr", "lib", "akis", "card", "reader", "kart", "", " ", "~0123456789abcdef"],
)  # fmt: skip
@pytest.mark.parametrize("path", FILES[::7], ids=lambda path: path.stem)
def test_an_account_that_is_a_common_word_tears_no_text_apart(path: Path, name: str) -> None:
    """Each text without a folder of that name stays as it was."""
    whole = read(path).desk()
    before, after = redact(whole, KEY), redact(whole, KEY, (name,))

    modules = (replace(each, path="") for each in after.modules)
    assert replace(after, modules=tuple(modules), host=before.host) == replace(
        before, modules=tuple(replace(each, path="") for each in before.modules)
    )
    assert after.host.name == before.host.name


def _host(name: str, given: str) -> str:
    whole: Snapshot = desk(host=name)
    return redact(whole, KEY, (given,)).host.name


@pytest.mark.parametrize(
    ("given", "host", "left"),
    [
        ("ayse.cinar", "AYSECINAR-PC", "{}-PC"),
        ("ayse", "PCAYSE7", "PC{}7"),
        ("ali", "ALI-PC", "{}-PC"),
        ("ali", "KALIBA", "KALIBA"),
        ("masa", "MASA-7", "MASA-7"),
    ],
)
def test_a_machine_is_not_called_after_whoever_runs_it(given: str, host: str, left: str) -> None:
    assert _host(host, given) == left.format(hashed(KEY, given))


def test_an_account_has_one_hash_wherever_it_stands() -> None:
    text = r"no /srv/ayse.cinar, C:\AYSE.CINAR, CINAR AYSE, ayse%2Ecinar"

    done = _said(text, ("ayse.cinar",))

    assert done.count(hashed(KEY, "ayse.cinar")) == 4
    assert encode(redact(desk(detail=done), KEY, ("ayse.cinar",))).decode().count("~~") == 0


@pytest.mark.parametrize(
    ("registered", "name"),
    [("Ayşe Çınar,Oda 3,,", "Ayşe Çınar"), ("pcscd", ""), ("", ""), (",,,", "")],
)
def test_a_full_name_is_read_from_what_is_registered(registered: str, name: str) -> None:
    assert identity.full_name(registered) == name


def test_what_the_environment_says_of_the_account_is_known() -> None:
    said = identity.names(
        {
            "SUDO_USER": "ayse",
            "LOGNAME": "root",
            "USERNAME": "MASA-1$",
            "HOME": "/home/kurum/ayse.o/",
        }
    )

    assert {"ayse", "root", "ayse.o"} <= set(said)
    assert "MASA-1$" not in said


def test_the_registered_name_of_who_used_sudo_is_known() -> None:
    assert "root" in identity.names({"SUDO_UID": "0"})
    assert identity.names({"SUDO_UID": "4294967295000"}) == identity.names({"SUDO_UID": "none"})
