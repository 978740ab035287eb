# SPDX-License-Identifier: Apache-2.0
"""The profiles of institutions: those that ship beside this file, and a site's own.

`default.toml` holds what is so in the whole country; every other profile adds to it.
"""

import functools
import pkgutil
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from cardtool.catalog.handwritten import HandwrittenError, read
from cardtool.catalog.institutions.error import ProfileError
from cardtool.model.procedure import KEYS, Fact, Institution

_T = TypeVar("_T")

SHIPPED = ("default", "kirikkale-ism")
"""Names of the profiles that come with the package."""


class _Profile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: str = ""
    fact: dict[str, Fact] = {}


@functools.cache
def load(name: str = "default") -> Institution:
    """Give a profile: one of `SHIPPED`, or the absolute path of a site's own file.

    Raises:
        ProfileError: there is none, or something in it is wrong.
    """
    if name in SHIPPED:
        body = pkgutil.get_data(__name__, f"{name}.toml") or b""
        own = msgspec.convert(tomllib.loads(body.decode()), _Profile)
    else:
        own = _own(name)
    nationwide = {} if name == "default" else load().facts
    shown = name if name in SHIPPED else Path(name).stem
    return Institution(id=shown, name=own.name, facts={**nationwide, **own.fact})


def _own(name: str) -> _Profile:
    path = Path(name)
    if not path.is_absolute():
        if path.suffix or len(path.parts) > 1:
            raise ProfileError(code="institution-relative", file=name)
        raise ProfileError(
            code="institution-unknown",
            name=name,
            close=_close(name, SHIPPED),
            known=", ".join(SHIPPED),
        )
    try:
        table = read(path)
    except FileNotFoundError as error:
        raise ProfileError(code="institution-missing", file=name) from error
    except HandwrittenError as error:
        raise ProfileError(code=error.code, **error.facts) from error
    return _checked(table, name)


def _checked(table: Mapping[str, Any], file: str) -> _Profile:
    facts = table.get("fact")
    for key, fact in facts.items() if isinstance(facts, dict) else ():
        if key not in KEYS:
            raise ProfileError(
                code="institution-key", file=file, place=f"$.fact.{key}", close=_close(key, KEYS)
            )
        _convert(fact, Fact, file, f"$.fact.{key}")
    profile = _convert(table, _Profile, file, "$")
    check(profile.name, profile.fact, file)
    return profile


def _convert(value: object, kind: type[_T], file: str, place: str) -> _T:
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        reason, _, inner = str(error).partition(" - at ")
        place += inner.strip("`").removeprefix("$")
        raise ProfileError(
            code="institution-value", file=file, place=place, reason=reason
        ) from error


def check(name: str, facts: Mapping[str, Fact], file: str) -> None:
    """Refuse a profile with a value that is not of the form that its key has.

    Raises:
        ProfileError: which value it is, and what form it should have.
    """
    from cardtool.catalog.institutions import forms  # noqa: PLC0415 - a site's own file only

    forms.check_text(name, file, "$.name")
    for key, fact in facts.items():
        for part in ("value", "source"):
            forms.check_text(getattr(fact, part), file, f"$.fact.{key}.{part}")
        forms.check_form(KEYS[key].kind, fact.value, file, f"$.fact.{key}.value")


def _close(name: str, known: Iterable[str]) -> str:
    import difflib  # noqa: PLC0415 - only where something is wrong

    return ", ".join(difflib.get_close_matches(name, known, cutoff=0.5)) or "-"
