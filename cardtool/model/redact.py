# SPDX-License-Identifier: Apache-2.0
"""Removes the person from a snapshot: masks for the screen, hashes for what leaves the machine.

Pure. The snapshot is changed before it is judged, so no finding and no view can show what was
removed. Every text is searched unless its field is named here.
"""

import functools
import re
from collections.abc import Callable, Iterable
from typing import Any

import msgspec
from msgspec.structs import replace

from cardtool.model.certificate import Attribute, Certificate, Name
from cardtool.model.hiding import Stars, hashed
from cardtool.model.names import USER, Accounts, Names, folded
from cardtool.model.numbers import NUMBER_BYTES, Values, is_hashed
from cardtool.model.snapshot import CertificateObject, Failure, Slot, Snapshot, Token
from cardtool.model.surroundings import Host, IdentityPolicy, Origin

_LIBRARY = (".so", ".dll", ".dylib")

_KNOWN_LIMIT = 500
"""Values of people in one snapshot; a card has tens. With more, every text is hidden whole."""

_WITH_OWN_DETAIL = frozenset({"BUG", "TIMEOUT", "NONSENSE", "OVERSIZE", "WAITED"})
"""Failures of a worker whose detail cardtool wrote; others may hold text of vendors."""

_SHARED = frozenset({"C", "O", "OU", "L", "ST", "street", "title"})
"""Attribute types that many people have in common: hashed, but not looked for elsewhere."""

_SYMBOLS = frozenset(
    {
        "type", "api", "states", "flags", "platform", "machine", "machines", "format", "key",
        "key_usage", "extended_key_usage", "policies", "qc_statements", "signature_algorithm",
        "marks", "state", "start", "seen",
    }
)  # fmt: skip
"""Fields of fixed words, which rules compare: only a name or a number in them is changed."""

_DIGITS = frozenset(
    {
        "atr", "serial", "vendor", "product", "classes", "hubs", "sha256", "chain", "host_id",
    }
)  # fmt: skip
"""Fields of hex digits, which stay unless they hold an identity number."""

_IDENTIFIERS = frozenset({"id", "subject_key_id", "authority_key_id"})
"""Fields of hex digits that an issuer may have made from anything, even from a name."""

_STANDARD = re.compile(r"(?:CKF|CKR|SCARD)_[A-Z0-9_]++|0x[0-9A-F]++")
"""Symbols of standards, which are never the name of a person."""

_WORK_LIMIT = 200_000_000
"""Characters times values searched for: some seconds of work."""

_LEAST_WORK = 100
"""Is added to the number of values, so that a snapshot without values has a limit too."""

_WORD, _WORDS = 64, 1_000
"""Characters of a fixed word, and how many of them are searched however much work is done already:
rules compare these words, and a hidden snapshot must get the same verdict."""


def mask(snapshot: Snapshot, *, keeps_bytes: bool = True) -> Snapshot:
    """Return the snapshot for the holder's own screen: names stay, numbers lose their middle.

    The certificates' bytes (`der`) stay as well; they can be exported and are never shown.
    """
    return _Disguise(snapshot, Stars(), None, keeps_bytes=keeps_bytes).snapshot(snapshot)


def redact(snapshot: Snapshot, key: bytes, accounts: Iterable[str] = ()) -> Snapshot:
    """Return the snapshot with every personal value as `~` and 16 digits of a keyed hash.

    One person stays the same person under one key. Personal are the names, numbers, labels and
    serial numbers of end-entity certificates and of their tokens, who was logged on, and
    `accounts`: the system's names for the person who runs the program.
    """
    return _Disguise(snapshot, functools.partial(hashed, key), accounts).snapshot(snapshot)


def leaving(
    snapshot: Snapshot, policy: IdentityPolicy, key: bytes = b"", accounts: Iterable[str] = ()
) -> Snapshot:
    """Return a snapshot as a site's policy lets it leave the workstation.

    Only hashing uses `key` and `accounts`.
    """
    if policy is IdentityPolicy.HASHED:
        return redact(snapshot, key, accounts)
    return mask(snapshot, keeps_bytes=False) if policy is IdentityPolicy.MASKED else snapshot


class SearchLimit:
    """A limit on the text that is searched; text beyond it is hidden whole."""

    def __init__(self, values: int, *, is_none: bool) -> None:
        """Allow for searching this many values; `is_none`: search only fixed words."""
        self._left = 0 if is_none else _WORK_LIMIT // (_LEAST_WORK + values)
        self._words = _WORDS

    def affords(self, text: str, *, is_fixed: bool) -> bool:
        """Tell whether one more text may be searched, and count it."""
        self._left -= len(text)
        if self._left > 0 or not is_fixed or len(text) > _WORD:
            return self._left > 0
        self._words -= 1
        return self._words >= 0


class _Disguise:
    """Knows the people in one snapshot, and replaces them in each of its parts."""

    def __init__(
        self,
        snapshot: Snapshot,
        change: Callable[[str], str],
        accounts: Iterable[str] | None,
        *,
        keeps_bytes: bool = False,
    ) -> None:
        """Gather what to search for; without `accounts`, only numbers are changed."""
        self._change = change
        self._shows_names = accounts is None
        self._keeps_bytes = keeps_bytes
        self._people = _people(snapshot)
        attributes = [attribute for person in self._people for attribute in person.attributes]
        values = {token.serial for _, _, token in snapshot.tokens()}
        names, labels = list[str](), set[str]()
        if accounts is None:
            values.update(one.value for one in attributes if one.type == "serialNumber")
        else:
            names = [one.value for one in attributes if one.type not in _SHARED]
            labels = {token.label for _, _, token in snapshot.tokens()}
            labels.update(certificate.label for certificate in snapshot.certificates())
            values |= {*names, *labels}
            accounts = (snapshot.origin.user if snapshot.origin else "", *accounts)
        if is_crowd := len(values) > _KNOWN_LIMIT:
            values, names, labels, accounts = set(), [], set(), None
        # sorted: where two spellings mean the same letters, the same one stands for both every time
        self._values = Values(sorted(values))
        self._names = Names.of(name for name in sorted(names) if not is_hashed(name))
        self._labels = Names({folded(one): one for one in sorted(labels) if not is_hashed(one)})
        self._accounts = Accounts(accounts or ())
        wanted = len(self._values) + len(self._names) + len(self._accounts)
        self._limit = SearchLimit(wanted, is_none=is_crowd)
        self._done: dict[tuple[Callable[[str], str], str], str] = {}
        self._changes = {
            **dict.fromkeys(_SYMBOLS, self._symbol),
            **dict.fromkeys(_DIGITS, self._digits),
            **dict.fromkeys(_IDENTIFIERS, self._identifier),
            "path": self._path,
        }

    def snapshot(self, snapshot: Snapshot) -> Snapshot:
        """Change the fields that are always personal, and the persons in every other text."""
        changed: Snapshot = self._walk(snapshot)
        return changed

    def _value(self, text: str) -> str:
        return text if not text or is_hashed(text) else self._change(text)

    def _named(self, text: str) -> str:
        return text if self._shows_names else self._value(text)

    def _once(self, change: Callable[[str], str], text: str) -> str:
        """Change a text once; hide it whole if it would be too much work."""
        done = self._done.get((change, text))
        if done is None:
            is_seen = self._limit.affords(text, is_fixed=change == self._symbol)
            done = self._done[change, text] = change(text) if is_seen else self._value(text)
        return done

    def _text(self, text: str) -> str:
        text = self._labels.replaced(self._nameless(text), self._change)
        return self._homeless(self._values.replaced(text, self._change))

    def _nameless(self, text: str) -> str:
        return self._accounts.replaced(self._names.replaced(text, self._change), self._change)

    def _homeless(self, text: str) -> str:
        if self._shows_names:
            return text
        return USER.sub(lambda match: match["before"] + self._value(match["user"]), text)

    def _symbol(self, text: str) -> str:
        if _STANDARD.fullmatch(text):
            return text
        return self._homeless(self._values.replace_numbers(self._nameless(text), self._change))

    def _record(self, record: msgspec.Struct) -> msgspec.Struct:
        """Change the fields of a record that are always personal."""
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
            case Failure(api="worker") if record.name not in _WITH_OWN_DETAIL:
                changed["detail"] = ""
        return replace(record, **changed) if changed else record

    def _identifier(self, hexadecimal: str) -> str:
        """Change bytes that spell something personal: as text, as digits or as a number."""
        try:
            data = bytes.fromhex(hexadecimal)
        except ValueError:
            return self._text(hexadecimal)
        texts = {data.decode(code, "replace").replace("\0", "") for code in ("utf-8", "cp1254")}
        if len(data) <= NUMBER_BYTES:
            texts |= {hexadecimal, str(int.from_bytes(data))}
        if self._values.is_in_bytes(data) or any(self._text(text) != text for text in texts):
            return self._value(hexadecimal)
        return hexadecimal

    def _digits(self, hexadecimal: str) -> str:
        try:
            data = bytes.fromhex(hexadecimal if len(hexadecimal) % 2 == 0 else f"0{hexadecimal}")
        except ValueError:
            return self._text(hexadecimal)
        return self._value(hexadecimal) if self._values.is_in_bytes(data) else hexadecimal

    def _attribute(self, attribute: Attribute) -> Attribute:
        if attribute.type == "C":
            return attribute
        change = self._value if attribute.type == "serialNumber" else self._named
        return Attribute(type=attribute.type, value=change(attribute.value))

    def _walk(self, node: Any, field: str = "") -> Any:  # noqa: ANN401 - any part of a snapshot
        if type(node) is str:  # a member of an enumeration stays
            return self._once(self._changes.get(field, self._text), node)
        if isinstance(node, msgspec.Struct):
            node = self._record(node)
            is_symbol = isinstance(node, Failure)  # the name of a failure is one, others are texts
            changed: dict[str, Any] = {}
            for name in node.__struct_fields__:
                value, kind = getattr(node, name), "api" if is_symbol and name == "name" else name
                if name != "der" and (new := self._walk(value, kind)) is not value:
                    changed[name] = new
            return replace(node, **changed) if changed else node
        if isinstance(node, tuple):
            return tuple(self._walk(part, field) for part in node)
        if isinstance(node, dict):
            return {self._walk(key): self._walk(value) for key, value in node.items()}
        return node

    def _path(self, path: str) -> str:
        """Change a path, and as little as possible of its file's name, which tells the module."""
        cut = max(path.rfind("/"), path.rfind("\\")) + 1
        folder, name = path[:cut], path[cut:]
        if self._text(name) == name:
            return self._text(folder + name)
        if not name.lower().endswith(_LIBRARY) or not self._names.is_name(name):
            name = self._nameless(name)
        return self._text(folder) + self._values.replace_numbers(name, self._change)


def _people(snapshot: Snapshot) -> frozenset[Name]:
    """Return the subjects of all certificates but those of certification authorities.

    A certificate counts as an authority's only if two extensions say so. Source: RFC 5280 §4.2.1.3,
    §4.2.1.9.
    """
    contents = (certificate.content for certificate in snapshot.certificates())
    return frozenset(
        content.subject
        for content in contents
        if isinstance(content, Certificate)
        and not (content.is_ca and "keyCertSign" in content.key_usage)
    )
