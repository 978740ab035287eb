# SPDX-License-Identifier: Apache-2.0
"""Puts a person into every text field of a snapshot, in every spelling, and reads every output.

The fields are those of the types themselves, so that a new field is tried without being named.
Broken is the promise by a name or an account in what is hashed, and by an identity number in
anything but what a site sends with `identity = "full"`.
"""

import io
import random
import unicodedata
import zipfile
from collections.abc import Callable, Iterator
from html import unescape
from itertools import product
from typing import Any
from urllib.parse import quote, unquote

from msgspec import inspect
from msgspec.structs import replace

from cardtool.cli.verbose import lines
from cardtool.fleet.sending.parcel import parcel
from cardtool.model.redact import mask, redact
from cardtool.model.snapshot import Snapshot, encode
from cardtool.model.surroundings import IdentityPolicy, Origin
from cardtool.rules import diagnose
from cardtool.rules.renewal import Policy
from cardtool.rules.summary import dated, summarise
from cardtool.text import Text
from cardtool.views import DIAGNOSIS, FORMATS, LIST, view
from tests.golden.desk import AT, HOLDER, NUMBER, ZONE, desk
from tests.golden.write import html
from tests.trials import Trial

_KEY = bytes.fromhex("9b1f6c2ad84e703551c7a0ef3d628b94")
_LOGIN = "zeki.deneme"
_MARKED = str.maketrans("iı", "İI")


def _plain(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.translate(str.maketrans("ıİ", "iI")))
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def _of_name(name: str) -> Iterator[str]:
    first, last = name.split()
    for words in (name, f"{last} {first}", f"{last}, {first}"):
        capitals = words.translate(_MARKED).upper()
        yield from (capitals, capitals.title(), _plain(words).lower(), _plain(words).upper())
        yield unicodedata.normalize("NFD", words)
        yield quote(words)
        yield words.encode().decode("latin-1")
    for sign in ("", ".", "_", "-", "  "):
        yield f"{first}{sign}{last}"
        yield _plain(f"{last}{sign}{first}").lower()
    yield from (f"{first[0]}. {last}", _plain(f"{first[0]}{last}").lower(), f"{last} {first[0]}.")
    yield ".".join(name.replace(" ", ""))
    yield name.encode("cp1254").decode("latin-1")
    yield name.encode("cp1254").decode("cp1252")
    yield name.encode("ascii", "xmlcharrefreplace").decode()
    yield name.encode("ascii", "backslashreplace").decode().replace("\\xd6", "\\u00d6")
    yield name.encode("cp857").decode("cp1254", "replace")
    yield "".join(letter if letter.isascii() else "?" for letter in name)
    yield f"AKIS {name}".rjust(34)[:32]


def _of_number(number: str) -> Iterator[str]:
    groups = (number[:3], number[3:6], number[6:9], number[9:])
    yield from (number, f"0{number}", f"00{number}", f"{number}NES0", f"no{number}")
    yield from (
        sign.join(groups)
        for sign in (" ", ".", "-", "_", "/", "%20", "\u00a0", "\u2011", "\u200b", ",")
    )
    yield from ("-".join(number), " ".join(number))
    yield "".join(chr(0xFF10 + int(digit)) for digit in number)
    yield from (number.encode().hex(), number.encode().hex().upper(), f"{int(number):X}")
    yield from (number[:10].rjust(32, "X"), number[:9].rjust(32, "X"), number[:10].rjust(64, "-"))


def _of_account(login: str) -> Iterator[str]:
    yield from (
        login,
        login.upper(),
        login.upper().replace("I", "İ"),
        quote(login).replace(".", "%2E"),
    )
    yield from (login.replace(".", " ").title(), ".".join(reversed(login.split("."))))
    yield from (f"KURUM\\{login}", f"{login}@kurum.example", login.replace(".", ""))
    yield from (f"/media/{login}/x", f"/srv/{login}/x", f"/home/kurum/{login}/x")
    yield from (f"\\\\sunucu\\pay\\{login}\\x", "C:\\Belge\\ZEKIDE~1\\x", "/home/baska.biri/x")


SPELLINGS: tuple[tuple[str, str], ...] = tuple(
    (kind, spelt)
    for kind, every in (
        ("name", _of_name(HOLDER)), ("number", _of_number(NUMBER)), ("account", _of_account(_LOGIN))
    )
    for spelt in dict.fromkeys(every)
)  # fmt: skip
"""What is said of the person, each with its kind."""

_Made = Callable[[str], Any]


def places(kind: inspect.Type) -> Iterator[tuple[str, _Made]]:
    """Yield each text field of a type: its place, and what makes a value with a text there."""
    match kind:
        case inspect.StrType():
            yield "", lambda text: text
        case inspect.StructType():
            needed = {each.name: _any(each.type) for each in kind.fields if each.required}
            for field in kind.fields:
                for place, made in places(field.type):
                    yield f".{field.name}{place}", _in_field(kind.cls, needed, field.name, made)
        case inspect.VarTupleType():
            yield from ((f"[]{place}", _in_tuple(made)) for place, made in places(kind.item_type))
        case inspect.DictType():
            yield "{key}", lambda text: {text: "1"}
            yield "{value}", lambda text: {"x": text}
        case inspect.UnionType():
            for each in kind.types:
                yield from places(each)


def _in_field(cls: type, needed: dict[str, Any], name: str, made: _Made) -> _Made:
    return lambda text: cls(**{**needed, name: made(text)})


def _in_tuple(made: _Made) -> _Made:
    return lambda text: (made(text),)


def _any(kind: inspect.Type) -> Any:  # noqa: ANN401, PLR0911 - a value of any type
    match kind:
        case inspect.StrType():
            return ""
        case inspect.IntType() | inspect.FloatType():
            return 0
        case inspect.DateTimeType():
            return AT
        case inspect.EnumType():
            return next(iter(kind.cls))
        case inspect.LiteralType():
            return kind.values[0]
        case inspect.StructType():
            return kind.cls(**{each.name: _any(each.type) for each in kind.fields if each.required})
        case inspect.UnionType():
            return _any(next(each for each in kind.types if not isinstance(each, inspect.NoneType)))
        case _:
            return ()


PLACES: tuple[tuple[str, _Made], ...] = tuple(places(inspect.type_info(Snapshot)))


def _with(made: _Made, text: str) -> Snapshot:
    """Return a desk that says a text in one field, and has the person's own card."""
    said: Snapshot = made(text)
    card = desk()
    readers = said.readers or card.readers
    host = replace(said.host, platform=said.host.platform or "linux")
    return replace(said, readers=readers, host=host, modules=said.modules + card.modules)


def outputs(snapshot: Snapshot) -> Iterator[tuple[str, bool, str]]:
    """Yield all that is made of a snapshot: its name, whether names are hashed, and the text."""
    hashed, masked = redact(snapshot, _KEY, (_LOGIN,)), mask(snapshot)
    yield "snapshot", True, encode(hashed).decode()
    yield "-v", True, "\n".join(lines(hashed))
    yield from (("leaving " + name, True, text) for name, text in _views(hashed))
    shown = ((name, text) for name, text in _views(masked) if not FORMATS[name.split()[-1]].leaves)
    yield from (("shown " + name, False, text) for name, text in shown)
    for policy in (IdentityPolicy.HASHED, IdentityPolicy.MASKED):
        origin = snapshot.origin or Origin(host_id="ab" * 16, identity=policy)
        sent = parcel(snapshot, replace(origin, identity=policy), _KEY, (_LOGIN,))[1]
        yield f"fleet send, {policy}", policy is IdentityPolicy.HASHED, sent.decode()


_SUBJECTS = {DIAGNOSIS, LIST, "drivers", "certificates"}
"""What can be shown of one snapshot."""


def _views(snapshot: Snapshot) -> Iterator[tuple[str, str]]:
    text = Text("tr", ZONE)
    diagnosis = diagnose(snapshot, AT)
    line = dated(summarise(diagnosis), Policy())
    for name, each in FORMATS.items():
        for subject in each.gives.keys() & _SUBJECTS:
            if name == "html":
                continue
            given = [line] if subject == LIST else [diagnosis]
            parts = view(name, subject)(given, text)
            shown = _unpacked(b"".join(parts)) if each.binary else "".join(parts)
            yield f"{subject} {name}", shown
    yield "html", html([diagnosis], "tr").partition("</style>")[2]


def _unpacked(workbook: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(workbook)) as parts:
        return "\n".join(parts.read(name).decode() for name in parts.namelist())


def _letters(text: str) -> str:
    return "".join(letter for letter in _plain(text).casefold() if letter.isalnum())


def leak(kind: str, spelt: str, shown: str) -> bool:
    """Tell whether an output says a person in this spelling, or in any that a person would read."""
    texts = {
        shown,
        unescape(shown),
        unquote(shown),
        shown.replace("\r\n ", ""),
        shown.replace("\n", " "),
    }
    if kind == "number":
        digits = {"".join(each for each in _plain(text) if each.isdigit()) for text in texts}
        plain = spelt.strip("X-").lower()
        return any(plain in text.lower() for text in texts) or any(
            NUMBER[:9] in text for text in digits
        )
    wanted = {_letters(unquote(spelt))}
    if kind == "name":
        first, last = _plain(HOLDER).casefold().split()
        wanted = {first + last, last + first, wanted.pop() if len(spelt) < 32 else first + last}
    elif "baska" in spelt:
        wanted = {"baskabiri"}
    elif "~" in spelt:
        wanted = {"zekide1"}
    else:
        wanted = {_letters(_LOGIN)}
    return any(each in _letters(text) for text in texts for each in wanted if each)


def run(cases: int, seed: int) -> Iterator[str]:
    """Try so many pairs of a field and a spelling, each in all outputs; every pair if so many."""
    rnd = random.Random(seed)  # noqa: S311 - to be the same each time
    every = list(product(PLACES, SPELLINGS))
    for (place, made), (kind, spelt) in rnd.sample(every, min(cases, len(every))):
        snapshot = _with(made, spelt)
        leaking = [
            name
            for name, is_hashed, shown in outputs(snapshot)
            if (is_hashed or kind == "number") and leak(kind, spelt, shown)
        ]
        yield f"${place} says {spelt!r}: in {', '.join(leaking)}" if leaking else ""


TRIAL = Trial(
    name="leaks",
    promise="No name or account of a person, in any text field and any of its spellings, is in "
    "an output whose people are hashed, and no identity number in any that hides it.",
    run=run,
    few=30,
    many=10_000,
)
