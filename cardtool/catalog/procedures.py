# SPDX-License-Identifier: Apache-2.0
"""The procedures, and the profiles of institutions.

`institutions/default.toml` holds the nationwide facts. Every other profile adds facts, and
overrides those of the same key. Of a site's own profile only the form of the values is checked.
"""

import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

import msgspec

from cardtool.catalog import toml
from cardtool.model.once import once
from cardtool.model.procedure import (
    KEYS,
    LINK,
    TOGETHER,
    Fact,
    Guide,
    Institution,
    Kind,
    Procedure,
    Role,
)
from cardtool.model.refused import Refused

_T = TypeVar("_T")

SHIPPED = ("default", "kirikkale-ism")
"""Names of the profiles that come with the package."""

_FIRST_YEAR = 2000
"""Nothing was signed with a qualified certificate in Turkey before. Source: Law No 5070, 2004."""

_LIMIT_LETTERS = 300
_PHONE = re.compile(r"444\d{4}|0[2-9]\d{9}|\+90[2-9]\d{9}", re.ASCII)
_MAIL = re.compile(r"[A-Za-z0-9._%+-]+@([A-Za-z0-9-]+\.)+[A-Za-z]{2,}")


class _Procedures(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    procedure: tuple[Procedure, ...]


class _Profile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: str = ""
    fact: dict[str, Fact] = {}


@once
def load() -> dict[str, Procedure]:
    """Give every procedure by its name, in the order they are listed in."""
    every = toml.shipped("procedures.toml", _Procedures).procedure
    return {procedure.name: procedure for procedure in every}


def guide(procedure: Procedure, role: Role | None, institution: Institution) -> Guide:
    """Return a procedure as it is in an institution, for one role or for all."""
    return Guide(
        name=procedure.name,
        role=role,
        institution=institution,
        at_hand=procedure.at_hand,
        steps=tuple(
            step
            for step in procedure.steps
            if (role is None or not step.roles or role in step.roles)
            and all(key in institution.facts for key in (*step.facts, *step.needs))
            and not any(key in institution.facts for key in step.unless)
        ),
    )


@once
def institution(name: str = "default", today: date | None = None) -> Institution:
    """Give a profile: one of `SHIPPED`, or the absolute path of a site's own file.

    `today` is the clock's day, with which the days of a site's own file are compared.

    Raises:
        Refused: there is none, or something in it is wrong.
    """
    is_shipped = name in SHIPPED
    profile = (
        toml.shipped(f"institutions/{name}.toml", _Profile) if is_shipped else _own(name, today)
    )
    nationwide = {} if name == "default" else institution().facts
    return Institution(
        id=name if is_shipped else Path(name).stem,
        name=profile.name,
        facts={**nationwide, **profile.fact},
        overridden=tuple(key for key in profile.fact if key in nationwide),
    )


def _own(name: str, today: date | None) -> _Profile:
    path = Path(name)
    if not path.is_absolute():
        if path.suffix or len(path.parts) > 1:
            raise Refused(code="institution-relative", file=name)
        raise Refused(code="institution-unknown", name=name, known=", ".join(SHIPPED))
    try:
        table = toml.handwritten(path)
    except FileNotFoundError as error:
        raise Refused(code="institution-missing", file=name) from error
    facts = table.get("fact")
    for key, fact in facts.items() if isinstance(facts, dict) else ():
        if key not in KEYS:
            raise Refused(code="institution-key", file=name, place=f"$.fact.{key}", near=_near(key))
        _convert(fact, Fact, name, f"$.fact.{key}")
    profile = _convert(table, _Profile, name, "$")
    check(profile.name, profile.fact, name, today)
    return profile


def _near(key: str) -> str:
    """Return the keys that are similar to one, or all keys if there are none."""
    import difflib  # noqa: PLC0415 - only where something is wrong

    return ", ".join(difflib.get_close_matches(key, KEYS, cutoff=0.5) or KEYS)


def _convert(value: object, kind: type[_T], file: str, place: str) -> _T:
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        reason, _, inner = str(error).partition(" - at ")
        place += inner.strip("`").removeprefix("$")
        raise Refused(code="institution-value", file=file, place=place, reason=reason) from error


def check(name: str, facts: Mapping[str, Fact], file: str, today: date | None = None) -> None:
    """Refuse a profile if a value has not the form of its key, or a group is incomplete.

    Raises:
        Refused: which value it is and what form it should have, or which keys are missing.
    """
    _check_text(name, file, "$.name")
    for key, fact in facts.items():
        place = f"$.fact.{key}"
        _check_text(fact.value, file, f"{place}.value")
        _check_text(fact.source, file, f"{place}.source")
        _check_form(KEYS[key].kind, fact.value, file, f"{place}.value")
        _check_day(fact.checked, today, file, f"{place}.checked")
    for group in TOGETHER:
        there = [key for key in group if key in facts]
        missing = [key for key in group if key not in facts]
        if there and missing:
            raise Refused(
                code="institution-incomplete",
                file=file,
                there=", ".join(there),
                missing=", ".join(missing),
            )


def _check_text(value: str, file: str, place: str) -> None:
    """Refuse a text that cannot be shown as one line."""
    if not value.strip():
        raise Refused(code="institution-empty", file=file, place=place)
    if len(value) > _LIMIT_LETTERS or not value.isprintable():
        raise Refused(code="institution-text", file=file, place=place, limit=_LIMIT_LETTERS)


def _check_form(kind: Kind, value: str, file: str, place: str) -> None:
    match kind:
        case Kind.IBAN if not _is_turkish_iban(value):
            raise Refused(code="institution-iban", file=file, place=place, value=value)
        case Kind.LINK if not _is_link(value):
            raise Refused(code="institution-link", file=file, place=place, value=value)
        case Kind.PHONE if not _PHONE.fullmatch(re.sub(r"[ ()-]", "", value)):
            raise Refused(code="institution-phone", file=file, place=place, value=value)
        case Kind.MAIL if not _MAIL.fullmatch(value):
            raise Refused(code="institution-mail", file=file, place=place, value=value)


def _is_turkish_iban(value: str) -> bool:
    from stdnum import iban  # noqa: PLC0415 - for a site's own profile

    return bool(iban.is_valid(value)) and iban.compact(value).startswith("TR")


def _is_link(value: str) -> bool:
    """Tell whether it is the address of a page, without a user's name or password.

    A view must be able to make the whole address a link.
    """
    try:
        parts = urlsplit(value)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return False
    named = re.fullmatch(r"([a-z0-9-]+\.)+[a-z]{2,}", host) and "@" not in parts.netloc
    return bool(re.fullmatch(LINK, value) and named and port != 0)


def _check_day(day: date, today: date | None, file: str, place: str) -> None:
    """Refuse a day on which nobody can have looked the fact up.

    A clock that is behind the days of the profiles that ship is wrong, so it is not used.
    """
    newest = max(fact.checked for fact in institution().facts.values())
    if day.year < _FIRST_YEAR or (today is not None and newest <= today < day):
        raise Refused(
            code="institution-day",
            file=file,
            place=place,
            value=day.isoformat(),
            first=_FIRST_YEAR,
            today="-" if today is None else today.isoformat(),
        )
