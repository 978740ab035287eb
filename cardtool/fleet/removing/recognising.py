# SPDX-License-Identifier: Apache-2.0
"""Recognises a person in the rows and the snapshots of a store.

To find too much is as wrong as to find too little. A name or an account counts only as a whole
value, never inside other text. Only what cannot be a word is searched for inside text: an identity
number, a hash, a fingerprint.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
from sqlalchemy import Connection, select

from cardtool.fleet.store.tables import CERTIFICATE, PERSON, WORKSTATION
from cardtool.model.hiding import starred
from cardtool.model.names import account
from cardtool.model.numbers import is_hashed
from cardtool.model.refused import Refused
from cardtool.model.turkey import lowered

SHORTEST = 3
"""Letters of a name or account that is searched for; a shorter one was mistyped."""

_CERTAIN = re.compile(r"[1-9][0-9]{10}|~[0-9a-f]{16}|[0-9A-F]{64}")
"""What cannot be a word: an identity number, a hash, a fingerprint."""

_SECOND = re.compile(r" \(\d+\)$")
"""Follows the second of two equal masked numbers in one snapshot."""


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """The person to search for: what equals one of these values belongs to them."""

    values: tuple[str, ...] = ()
    """As given: a number, a hash, a masked number, a name or an account."""
    number: str = ""
    """The number if it was typed; its masked form counts too, but only together with the name."""
    name: str = ""
    """As the certificate has it."""
    accounts: tuple[str, ...] = ()
    """As `Origin.user` has them."""


class Match(msgspec.Struct, frozen=True, kw_only=True):
    """A snapshot that holds the person, or was taken under one of their accounts."""

    id: int
    workstation: int
    user: str
    is_theirs: bool
    is_others: bool
    """Somebody else's card is in it."""


class Recogniser:
    """The values by which a row or a snapshot is recognised as the person's."""

    def __init__(self, connection: Connection, person: Person) -> None:
        """Collect what certificates and registers add to what was given of a person.

        Raises:
            Refused: what was given fits several people.
        """
        wanted = {value for value in person.values if len(value) >= SHORTEST}
        self.certain = {value for value in wanted if _CERTAIN.fullmatch(value)}
        self.masked: set[tuple[str, str]] = set()
        """Masked number and folded name; the number alone could be anybody's."""
        words = wanted - self.certain
        rows = [row for row in _certificates(connection) if row.person in self.certain]
        rows += self._by_words(connection, words) if words else []
        self.certain |= {row.person for row in rows if _CERTAIN.fullmatch(row.person)}
        if person.number:
            query = select(PERSON.c.name).where(PERSON.c.number == person.number)
            registered = connection.execute(query).scalars()
            names = {folded(name) for name in (person.name, *registered)}
            names |= {folded(row.holder) for row in rows}
            self.masked |= {(starred(person.number), name) for name in names - {""}}
        if self.masked:
            rows += [row for row in _certificates(connection) if self._is_masked(row)]
        self.certificates = tuple({row.id for row in rows})
        self.fingerprints = {row.sha256 for row in rows}
        self.named = {account for account in person.accounts if len(account) >= SHORTEST}
        self.accounts = self.named | self._accounts(connection)

    def _is_masked(self, row: Any) -> bool:  # noqa: ANN401 - a row with a person and a holder
        return (_base(row.person), folded(row.holder)) in self.masked

    def _by_words(self, connection: Connection, words: set[str]) -> list[Any]:
        """Return the certificates of a name or a masked number, if they are of one person."""
        masks = {_base(word) for word in words if "*" in word}
        names = {folded(word) for word in words if "*" not in word}
        rows, called = [], []
        for row in _certificates(connection):
            if _base(row.person) in masks:
                rows.append(row)
            elif folded(row.holder) in names:
                called.append(row)
        people = {_base(row.person) for row in called}
        # one person may have one spelling of each kind: the policy may have changed
        kinds = {("~" in person, "*" in person) for person in people}
        if len({folded(row.holder) for row in rows}) > 1 or len(people) > len(kinds):
            raise Refused(code="forget-several")
        rows += called
        pairs = {(_base(row.person), folded(row.holder)) for row in rows}
        self.masked |= {pair for pair in pairs if "*" in pair[0]}
        return rows

    def _accounts(self, connection: Connection) -> set[str]:
        """Return the accounts that the register names for this person and nobody else."""
        mine, others = set[str](), set[str]()
        for row in connection.execute(select(PERSON).where(PERSON.c.user != "")):
            (mine if self._is_entry(row) else others).add(row.user)
        return mine - others

    def _is_entry(self, row: Any) -> bool:  # noqa: ANN401 - a row of PERSON
        return row.number in self.certain or (_base(row.number), folded(row.name)) in self.masked

    def entries(self, connection: Connection, accounts: set[str]) -> tuple[int, ...]:
        """Return the person's rows of the register."""
        rows = connection.execute(select(PERSON))
        return tuple(row.id for row in rows if self._is_entry(row) or row.user in accounts)

    def workstations(self, connection: Connection, accounts: set[str]) -> set[int]:
        """Return the workstations whose columns show the person."""
        columns = WORKSTATION.c
        query = select(columns.id, columns.person, columns.holder, columns.user, columns.sha256)
        return {
            row.id
            for row in connection.execute(query)
            if row.person in self.certain
            or row.sha256 in self.fingerprints
            or row.user in accounts
            or self._is_masked(row)
        }

    def needles(self) -> tuple[bytes, ...]:
        """Return texts in small letters; a snapshot that has none of them is skipped."""
        certain = {*self.certain, *self.fingerprints}
        spelt = {value.lower().encode() for value in certain}
        spelt |= {value.encode().hex().encode() for value in certain}
        spelt |= {mask.encode() for mask, _ in self.masked}
        spelt |= {msgspec.json.encode(account)[1:-1].lower() for account in self.accounts}
        return tuple(spelt)

    def match(self, row: Any, body: bytes) -> Match:  # noqa: ANN401 - a row of SNAPSHOT
        """Return who was logged on in a snapshot, and whether it holds the person or others."""
        document = msgspec.json.decode(body)
        texts = list(_texts(document))
        joined = "\n".join({text.casefold() for text in texts})
        certain = {value.casefold() for value in self.certain | self.fingerprints}
        certain |= {value.encode().hex() for value in self.certain}
        is_theirs = any(value in joined for value in certain)
        if self.masked and not is_theirs:
            names = {folded(text) for text in texts}
            is_theirs = any(mask in joined and name in names for mask, name in self.masked)
        theirs = self.certain | {mask for mask, _ in self.masked}
        numbers = _others(document, self.fingerprints)
        return Match(
            id=row.id,
            workstation=row.workstation_id,
            user=(document.get("origin") or {}).get("user") or "",
            is_theirs=is_theirs,
            is_others=any(_base(number) not in theirs for number in numbers),
        )


def _certificates(connection: Connection) -> Iterable[Any]:
    columns = CERTIFICATE.c
    return connection.execute(select(columns.id, columns.person, columns.holder, columns.sha256))


def _base(number: str) -> str:
    return _SECOND.sub("", number)


def folded(name: str) -> str:
    """Return a name as names are compared: Turkish small letters, single blanks."""
    return " ".join(lowered(name).split())


def accounts_in(text: str) -> tuple[str, ...]:
    """Return the account that a text can be, or nothing."""
    name = text if is_hashed(text) else account(text)
    return (name,) if name and "*" not in name and " " not in name else ()


def _texts(node: object) -> Iterator[str]:
    """Yield every text of a document of any format, the names of its fields too."""
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict):
        for key, value in node.items():
            yield key
            yield from _texts(value)
    elif isinstance(node, list):
        for item in node:
            yield from _texts(item)


def _others(node: object, fingerprints: set[str]) -> Iterator[str]:
    """Yield the identity numbers of certificates other than those with these fingerprints."""
    if isinstance(node, list):
        for item in node:
            yield from _others(item, fingerprints)
    elif isinstance(node, dict) and node.get("sha256") not in fingerprints:
        subject = node.get("subject")
        if isinstance(subject, dict) and not node.get("is_ca"):
            for attribute in subject.get("attributes", ()):
                if attribute.get("type") == "serialNumber":
                    yield attribute.get("value", "")
        for value in node.values():
            yield from _others(value, fingerprints)
