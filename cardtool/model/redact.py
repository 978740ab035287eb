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
from typing import Any

import msgspec

from cardtool.model.certificate import Attribute, Certificate, Name
from cardtool.model.snapshot import CertificateObject, Failure, Slot, Snapshot, Token

_HASH = r"~[0-9a-f]{16}"
_MASKED = r"(?:.{2}\*+.{2}|\*+)(?: \(\d+\))?"
_IDENTITY_NUMBER = r"(?<!\d)(?<!\d\s)[1-9](?:\s?\d){10}(?!\s?\d)"
"""Eleven digits, the first not 0: the shape of a T.C. Kimlik No, whatever its check digits say.

Blanks may stand between them, as people write long numbers.
"""

_USER = r"(?<=/home/)[^/]+(?=/)|(?<=[\\/](?i:users)[\\/])[^\\/]+(?=[\\/])"
"""The part of a path that is the name of a user of the machine."""

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
    }
)  # fmt: skip
"""Fields of fixed words or bytes, which rules compare: not looked through."""

_NUMBER_BYTES = 8
"""Longest object identifier that may be a number of eleven digits, generously."""

_SHORTEST = 4
"""Characters; anything shorter would be found inside unrelated words."""


def mask(snapshot: Snapshot) -> Snapshot:
    """Return the snapshot for the holder's own screen: names stay, numbers lose their middle.

    The certificates' bytes (`der`) stay as well: they are exported, never shown.
    """
    numbers = {token.serial for _, _, token in snapshot.tokens()}
    numbers.update(each.value for each in _attributes(snapshot) if each.type == "serialNumber")
    return _Disguise(numbers, _Stars(), shows_names=True).snapshot(snapshot)


def redact(snapshot: Snapshot, key: bytes) -> Snapshot:
    """Return the snapshot with every personal value as `~` and 16 digits of a keyed hash.

    One person stays the same person under one key. Personal are the names, numbers, labels and
    serial numbers of end-entity certificates and of their tokens.
    """

    def hashed(value: str) -> str:
        digest = hmac.new(key, value.encode(errors="surrogatepass"), hashlib.sha256)
        return f"~{digest.hexdigest()[:16]}"

    words = {text for _, _, token in snapshot.tokens() for text in (token.serial, token.label)}
    words.update(each.label for each in _certificates(snapshot))
    words.update(each.value for each in _attributes(snapshot) if each.type not in _SHARED)
    return _Disguise(words, hashed, shows_names=False).snapshot(snapshot)


class _Disguise:
    """What is known of the people in one snapshot, and what becomes of it."""

    def __init__(self, known: set[str], change: Callable[[str], str], *, shows_names: bool) -> None:
        self._change = change
        self._shows_names = shows_names
        self._people: frozenset[Name] = frozenset()
        wanted = sorted(
            (word for word in known if len(word) >= _SHORTEST and not re.fullmatch(_HASH, word)),
            key=lambda word: (-len(word), word),
        )
        parts = [f"(?P<done>{_HASH})"]
        parts += [] if shows_names else [_USER]
        parts += [f"(?i:{re.escape(word)})" for word in wanted]
        self._pattern = re.compile("|".join((*parts, _IDENTITY_NUMBER)))

    def snapshot(self, snapshot: Snapshot) -> Snapshot:
        """Change the records that are personal by their nature, then every other text."""
        self._people = _people(snapshot)
        modules = tuple(
            msgspec.structs.replace(module, slots=tuple(map(self._slot, module.slots)))
            if isinstance(module.slots, tuple)
            else module
            for module in snapshot.modules
        )
        changed = self._walk(msgspec.structs.replace(snapshot, modules=modules))
        assert isinstance(changed, Snapshot)  # noqa: S101 - for the type checker
        return changed

    def _value(self, text: str) -> str:
        return text if not text or re.fullmatch(_HASH, text) else self._change(text)

    def _named(self, text: str) -> str:
        return text if self._shows_names else self._value(text)

    def _text(self, text: str) -> str:
        return self._pattern.sub(
            lambda found: found[0] if found["done"] else self._change(found[0]), text
        )

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
            der=each.der if self._shows_names else None,
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
        return self._path(node) if field == "path" else self._text(node)

    def _path(self, path: str) -> str:
        """Change a path, but never within the file's name alone: it says which module it is."""
        cut = max(path.rfind("/"), path.rfind("\\")) + 1
        folder, name = path[:cut], path[cut:]
        return self._text(path) if self._text(name) == name else self._text(folder) + name


class _Stars:
    """Hides the middle of values, and tells two apart that look the same without it."""

    def __init__(self) -> None:
        self._shown: dict[str, str] = {}
        self._count: dict[str, int] = {}

    def __call__(self, value: str) -> str:
        if re.fullmatch(_MASKED, value, re.DOTALL):
            return value
        key = value.casefold()
        if key not in self._shown:
            stars = _starred(value)
            self._count[stars] = count = self._count.get(stars, 0) + 1
            self._shown[key] = "" if count == 1 else f" ({count})"
        return _starred(value) + self._shown[key]


def _starred(value: str) -> str:
    edge = 2
    hidden = len(value) - 2 * edge
    return f"{value[:edge]}{'*' * hidden}{value[-edge:]}" if hidden > 0 else "*" * len(value)


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
