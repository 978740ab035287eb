# SPDX-License-Identifier: Apache-2.0
"""The settings of a machine and of a person: which files, what may stand in them.

Reads files and the environment, decides nothing about cards. The user's file overrides the
system's key by key.
"""

import locale
import logging
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
import platformdirs

if TYPE_CHECKING:
    from cardtool.rules.policy import Policy

_LOG = logging.getLogger(__name__)

_SIZE_LIMIT_BYTES = 1024 * 1024
_VARIABLE = "CARDTOOL_CONFIG"

Days = Annotated[int, msgspec.Meta(ge=0, le=3650)]


class ConfigError(ValueError):
    """A configuration file that cannot be used; says which file, where in it, and what to do."""


class Thresholds(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Days before its end from which a certificate is spoken of; None: the policy's own."""

    notice_days: Days | None = None
    urgent_days: Days | None = None
    critical_days: Days | None = None


class Identity(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How people are told apart in what leaves the machine."""

    key: str | None = None
    """Secret of the keyed hash, at least 32 hex digits; None: a new one for each run."""

    def __post_init__(self) -> None:
        """Refuse a key that is short or no hex; msgspec adds the place to what is raised."""
        if self.key is None:
            return
        try:
            enough = len(bytes.fromhex(self.key)) >= _KEY_BYTES
        except ValueError:
            enough = False
        if not enough:
            text = f"`key` must be at least {2 * _KEY_BYTES} hex digits"
            raise ValueError(text)


_KEY_BYTES = 16


class Config(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything a configuration file may say."""

    language: Literal["tr", "en"] | None = None
    modules: tuple[str, ...] = ()
    """Absolute paths of PKCS#11 modules to look at as well."""
    timeout_s: Annotated[float, msgspec.Meta(gt=0, le=600)] | None = None
    """Seconds for one whole look."""
    policy: Thresholds = Thresholds()
    identity: Identity = Identity()

    def __post_init__(self) -> None:
        """Refuse a module whose meaning would depend on the current folder."""
        for path in self.modules:
            if not Path(path).is_absolute():
                text = f"`modules` must be absolute paths: {path}"
                raise ValueError(text)

    def days(self) -> "Policy":
        """Return the policy with what the files say of it."""
        from cardtool.rules.policy import Policy  # noqa: PLC0415 - looking comes before judging

        said = msgspec.structs.asdict(self.policy)
        return Policy(**{key: value for key, value in said.items() if value is not None})


def places(environ: Mapping[str, str]) -> tuple[Path, ...]:
    """Return the files that are read, weakest first; one that does not exist is passed over."""
    if named := environ.get(_VARIABLE):
        return (Path(named),)
    return (
        Path(platformdirs.site_config_dir("cardtool", appauthor=False)) / "config.toml",
        Path(platformdirs.user_config_dir("cardtool", appauthor=False)) / "config.toml",
    )


def load(environ: Mapping[str, str]) -> Config:
    """Read the configuration files of this machine and this person.

    Raises:
        ConfigError: a file is there but cannot be used, or `CARDTOOL_CONFIG` names none.
    """
    merged: dict[str, Any] = {}
    for path in places(environ):
        try:
            table = _read(path)
        except FileNotFoundError as error:
            if _VARIABLE in environ:
                text = f"{path}: no such file; correct or remove the variable {_VARIABLE}"
                raise ConfigError(text) from error
            continue
        except OSError as error:
            text = f"{path}: {error.strerror}; cardtool must be able to read this file"
            raise ConfigError(text) from error
        _LOG.debug("settings from %s", path)
        _checked(table, str(path))
        for key, value in table.items():
            merged[key] = {**merged.get(key, {}), **value} if isinstance(value, dict) else value
    return _checked(merged, " + ".join(map(str, places(environ))))


def languages(option: str | None, environ: Mapping[str, str]) -> Iterator[str]:
    """Yield the languages that are asked for before any file is, strongest first."""
    if option:
        yield option
    for variable in ("CARDTOOL_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        name = environ.get(variable, "").partition(".")[0]
        if name and name not in {"C", "POSIX"}:
            yield "tr" if name.casefold().startswith("tr") else "en"


def system_language() -> str:
    """Return the language of the system itself, where the environment says nothing."""
    name = locale.getlocale()[0] if sys.platform == "win32" else None
    return "tr" if (name or "").startswith(("Turkish", "tr")) else "en"


def _read(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        body = file.read(_SIZE_LIMIT_BYTES + 1)
    if len(body) > _SIZE_LIMIT_BYTES:
        text = f"{path}: larger than {_SIZE_LIMIT_BYTES} bytes, so it is no configuration"
        raise ConfigError(text)
    try:
        return tomllib.loads(body.decode())
    except UnicodeDecodeError as error:
        line = body[: error.start].count(b"\n") + 1
        text = f"{path}: line {line}: not UTF-8; save the file as UTF-8"
        raise ConfigError(text) from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        text = f"{path}: {error}; write it as TOML: key = value"
        raise ConfigError(text) from error


def _checked(table: dict[str, Any], where: str) -> Config:
    try:
        config = msgspec.convert(table, Config)
    except msgspec.ValidationError as error:
        known = ", ".join(Config.__struct_fields__)
        text = f"{where}: {error}; correct or remove it (known keys: {known})"
        raise ConfigError(text) from error
    if config.policy == Thresholds():
        return config
    days = config.days()
    if not days.critical_days <= days.urgent_days <= days.notice_days:
        text = f"{where}: $.policy: critical_days <= urgent_days <= notice_days must hold"
        raise ConfigError(text)
    return config
