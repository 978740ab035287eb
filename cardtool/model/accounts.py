# SPDX-License-Identifier: Apache-2.0
r"""Finds accounts in texts: those of the person who runs the program.

The name of an account is searched for in every spelling. A short name, or one that is a word of the
trade, counts only where it can mean nothing else: as a whole part of a path, in KURUM\al and
al@kurum.
"""

import re
from collections.abc import Callable, Iterable

from cardtool.model.origin import account
from cardtool.model.spelling import SHORTEST, Names, folded, spellings

_NOBODY = frozenset(
    {
        "root", "system", "toor", "admin", "administrator", "administrators", "yonetici",
        "user", "users", "usuario", "kullanici", "guest", "misafir", "public", "default",
        "owner", "nobody", "daemon", "localservice", "networkservice", "pc", "test", "deneme",
        "usr", "lib", "lib64", "opt", "etc", "var", "home", "bin", "sbin", "srv", "media",
        "mnt", "run", "tmp", "windows", "programfiles", "system32", "syswow64", "library",
        "applications", "volumes",
    }
)  # fmt: skip
"""Account names that many people share, as `folded` spells them: they are never hidden."""

_WORDS = frozenset(
    {
        "card", "cards", "kart", "reader", "okuyucu", "smart", "smartcard", "token", "usb",
        "driver", "surucu", "imza", "eimza", "nes", "akis", "kamu", "kamusm", "tubitak",
        "safenet", "gemalto", "identiv", "omnikey", "openct", "opensc", "pcscd", "pkcs11",
        "acs", "scm", "hid", "ccid", "nfc", "sim", "pin", "puk", "client", "server", "ofis",
        "office", "klinik", "doktor", "hekim", "hemsire", "ebe", "memur", "personel",
        "sekreter", "masa", "bilgi", "islem", "muhasebe", "saglik", "hastane", "aile", "asm",
        "ism", "debian", "ubuntu", "pardus", "fedora", "windows", "linux",
    }
)  # fmt: skip
"""Words that are usual in this trade, as `folded` spells them."""

_SHORTEST = 3
"""Letters of an account that is looked for as a word."""

_PARTING = re.compile(r"([\\/@\s\"'<>|:;,()=]++)")
_SHORTENED = re.compile(r"(?P<start>[^~]{1,6})~[0-9]{1,2}(?:\.[^.]{0,3})?")
"""A short name of Windows. Source: [MS-FSCC] §2.1.5.2."""

_HASHED = re.compile(r"~[0-9a-f]{16}")


class Accounts:
    """Who runs the program, as the system names them: logins, the home folder, full names."""

    def __init__(self, names: Iterable[str]) -> None:
        """Take names as the system gives them, with a domain or without."""
        self._meant: dict[str, str] = {}
        spelt: dict[str, str] = {}
        for given in names:
            name = given.strip() if " " in given.strip() else account(given)
            letters = folded(name)
            if not letters or letters in _NOBODY or _HASHED.fullmatch(name):
                continue
            self._meant.setdefault(letters, name)
            if letters not in _WORDS:
                forms = (each for each in spellings(name) if each not in _NOBODY | _WORDS)
                spelt |= dict.fromkeys(forms, name)
        self._words = Names(spelt, shortest=_SHORTEST)

    def __len__(self) -> int:
        """Return how many spellings are looked for."""
        return len(self._words)

    def replaced(self, text: str, change: Callable[[str], str]) -> str:
        """Return a text in which each account is what `change` makes of its name."""
        if not self._meant:
            return text
        text = self._words.replaced(text, change)
        if not any(sign in text for sign in "\\/@"):
            return text
        pieces = ["", *_PARTING.split(text), ""]
        for place in range(1, len(pieces), 2):
            around = pieces[place - 1] + pieces[place + 1]
            if pieces[place] and any(sign in around for sign in "\\/@"):
                pieces[place] = self._whole(pieces[place], change)
        return "".join(pieces)

    def in_host(self, name: str, change: Callable[[str], str]) -> str:
        """Return a machine's name without the accounts, which may be a part of a word there."""
        return self._words.replaced(name, change, inside=SHORTEST)

    def _whole(self, part: str, change: Callable[[str], str]) -> str:
        """Change a part of a path that is an account's name, whole or as Windows shortens it."""
        if name := self._meant.get(folded(part)):
            return change(name)
        if short := _SHORTENED.fullmatch(part):
            start = folded(short["start"])
            for letters, name in self._meant.items():
                plain = folded(name.encode("ascii", "ignore").decode())
                if start and (letters.startswith(start) or plain.startswith(start)):
                    return change(name)
        return part
