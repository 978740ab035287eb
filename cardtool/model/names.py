# SPDX-License-Identifier: Apache-2.0
r"""Finds the names of people and of accounts in texts, however they are spelt. Hides nothing.

A name and a text are compared by their letters and digits alone: without case, marks, dots, blanks
and percent signs. So AYŞE ÖRNEK is found in `ornek_ayse` and in `Ay%C5%9Fe%20%C3%96rnek`. A short
account name, or one that is a word of the trade, counts only where it can mean nothing else: as a
whole part of a path, in KURUM\al and in al@kurum.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import permutations

from cardtool.model.numbers import SHORTEST, is_full, is_hashed

_INSIDE = 8
"""Letters; a shorter name counts only as a whole word, a longer one inside a word too."""

_PARTS_LIMIT = 4
"""Up to so many parts of a name are searched for in every order."""

_LEFT = 6
"""The fewest letters by which a name is known that was cut off at the end of a text."""

_DOTLESS = str.maketrans("ıİ", "ii")
_NO_LETTERS = dict.fromkeys(code for code in range(128) if not chr(code).isalnum())
_ESCAPED = re.compile(
    r"(?:%[0-9A-Fa-f]{2})++|\\u[0-9A-Fa-f]{4}|&#(?:[0-9]{1,5}|x[0-9A-Fa-f]{1,4});"
)
"""As addresses, JSON and HTML write letters."""

_UNIT = re.compile(rf"{_ESCAPED.pattern}|.", re.DOTALL)

_PART = re.compile(r"[^\W_]++")

_GARBLED = (
    ("utf-8", "latin-1"),
    ("utf-8", "cp1252"),
    ("utf-8", "cp1254"),
    ("cp1254", "cp1252"),
    ("cp857", "cp1254"),
    ("cp1254", "cp857"),
    ("ascii", "ascii"),
)
"""A text's encoding, and the one it is read in by mistake; letters that do not fit are lost."""

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
"""Account names that name no person, as `folded` spells them: they are never hidden."""

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

_SHORTEST_ACCOUNT = 3
"""Letters of an account that is looked for as a word."""

_PARTING = re.compile(r"([\\/@\s\"'<>|:;,()=]++)")
_SHORTENED = re.compile(r"(?P<start>[^~]{1,6})~[0-9]{1,2}(?:\.[^.]{0,3})?")
"""A short name of Windows. Source: [MS-FSCC] §2.1.5.2."""

USER = re.compile(
    r"(?P<before>(?i:(?<![\\/])[\\/]++(?:homes?|users|documents and settings)\$?"
    r"|(?:(?<!\\)\\++|(?<=:)/)(?:profiles?|userdata|[\w.-]*(?:home|user|profile)s?\$))[\\/]++)"
    r"(?P<user>(?:(?:[A-ZÇĞİÖŞÜ0-9][A-ZÇĞİÖŞÜ0-9.-]+|[\w.-]+\.(?:local|lan|corp|tr|example))/)?"
    r"(?:[^\\/\n:<>|]+(?=[\\/])|[^\\/\s\"'<>|:;,()]+))"
)
"""The part of a path that is the name of a user of the machine.

A folder of the domain may stand before it. Source: smb.conf(5), `template homedir`.
"""


def folded(text: str) -> str:
    """Return the letters and digits of a text, without case and marks."""
    if "%" in text or "\\u" in text or "&#" in text:
        text = _ESCAPED.sub(_unescaped, text)
    if text.isascii():
        return text.lower().translate(_NO_LETTERS)
    return "".join(map(_letters, text))


@lru_cache(maxsize=4096)
def _letters(letter: str) -> str:
    if unicodedata.combining(letter):
        return ""
    plain = unicodedata.normalize("NFKD", letter.translate(_DOTLESS)).casefold()
    return "".join(sign for sign in plain if sign.isalnum() and not unicodedata.combining(sign))


def _unescaped(match: re.Match[str]) -> str:
    escaped = match[0]
    if escaped.startswith("%"):
        return bytes.fromhex(escaped.replace("%", "")).decode(errors="replace")
    digits = escaped[2:].removesuffix(";")
    is_decimal = escaped.startswith("&") and not digits.startswith("x")
    return chr(int(digits.lstrip("x"), 10 if is_decimal else 16))


def spellings(name: str) -> Iterator[str]:
    """Yield the spellings of a name, folded: its parts in any order, shortened or garbled."""
    yield from _orders(name)
    if not name.isascii():
        for written, read in _GARBLED:
            yield from _orders(name.encode(written, "ignore").decode(read, "ignore"))


def _orders(name: str) -> Iterator[str]:
    parts = list(filter(None, map(folded, _PART.findall(unicodedata.normalize("NFKC", name)))))
    if not parts or "".join(parts).isdecimal():
        return
    if len(parts) > _PARTS_LIMIT:
        yield "".join(parts)
        yield "".join(reversed(parts))
        yield "".join((parts[-1], *parts[:-1]))
    else:
        yield from map("".join, permutations(parts))
    if len(parts) > 1:
        first, last = parts[0], parts[-1]
        initials = "".join(part[0] for part in parts[:-1])
        yield from (first + last, last + first, first[0] + last, last + first[0], initials + last)
        yield first + initials[1:] + last


class Names:
    """The spellings of names, to be looked for in many texts."""

    def __init__(self, spelt: Mapping[str, str], *, shortest: int = SHORTEST) -> None:
        """Take spellings with their names; those under `shortest` letters are left out."""
        self._meant = {form: name for form, name in spelt.items() if len(form) >= shortest}
        ordered = sorted(self._meant, key=lambda form: (-len(form), form))
        self._pattern = re.compile("|".join(map(re.escape, ordered)) or r"(?!)")
        self._beginnings = {
            form[:size]: self._meant[form]
            for form in reversed(ordered)
            for size in range(max(_LEFT, len(form) // 2), len(form))
            if not form[:size].isdecimal()
        }

    @classmethod
    def of(cls, names: Iterable[str]) -> "Names":
        """Look for these names in every spelling."""
        return cls({form: name for name in names for form in spellings(name)})

    def __len__(self) -> int:
        """Return how many spellings are looked for."""
        return len(self._meant)

    def is_name(self, text: str) -> bool:
        """Tell whether a text is one of the names and nothing else."""
        return folded(text) in self._meant

    def replaced(self, text: str, change: Callable[[str], str], inside: int = _INSIDE) -> str:
        """Return a text in which `change` has replaced each name.

        A name of at least `inside` letters is found inside a word too.
        """
        if not self._meant:
            return text
        letters = folded(text)
        is_cut = is_full(text)
        if self._pattern.search(letters) is None and not (is_cut and self._beginnings):
            return text
        places = _places(text)
        done, at, start = [], 0, 0
        while match := self._pattern.search(letters, start):
            first, last = places[match.start()][0], places[match.end() - 1][1]
            around = text[first - 1 : first] + text[last : last + 1]
            if len(match[0]) < inside and any(map(str.isalpha, around)):
                start = match.start() + 1
                continue
            done += [text[at:first], change(self._meant[match[0]])]
            at, start = last, match.end()
        tail = self._cut(letters[start:]) if is_cut else None
        if tail:
            done += [text[at : places[-len(tail)][0]], change(self._beginnings[tail])]
            at = len(text)
        return "".join((*done, text[at:]))

    def _cut(self, letters: str) -> str | None:
        """Return the beginning of a name with which a text ends, cut off there."""
        longest = max(map(len, self._beginnings), default=0)
        ends = (letters[-size:] for size in range(min(longest, len(letters)), _LEFT - 1, -1))
        return next((end for end in ends if end in self._beginnings), None)


def _places(text: str) -> list[tuple[int, int]]:
    """Return where each letter of `folded` stands in the text, its combining marks included."""
    places: list[tuple[int, int]] = []
    for match in _UNIT.finditer(text):
        for unit in match[0] if len(match[0]) == 1 else _unescaped(match):
            if letters := _letters(unit):
                places += [match.span()] * len(letters)
            elif places and unicodedata.combining(unit) and places[-1][1] == match.start():
                places[-1] = (places[-1][0], match.end())
    return places


class Accounts:
    """Who runs the program, as the system names them: logins, the home folder, full names."""

    def __init__(self, names: Iterable[str]) -> None:
        """Take names as the system gives them, with a domain or without."""
        self._meant: dict[str, str] = {}
        spelt: dict[str, str] = {}
        for given in names:
            name = given.strip() if " " in given.strip() else account(given)
            letters = folded(name)
            if not letters or letters in _NOBODY or is_hashed(name):
                continue
            self._meant.setdefault(letters, name)
            if letters not in _WORDS:
                forms = (form for form in spellings(name) if form not in _NOBODY | _WORDS)
                spelt |= dict.fromkeys(forms, name)
        self._words = Names(spelt, shortest=_SHORTEST_ACCOUNT)

    def __len__(self) -> int:
        """Return how many spellings are looked for."""
        return len(self._words)

    def replaced(self, text: str, change: Callable[[str], str]) -> str:
        """Return a text in which `change` has replaced each account."""
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
        """Replace accounts in a machine's name, where they are found inside a word too."""
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


def account(name: str) -> str:
    r"""Return the name of an account as it is compared and hashed: no domain, small letters.

    Windows does not tell AYSE from ayse, and writes KURUM\ayse or ayse@kurum.example as well.
    """
    return name.rpartition("\\")[2].partition("@")[0].strip().casefold()
