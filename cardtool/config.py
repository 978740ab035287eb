# SPDX-License-Identifier: Apache-2.0
"""Reads the settings of a machine and of a person from files and Windows' policies.

The user's file overrides the system's key by key, and a policy overrides both.
"""

import logging
import sys
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from cardtool import places
from cardtool.catalog.toml import handwritten
from cardtool.fleet.settings import OfFleet
from cardtool.model.refused import Refused
from cardtool.model.trust import Online
from cardtool.text import LANGUAGES

if TYPE_CHECKING:
    from cardtool.rules.renewal import Policy

_LOG = logging.getLogger(__name__)

_KEY_BYTES = 16
_LONG_KEY_BYTES = 32
"""In a longer key a part of five bytes may come again by chance."""

POLICY = r"SOFTWARE\Policies\cardtool"
"""The key below HKEY_LOCAL_MACHINE in which administrators prescribe settings: a subkey for each
table, a value for each setting. Only administrators can write there."""

Days = Annotated[int, msgspec.Meta(ge=0, le=3650)]


class Thresholds(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The thresholds of a `Policy` that may be set; None: the default."""

    notice_days: Days | None = None
    urgent_days: Days | None = None
    critical_days: Days | None = None
    lead_days: Days | None = None
    holidays: str | None = None

    def __post_init__(self) -> None:
        """Refuse a country without a calendar; msgspec adds the place to what is raised."""
        if self.holidays in (None, "", "TR"):
            return
        from holidays import list_supported_countries  # noqa: PLC0415 - for few sites

        if self.holidays not in list_supported_countries(include_aliases=False):
            text = f"`holidays` must be a country such as TR, or empty: {self.holidays}"
            raise ValueError(text)

    def configured(self) -> dict[str, Any]:
        """Return the thresholds that are set, by their names in a `Policy`."""
        thresholds = ((name, getattr(self, name)) for name in Thresholds.__struct_fields__)
        return {name: value for name, value in thresholds if value is not None}


class OfIssuer(Thresholds, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Thresholds for the certificates of one issuer; a missing one is that of the site."""

    name: str
    """A part of the issuer's CN, in any case."""

    def __post_init__(self) -> None:
        """Refuse an empty name, which would fit every issuer."""
        super().__post_init__()
        if not self.name.strip():
            text = "`name` must be a part of the issuer's name"
            raise ValueError(text)


class OfSite(Thresholds, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Thresholds for all certificates, and others for those of some issuers."""

    issuer: tuple[OfIssuer, ...] = ()
    """The first one whose name fits counts."""


class Identity(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How people are hidden in what leaves the machine."""

    key: str | None = None
    """Secret of the keyed hash, at least 32 hex digits; None: a new one for each run."""

    def __post_init__(self) -> None:
        """Refuse a key that is short, not hex, or not random; msgspec adds the place."""
        if self.key is None:
            return
        try:
            key = bytes.fromhex(self.key)
        except ValueError:
            key = b""
        if len(key) < _KEY_BYTES:
            text = f"`key` must be at least {2 * _KEY_BYTES} hex digits: openssl rand -hex 32"
            raise ValueError(text)
        if is_made_up(key):
            text = "`key` is not drawn at random: openssl rand -hex 32"
            raise ValueError(text)


class Config(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything a configuration file may say."""

    language: str | None = None
    """One of `LANGUAGES`."""
    institution: str = "default"
    """Whose procedures hold: the name of a profile that ships, or the absolute path of one."""
    modules: tuple[str, ...] = ()
    """Absolute paths of more PKCS#11 modules to try."""
    catalog: str = ""
    """Absolute path of a file with cards, modules and readers of the site's own; empty: none."""
    timeout_s: Annotated[float, msgspec.Meta(ge=1, le=600)] | None = None
    """Seconds for one whole check."""
    event_log: bool = False
    """Windows: each changed verdict is an event in the log `Application`."""
    policy: OfSite = OfSite()
    identity: Identity = Identity()
    online: Online = Online()
    fleet: OfFleet = OfFleet()

    def __post_init__(self) -> None:
        """Refuse a language without words, and a module that depends on the current folder."""
        if self.language not in (None, *LANGUAGES):
            text = f"must be one of {', '.join(LANGUAGES)} - at `$.language`"
            raise ValueError(text)
        named = [("modules", path) for path in self.modules]
        for key, path in (*named, *([("catalog", self.catalog)] if self.catalog else [])):
            if not Path(path).is_absolute():
                text = f"must be absolute: {path} - at `$.{key}`"
                raise ValueError(text)

    def days(self) -> "Policy":
        """Return the policy with the thresholds of the configuration files."""
        from cardtool.rules.renewal import Policy  # noqa: PLC0415 - looking comes before judging

        site = self.policy.configured()
        return Policy(
            **site,
            issuers=tuple(
                (issuer.name, Policy(**{**site, **issuer.configured()}))
                for issuer in self.policy.issuer
            ),
        )


def load(environ: Mapping[str, str]) -> Config:
    """Read the configuration files of this machine and this person, and the policy.

    Raises:
        Refused: a file is there but cannot be used, or `CARDTOOL_CONFIG` names none.
    """
    merged: dict[str, Any] = {}
    sources = []
    for source, table in _tables(environ):
        _LOG.debug("settings from %s", source)
        checked(table, source)
        sources.append(source)
        for key, value in table.items():
            merged[key] = {**merged.get(key, {}), **value} if isinstance(value, dict) else value
    return checked(merged, " + ".join(sources))


def file_with(key: str, environ: Mapping[str, str]) -> str:
    """Return the file or policy whose value of this key counts; one of them must have it."""
    return [source for source, table in _tables(environ) if key in table][-1]


def _tables(environ: Mapping[str, str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the name and the contents of each file and of the policy, the weakest first."""
    for path in places.settings(environ):
        try:
            yield path, handwritten(Path(path))
        except FileNotFoundError as error:
            if environ.get(places.SETTINGS):
                raise Refused(code="config-missing", file=path) from error
    if prescribed := _prescribed(Config, POLICY):
        yield rf"HKLM\{POLICY}", prescribed


def _prescribed(record: type[msgspec.Struct], path: str) -> dict[str, Any]:
    """Return the settings of a record that administrators prescribe on Windows.

    A name that this version does not know is passed over: a policy is one for many computers.
    """
    if sys.platform != "win32":
        return {}
    import winreg  # noqa: PLC0415 - Windows alone has it

    prescribed = {}
    for field in msgspec.structs.fields(record):
        if isinstance(field.type, type) and issubclass(field.type, msgspec.Struct):
            if table := _prescribed(field.type, rf"{path}\{field.name}"):
                prescribed[field.name] = table
            continue
        access = winreg.KEY_READ | winreg.KEY_WOW64_64KEY
        try:
            with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, path, 0, access) as key:
                value, _ = winreg.QueryValueEx(key, field.name)
        except FileNotFoundError:
            continue
        try:  # a DWORD is a switch too, and a text may be a number
            prescribed[field.name] = msgspec.convert(value, field.type, strict=False)
        except msgspec.ValidationError as error:
            place, names = rf"HKLM\{path}\{field.name}", ", ".join(record.__struct_fields__)
            raise Refused(code="config-value", file=place, reason=str(error), keys=names) from error
    return prescribed


def checked(table: dict[str, Any], where: str) -> Config:
    """Return what a configuration file says.

    Raises:
        Refused: a value cannot be used; `where` names the file.
    """
    try:
        config = msgspec.convert(table, Config)
    except msgspec.ValidationError as error:
        keys = ", ".join(_keys_at(str(error)))
        raise Refused(code="config-value", file=where, reason=str(error), keys=keys) from error
    if config.policy == OfSite():
        return config
    days = config.days()
    of_issuers = ((f"$.policy.issuer[{i}]", policy) for i, (_, policy) in enumerate(days.issuers))
    for place, policy in (("$.policy", days), *of_issuers):
        is_ordered = policy.critical_days <= policy.urgent_days <= policy.notice_days
        if not is_ordered or policy.lead_days > policy.notice_days:
            raise Refused(
                code="config-days",
                file=where,
                place=place,
                critical_days=policy.critical_days,
                urgent_days=policy.urgent_days,
                notice_days=policy.notice_days,
                lead_days=policy.lead_days,
            )
    return config


def _keys_at(reason: str) -> tuple[str, ...]:
    """Return the keys of the table whose place msgspec's message names."""
    tables = {
        "$.policy.issuer[": OfIssuer.__struct_fields__,
        "$.policy": OfSite.__struct_fields__,
        "$.identity": Identity.__struct_fields__,
        "$.online": Online.__struct_fields__,
        "$.fleet": OfFleet.__struct_fields__,
    }
    keys = (keys for place, keys in tables.items() if f"`{place}" in reason)
    return next(keys, Config.__struct_fields__)


def is_made_up(key: bytes) -> bool:
    """Return whether a key of at least 16 bytes is text, or has a pattern that no chance makes.

    The chance that one of 16 random bytes is refused is under 1 in 10⁹: 66 characters of text
    give (66/256)¹⁶ = 4·10⁻¹⁰; a part of five bytes that comes twice, 66/256⁵ = 6·10⁻¹¹; six
    different bytes or five different steps, under 10⁻¹⁴; four different digits or three steps
    from digit to digit, under 10⁻¹⁵. For 32 bytes it is under 1 in 10⁹ as well, for its parts
    that come twice, 378/256⁵.
    """
    digits = [digit for byte in key for digit in divmod(byte, 16)]
    size = 5 if len(key) <= _LONG_KEY_BYTES else 7
    parts = [key[at : at + size] for at in range(len(key) - size + 1)]
    return (
        _few(key, 256, len(key) * 3 // 8)
        or _few(digits, 16, 4)
        or len(set(parts)) < len(parts)
        or all(letter.isalnum() or letter in " .-_" for letter in key.decode(errors="replace"))
    )


def _few(values: bytes | list[int], count: int, most: int) -> bool:
    """Return whether at most so many different values, or nearly so many steps, are among them."""
    steps = {(after - before) % count for before, after in pairwise(values)}
    return len(set(values)) <= most or len(steps) < most
