# SPDX-License-Identifier: Apache-2.0
"""The profiles of institutions: those that ship beside this file, and a site's own.

`default.toml` holds what is so in the whole country. Every other profile adds to it, and overrides
it where it has a fact of the same key.
"""

import pkgutil
import tomllib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from cardtool.catalog.handwritten import read
from cardtool.model.once import once
from cardtool.model.procedure import KEYS, TOGETHER, Fact, Institution
from cardtool.model.refused import Refused

_T = TypeVar("_T")

SHIPPED = ("default", "kirikkale-ism")
"""Names of the profiles that come with the package."""

_FIRST_YEAR = 2000
"""Nothing was signed with a qualified certificate in Turkey before. Source: Law No 5070, 2004."""


class _Profile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: str = ""
    fact: dict[str, Fact] = {}


@once
def load(name: str = "default", today: date | None = None) -> Institution:
    """Give a profile: one of `SHIPPED`, or the absolute path of a site's own file.

    `today` is what the clock says, where it is to be held against the days of a site's own file.

    Raises:
        Refused: there is none, or something in it is wrong.
    """
    if name in SHIPPED:
        body = pkgutil.get_data(__name__, f"{name}.toml") or b""
        own = msgspec.convert(tomllib.loads(body.decode()), _Profile)
    else:
        own = _own(name, today)
    nationwide = {} if name == "default" else load().facts
    return Institution(
        id=name if name in SHIPPED else Path(name).stem,
        name=own.name,
        facts={**nationwide, **own.fact},
        overridden=tuple(key for key in own.fact if key in nationwide),
    )


def _own(name: str, today: date | None) -> _Profile:
    path = Path(name)
    if not path.is_absolute():
        if path.suffix or len(path.parts) > 1:
            raise Refused(code="institution-relative", file=name)
        raise Refused(code="institution-unknown", name=name, known=", ".join(SHIPPED))
    try:
        table = read(path)
    except FileNotFoundError as error:
        raise Refused(code="institution-missing", file=name) from error
    return _checked(table, name, today)


def _checked(table: Mapping[str, Any], file: str, today: date | None) -> _Profile:
    facts = table.get("fact")
    for key, fact in facts.items() if isinstance(facts, dict) else ():
        if key not in KEYS:
            raise Refused(code="institution-key", file=file, place=f"$.fact.{key}", near=_near(key))
        _convert(fact, Fact, file, f"$.fact.{key}")
    profile = _convert(table, _Profile, file, "$")
    check(profile.name, profile.fact, file, today)
    return profile


def _convert(value: object, kind: type[_T], file: str, place: str) -> _T:
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        reason, _, inner = str(error).partition(" - at ")
        place += inner.strip("`").removeprefix("$")
        raise Refused(code="institution-value", file=file, place=place, reason=reason) from error


def check(name: str, facts: Mapping[str, Fact], file: str, today: date | None = None) -> None:
    """Refuse a profile with a value that is not of the form that its key has, or half of a group.

    Raises:
        Refused: which value it is and what form it should have, or which keys are missing.
    """
    from cardtool.catalog.institutions import forms  # noqa: PLC0415 - a site's own file only

    forms.check_text(name, file, "$.name")
    for key, fact in facts.items():
        for part in ("value", "source"):
            forms.check_text(getattr(fact, part), file, f"$.fact.{key}.{part}")
        forms.check_form(KEYS[key].kind, fact.value, file, f"$.fact.{key}.value")
        _check_day(fact.checked, today, file, f"$.fact.{key}.checked")
    for group in TOGETHER:
        missing = [key for key in group if key not in facts]
        if 0 < len(missing) < len(group):
            raise Refused(
                code="institution-incomplete",
                file=file,
                there=", ".join(key for key in group if key in facts),
                missing=", ".join(missing),
            )


def _check_day(day: date, today: date | None, file: str, place: str) -> None:
    """Refuse a day on which nobody can have looked the fact up.

    If the clock is behind the days of the profiles that ship, it is wrong, and so is not used.
    """
    is_ahead = today is not None and _newest() <= today < day
    if day.year < _FIRST_YEAR or is_ahead:
        raise Refused(
            code="institution-day",
            file=file,
            place=place,
            value=day.isoformat(),
            first=_FIRST_YEAR,
            today="-" if today is None else today.isoformat(),
        )


def _newest() -> date:
    return max(fact.checked for fact in load().facts.values())


def _near(key: str) -> str:
    """Return the keys that are close to one; all where none is."""
    import difflib  # noqa: PLC0415 - only where something is wrong

    return ", ".join(difflib.get_close_matches(key, KEYS, cutoff=0.5) or KEYS)
