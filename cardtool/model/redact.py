# SPDX-License-Identifier: Apache-2.0
"""A snapshot without the person in it: masked for the screen, hashed for what leaves the machine.

Pure. Both work on the snapshot, before anything is judged, so that no finding and no view can
hold what the snapshot does not. Every text is looked through unless its field is named here.
"""

import hashlib
import hmac
import re
from collections.abc import Callable
from enum import Enum
from functools import partial
from typing import Any

import msgspec

from cardtool.model import homes, numbers
from cardtool.model.certificate import Attribute, Certificate, Name
from cardtool.model.origin import IdentityPolicy
from cardtool.model.snapshot import CertificateObject, Failure, Slot, Snapshot, Token
from cardtool.model.stars import Stars, starred

_HASH = r"~[0-9a-f]{16}"
_TOLD = frozenset({"BUG", "TIMEOUT", "NONSENSE"})
"""Failures of a worker whose detail is our own text. Others end with what a vendor printed."""

_SHARED = frozenset({"C", "O", "OU", "L", "ST", "street", "title"})
"""Attribute types that many people have in common: hashed, but not looked for elsewhere."""

_SYMBOLS = frozenset(
    {
        "type", "api", "states", "flags", "platform", "machine", "machines", "format", "key",
        "key_usage", "extended_key_usage", "policies", "qc_statements", "signature_algorithm",
        "vendor", "product", "classes", "marks", "state", "start",
        "atr", "sha256", "chain", "serial", "id", "der", "subject_key_id", "authority_key_id",
        "host_id", "identity",
    }
)  # fmt: skip
"""Fields of fixed words or bytes, which rules compare: not looked through."""

_NUMBER_BYTES = 8
"""Longest object identifier that may be a number of eleven digits, generously."""

_LEAST_DIGITS = 8
"""Of a known number in a file's name; a version has fewer."""

_SHORTEST = 4
"""Characters; anything shorter would be found inside unrelated words."""


def mask(snapshot: Snapshot, *, keeps_bytes: bool = True) -> Snapshot:
    """Return the snapshot for the holder's own screen: names stay, numbers lose their middle.

    The certificates' bytes (`der`) stay as well: there they are exported, never shown.
    """
    known = {token.serial for _, _, token in snapshot.tokens()}
    known.update(each.value for each in _attributes(snapshot) if each.type == "serialNumber")
    disguise = _Disguise(known, Stars(), shows_names=True, keeps_bytes=keeps_bytes)
    return disguise.snapshot(snapshot)


def redact(snapshot: Snapshot, key: bytes) -> Snapshot:
    """Return the snapshot with every personal value as `~` and 16 digits of a keyed hash.

    One person stays the same person under one key. Personal are the names, numbers, labels and
    serial numbers of end-entity certificates and of their tokens, and who was logged on.
    """
    words = {text for _, _, token in snapshot.tokens() for text in (token.serial, token.label)}
    words.update(each.label for each in _certificates(snapshot))
    words.update(each.value for each in _attributes(snapshot) if each.type not in _SHARED)
    user = snapshot.origin.user if snapshot.origin else ""
    return _Disguise(words, partial(hashed, key), shows_names=False, user=user).snapshot(snapshot)


def hashed(key: bytes, value: str) -> str:
    """Return what stands for a personal value under this key, wherever it occurs."""
    digest = hmac.new(key, value.encode(errors="surrogatepass"), hashlib.sha256)
    return f"~{digest.hexdigest()[:16]}"


def without_numbers(text: str, key: bytes | None) -> str:
    """Return a text whose identity numbers, by their shape, are hashed; masked without a key."""
    change = starred if key is None else lambda found: hashed(key, numbers.digits(found))
    plain = re.sub(numbers.PLAIN, lambda found: change(found[0]), text)
    return numbers.spaced(plain, change)


def leaving(snapshot: Snapshot, policy: IdentityPolicy, key: bytes = b"") -> Snapshot:
    """Return of a snapshot what a site's policy lets leave the workstation to be collected.

    `key` is that of the hash; the other policies have none.
    """
    if policy is IdentityPolicy.HASHED:
        return redact(snapshot, key)
    return mask(snapshot, keeps_bytes=False) if policy is IdentityPolicy.MASKED else snapshot


class _Disguise:
    """What is known of the people in one snapshot, and what becomes of it."""

    def __init__(
        self,
        known: set[str],
        change: Callable[[str], str],
        *,
        shows_names: bool,
        keeps_bytes: bool = False,
        user: str = "",
    ) -> None:
        self._change = change
        self._shows_names = shows_names
        self._keeps_bytes = keeps_bytes
        self._people: frozenset[Name] = frozenset()
        wanted = sorted(
            (
                word
                for word in {*known, *map(numbers.digits, known)}
                if len(word) >= _SHORTEST and not re.fullmatch(_HASH, word)
            ),
            key=lambda word: (-len(word), word),
        )
        self._numbers = frozenset(map(numbers.digits, known))
        parts = [f"(?P<done>{_HASH})"]
        parts += [f"(?i:{re.escape(word)})" for word in wanted]
        self._pattern = re.compile("|".join((*parts, numbers.PLAIN)))
        named = user and not re.fullmatch(_HASH, user)
        word = rf"(?i)(?<![^\W_]){re.escape(user)}(?![^\W_])" if named else r"(?!)"
        self._user = re.compile(word)
        self._user_in_host = homes.in_host(user if named else "")

    def snapshot(self, snapshot: Snapshot) -> Snapshot:
        """Change the records that are personal by their nature, then every other text."""
        self._people = _people(snapshot)
        modules = tuple(
            msgspec.structs.replace(module, slots=tuple(map(self._slot, module.slots)))
            if isinstance(module.slots, tuple)
            else module
            for module in snapshot.modules
        )
        origin = snapshot.origin
        if origin is not None:
            origin = msgspec.structs.replace(origin, user=self._named(origin.user))
        host = msgspec.structs.replace(snapshot.host, name=self._host(snapshot.host.name))
        changed = self._walk(
            msgspec.structs.replace(snapshot, modules=modules, origin=origin, host=host)
        )
        assert isinstance(changed, Snapshot)  # noqa: S101 - for the type checker
        return changed

    def _value(self, text: str) -> str:
        return text if not text or re.fullmatch(_HASH, text) else self._change(text)

    def _named(self, text: str) -> str:
        return text if self._shows_names else self._value(text)

    def _text(self, text: str) -> str:
        text = self._pattern.sub(
            lambda found: found[0] if found["done"] else self._change(numbers.digits(found[0])),
            text,
        )
        text = numbers.spaced(
            text, lambda found: self._change(numbers.digits(found)), self._numbers
        )
        return text if self._shows_names else homes.USER.sub(self._home, text)

    def _home(self, found: re.Match[str]) -> str:
        return found["before"] + self._value(found["user"])

    def _host(self, name: str) -> str:
        """Change the user's name in the machine's, where it stands without dots and marks."""
        whole = self._userless(name)
        if whole != name:
            return whole
        found = self._user_in_host.search(homes.plain(name))
        if found is None or re.search(_HASH, name):
            return name
        user = self._change(name[found.start() : found.end()].casefold())
        return name[: found.start()] + user + name[found.end() :]

    def _userless(self, text: str) -> str:
        """Change the user's name as a word: not everywhere, for it may be `card` or `reader`."""
        return self._user.sub(lambda found: self._change(found[0].casefold()), text)

    def _slot(self, slot: Slot) -> Slot:
        token = slot.token
        if isinstance(token, Failure) and slot.reader is None:  # it may be called after its holder
            return msgspec.structs.replace(slot, description=self._named(slot.description))
        if not isinstance(token, Token):
            return slot
        certificates = token.certificates
        if not isinstance(certificates, Failure):
            certificates = tuple(map(self._object, certificates))
        changed = msgspec.structs.replace(
            token,
            label=self._named(token.label),
            serial=self._value(token.serial),
            certificates=certificates,
        )
        return msgspec.structs.replace(slot, token=changed)

    def _object(self, each: CertificateObject) -> CertificateObject:
        content = each.content
        if isinstance(content, Certificate):
            subject, issuer = (
                self._name(name) if name in self._people else name
                for name in (content.subject, content.issuer)
            )
            content = msgspec.structs.replace(content, subject=subject, issuer=issuer)
        return msgspec.structs.replace(
            each,
            content=content,
            label=self._named(each.label),
            id=self._value(each.id) if self._is_told_by(each.id) else each.id,
            der=each.der if self._keeps_bytes else None,
        )

    def _is_told_by(self, hexadecimal: str) -> bool:
        """Say whether bytes spell something personal: as text, as decimal digits or as a number."""
        spelt = [hexadecimal]
        try:
            data = bytes.fromhex(hexadecimal)
        except ValueError:
            data = b""
        spelt.append(data.decode(errors="replace").replace("\0", ""))
        if len(data) <= _NUMBER_BYTES:
            spelt.append(str(int.from_bytes(data)))
            other = str(int.from_bytes(data, "little"))
            if other in self._numbers or numbers.is_one(other):
                return True
        return any(self._text(each) != each for each in spelt)

    def _name(self, name: Name) -> Name:
        return Name(attributes=tuple(map(self._attribute, name.attributes)))

    def _attribute(self, each: Attribute) -> Attribute:
        if each.type == "C":
            return each
        change = self._value if each.type == "serialNumber" else self._named
        return Attribute(type=each.type, value=change(each.value))

    def _walk(self, node: Any, field: str = "") -> Any:  # noqa: ANN401 - any part of a snapshot
        if isinstance(node, msgspec.Struct):
            names = [name for name in node.__struct_fields__ if name not in _SYMBOLS]
            if isinstance(node, Failure):
                if node.api == "worker" and node.name not in _TOLD:
                    return msgspec.structs.replace(node, detail="")
                names = ["detail"]
            return msgspec.structs.replace(
                node, **{name: self._walk(getattr(node, name), name) for name in names}
            )
        if isinstance(node, tuple):
            return tuple(self._walk(each, field) for each in node)
        if isinstance(node, dict):
            return {self._text(key): self._text(value) for key, value in node.items()}
        if not isinstance(node, str) or isinstance(node, Enum):
            return node
        if field == "detail":
            node = self._userless(node)
        return self._path(node) if field == "path" else self._text(node)

    def _path(self, path: str) -> str:
        """Change a path, but no name in its file's name alone: it says which module it is."""
        cut = max(path.rfind("/"), path.rfind("\\")) + 1
        folder, name = self._userless(path[:cut]), path[cut:]
        if self._text(name) == name:
            return self._text(folder + name)
        return self._text(folder) + self._numberless(name)

    def _numberless(self, name: str) -> str:
        for number in sorted(self._numbers, key=len, reverse=True):
            if number.isdecimal() and len(number) >= _LEAST_DIGITS:
                name = name.replace(number, self._change(number))
        name = re.sub(numbers.PLAIN, lambda own: self._change(numbers.digits(own[0])), name)
        return numbers.spaced(
            name, lambda found: self._change(numbers.digits(found)), self._numbers
        )


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
