# SPDX-License-Identifier: Apache-2.0
"""A snapshot without the person in it: masked for the screen, hashed for what leaves the machine.

Pure. Both work on the snapshot, before anything is judged, so that no finding and no view can
hold what the snapshot does not. Every text is looked through unless its field is named here.
"""

import functools
import hashlib
import hmac
import re
from collections.abc import Callable, Collection, Iterable
from typing import Any, NamedTuple

import msgspec
from msgspec.structs import replace

from cardtool.model import homes, numbers
from cardtool.model.accounts import Accounts
from cardtool.model.certificate import Attribute, Certificate, Name
from cardtool.model.effort import Effort
from cardtool.model.fields import DIGITS, IDENTIFIERS, SHARED, STANDARD, SYMBOLS, WITH_OWN_DETAIL
from cardtool.model.origin import IdentityPolicy, Origin
from cardtool.model.snapshot import CertificateObject, Failure, Host, Slot, Snapshot, Token
from cardtool.model.spelling import Names, folded
from cardtool.model.stars import Stars, starred
from cardtool.model.values import NUMBER_BYTES, Values, is_hashed

_LIBRARY = (".so", ".dll", ".dylib")

_KNOWN_LIMIT = 500
"""Values of people in one snapshot; a card has tens. With more, every text is hidden whole."""


def mask(snapshot: Snapshot, *, keeps_bytes: bool = True) -> Snapshot:
    """Return the snapshot for the holder's own screen: names stay, numbers lose their middle.

    The certificates' bytes (`der`) stay as well: there they are exported, never shown.
    """
    known = {token.serial for _, _, token in snapshot.tokens()}
    known.update(each.value for each in _attributes(snapshot) if each.type == "serialNumber")
    disguise = _Disguise(_Known(known), Stars(), shows_names=True, keeps_bytes=keeps_bytes)
    return disguise.snapshot(snapshot)


def redact(snapshot: Snapshot, key: bytes, accounts: Iterable[str] = ()) -> Snapshot:
    """Return the snapshot with every personal value as `~` and 16 digits of a keyed hash.

    One person stays the same person under one key. Personal are the names, numbers, labels and
    serial numbers of end-entity certificates and of their tokens, who was logged on, and
    `accounts`: what the system calls whoever runs the program.
    """
    labels = {token.label for _, _, token in snapshot.tokens()}
    labels.update(each.label for each in _certificates(snapshot))
    said = [each for each in _attributes(snapshot) if each.type not in SHARED]
    values = {token.serial for _, _, token in snapshot.tokens()} | {each.value for each in said}
    user = snapshot.origin.user if snapshot.origin else ""
    names = [each.value for each in said]
    known = _Known(values | labels, names, labels, (user, *accounts))
    return _Disguise(known, functools.partial(hashed, key)).snapshot(snapshot)


def hashed(key: bytes, value: str) -> str:
    """Return what stands for a personal value under this key, wherever it occurs."""
    digest = hmac.new(key, value.encode(errors="surrogatepass"), hashlib.sha256)
    return f"~{digest.hexdigest()[:16]}"


def without_numbers(text: str, key: bytes | None) -> str:
    """Return a text whose identity numbers, by their shape, are hashed; masked without a key."""
    change = starred if key is None else lambda found: hashed(key, numbers.digits(found))
    plain = re.sub(numbers.PLAIN, lambda found: change(found[0]), text)
    return numbers.spaced(plain, change)


def leaving(
    snapshot: Snapshot, policy: IdentityPolicy, key: bytes = b"", accounts: Iterable[str] = ()
) -> Snapshot:
    """Return of a snapshot what a site's policy lets leave the workstation to be collected.

    `key` is that of the hash; the other policies have none, and keep `accounts` as they are.
    """
    if policy is IdentityPolicy.HASHED:
        return redact(snapshot, key, accounts)
    return mask(snapshot, keeps_bytes=False) if policy is IdentityPolicy.MASKED else snapshot


class _Known(NamedTuple):
    """What is looked for in the texts of a snapshot."""

    values: Collection[str]
    names: Collection[str] = ()
    labels: Collection[str] = ()
    accounts: Iterable[str] = ()


class _Disguise:
    """What is known of the people in one snapshot, and what becomes of it."""

    def __init__(
        self,
        known: _Known,
        change: Callable[[str], str],
        *,
        shows_names: bool = False,
        keeps_bytes: bool = False,
    ) -> None:
        self._change = change
        self._shows_names = shows_names
        self._keeps_bytes = keeps_bytes
        self._people: frozenset[Name] = frozenset()
        is_crowd = len({*known.values, *known.names, *known.labels}) > _KNOWN_LIMIT
        known = _Known(()) if is_crowd else known
        self._values = Values(known.values)
        self._names = Names.of(each for each in known.names if not is_hashed(each))
        self._labels = Names({folded(each): each for each in known.labels if not is_hashed(each)})
        self._accounts = Accounts(known.accounts)
        wanted = len(self._values) + len(self._names) + len(self._accounts)
        self._effort = Effort(wanted, is_none=is_crowd)
        self._done: dict[tuple[Callable[[str], str], str], str] = {}
        self._changes = {
            **dict.fromkeys(SYMBOLS, self._symbol),
            **dict.fromkeys(DIGITS, self._digits),
            **dict.fromkeys(IDENTIFIERS, self._identifier),
            "path": self._path,
        }

    def snapshot(self, snapshot: Snapshot) -> Snapshot:
        """Change the fields that are personal whatever they hold, and persons in every text."""
        self._people = _people(snapshot)
        changed: Snapshot = self._walk(snapshot)
        return changed

    def _value(self, text: str) -> str:
        return text if not text or is_hashed(text) else self._change(text)

    def _named(self, text: str) -> str:
        return text if self._shows_names else self._value(text)

    def _once(self, change: Callable[[str], str], text: str) -> str:
        """Change a text, the same one once only, and hide it whole where that is too much work."""
        done = self._done.get((change, text))
        if done is None:
            is_seen = self._effort.affords(text, is_fixed=change == self._symbol)
            done = self._done[change, text] = change(text) if is_seen else self._value(text)
        return done

    def _text(self, text: str) -> str:
        text = self._labels.replaced(self._nameless(text), self._change)
        return self._homeless(self._values.replaced(text, self._change))

    def _nameless(self, text: str) -> str:
        return self._accounts.replaced(self._names.replaced(text, self._change), self._change)

    def _homeless(self, text: str) -> str:
        return text if self._shows_names else homes.USER.sub(self._home, text)

    def _home(self, found: re.Match[str]) -> str:
        return found["before"] + self._value(found["user"])

    def _symbol(self, text: str) -> str:
        if STANDARD.fullmatch(text):
            return text
        return self._homeless(self._values.numberless(self._nameless(text), self._change))

    def _record(self, record: msgspec.Struct) -> msgspec.Struct:
        """Change the fields of a record that are personal whatever they hold."""
        changed: dict[str, Any] = {}
        match record:
            case Token():
                changed["label"] = self._named(record.label)
                changed["serial"] = self._value(record.serial)
            case CertificateObject():
                changed["label"] = self._named(record.label)
                changed["der"] = record.der if self._keeps_bytes else None
            case Slot(reader=None, token=Failure()):  # it may be called after its holder
                changed["description"] = self._named(record.description)
            case Name() if record in self._people:
                changed["attributes"] = tuple(map(self._attribute, record.attributes))
            case Origin():
                changed["user"] = self._named(record.user)
            case Host():
                changed["name"] = self._accounts.in_host(record.name, self._change)
            case Failure(api="worker") if record.name not in WITH_OWN_DETAIL:
                changed["detail"] = ""
        return replace(record, **changed) if changed else record

    def _identifier(self, hexadecimal: str) -> str:
        """Change bytes that spell something personal: as text, as digits or as a number."""
        try:
            data = bytes.fromhex(hexadecimal)
        except ValueError:
            return self._text(hexadecimal)
        texts = {data.decode(each, "replace").replace("\0", "") for each in ("utf-8", "cp1254")}
        if len(data) <= NUMBER_BYTES:
            texts |= {hexadecimal, str(int.from_bytes(data))}
        is_told = self._values.is_in_bytes(data) or any(self._text(each) != each for each in texts)
        return self._value(hexadecimal) if is_told else hexadecimal

    def _digits(self, hexadecimal: str) -> str:
        try:
            data = bytes.fromhex(hexadecimal if len(hexadecimal) % 2 == 0 else f"0{hexadecimal}")
        except ValueError:
            return self._text(hexadecimal)
        return self._value(hexadecimal) if self._values.is_in_bytes(data) else hexadecimal

    def _attribute(self, each: Attribute) -> Attribute:
        if each.type == "C":
            return each
        change = self._value if each.type == "serialNumber" else self._named
        return Attribute(type=each.type, value=change(each.value))

    def _walk(self, node: Any, field: str = "") -> Any:  # noqa: ANN401 - any part of a snapshot
        if type(node) is str:  # a member of an enumeration stays
            return self._once(self._changes.get(field, self._text), node)
        if isinstance(node, msgspec.Struct):
            node = self._record(node)
            names = (name for name in node.__struct_fields__ if name != "der")
            changed = {
                name: new
                for name in names
                if (new := self._walk(value := getattr(node, name), _kind(node, name))) is not value
            }
            return replace(node, **changed) if changed else node
        if isinstance(node, tuple):
            return tuple(self._walk(each, field) for each in node)
        if isinstance(node, dict):
            return {self._walk(key): self._walk(value) for key, value in node.items()}
        return node

    def _path(self, path: str) -> str:
        """Change a path; of its file's name, which says which module it is, as little as can be."""
        cut = max(path.rfind("/"), path.rfind("\\")) + 1
        folder, name = path[:cut], path[cut:]
        if self._text(name) == name:
            return self._text(folder + name)
        if not name.lower().endswith(_LIBRARY) or not self._names.is_one(name):
            name = self._nameless(name)
        return self._text(folder) + self._values.numberless(name, self._change)


def _kind(node: msgspec.Struct, field: str) -> str:
    """Return what a field is: the name of a failure is a symbol, others are texts."""
    return "api" if field == "name" and isinstance(node, Failure) else field


def _certificates(snapshot: Snapshot) -> list[CertificateObject]:
    lists = (token.certificates for _, _, token in snapshot.tokens())
    return [each for some in lists if not isinstance(some, Failure) for each in some]


def _people(snapshot: Snapshot) -> frozenset[Name]:
    """Return the subjects of everything that is not a certification authority.

    An authority says so twice, or anybody could be one. Source: RFC 5280 §4.2.1.3, §4.2.1.9.
    """
    contents = (each.content for each in _certificates(snapshot))
    return frozenset(
        each.subject
        for each in contents
        if isinstance(each, Certificate) and not (each.is_ca and "keyCertSign" in each.key_usage)
    )


def _attributes(snapshot: Snapshot) -> list[Attribute]:
    return [each for person in _people(snapshot) for each in person.attributes]
