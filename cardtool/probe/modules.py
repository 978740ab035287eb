# SPDX-License-Identifier: Apache-2.0
"""Which PKCS#11 modules are installed, and which of them a card needs. Loads none of them."""

import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from cardtool.catalog import Card, load, module_at
from cardtool.model.snapshot import Failure, Library, Module, Reader, Source
from cardtool.probe.binary import read_library

_P11_KIT_CONFIGURATION = ("/usr/share/p11-kit/modules", "/etc/pkcs11/modules")
"""Folders of module files, the later wins. Source: pkcs11.conf(5)."""

_P11_KIT_MODULES = ("usr/lib/*/pkcs11", "usr/lib64/pkcs11", "usr/lib/pkcs11")
"""Where a relative `module:` lies, by distribution. Source: pkcs11.conf(5), p11_module_path."""

_SERVICE_GONE = ("SCARD_E_NO_SERVICE", "SCARD_E_SERVICE_STOPPED")


def find(configured: Iterable[str], extra: Iterable[str], bits: int) -> tuple[Module, ...]:
    """Return every module that exists, in the order they should be tried, each file once.

    `configured` are the paths that were asked for; if there are any, nothing else is searched for.
    Otherwise the catalogue's paths come first, then p11-kit's, then `extra`, which are those of the
    configuration file. p11-kit is not used on Windows, where anybody could make its folders. Paths
    that were asked for or configured are listed even if there is no such file.
    """
    asked = tuple(configured)
    if asked:
        places = [(path, Source.CONFIGURED) for path in asked]
    else:
        cards_own = (module for module in load().modules if module.purpose == "card")
        places = [
            (path, Source.CATALOG)
            for module in cards_own
            for path in module.paths(sys.platform, bits)
        ]
        if sys.platform != "win32":
            places += [(path, Source.P11_KIT) for path in _p11_kit_paths()]
        places += [(path, Source.CONFIGURED) for path in extra]
    modules: dict[str, Module] = {}
    for path, source in places:
        real = os.path.realpath(path)
        if real in modules:
            continue
        library = read_library(path)
        if source is not Source.CONFIGURED and not isinstance(library, Library):
            continue
        modules[real] = Module(path=path, source=source, library=library)
    return tuple(modules.values())


def fits(module: Module, machine: str) -> bool:
    """Tell whether this process could load it at all."""
    return isinstance(module.library, Library) and machine in module.library.machines


def is_held_back(module: Module, readers: tuple[Reader, ...] | Failure, platform: str) -> bool:
    """Tell whether loading a module would crash the process for nothing.

    Source: drivers_notes/middleware.md#what-a-reader-of-certificates-must-survive.
    """
    is_gone = isinstance(readers, Failure) and readers.name in _SERVICE_GONE
    known = module_at(module.path)
    return platform == "win32" and is_gone and known is not None and known.needs_service


def candidates(card: Card | None, modules: Iterable[Module]) -> tuple[Module, ...]:
    """Return the modules to try for a card, best first.

    First come the catalogue's modules for the card, then modules that the catalogue does not know.
    A module for other cards is never tried, least of all on an unknown card: OpenSC would send it
    hundreds of commands. A module that the user names is always tried.
    """
    ranked: list[tuple[int, Module]] = []
    for module in modules:
        known = module_at(module.path)
        if module.source is Source.CONFIGURED or known is None:
            ranked.append((len(load().modules), module))
        elif card is not None and known.id in card.modules:
            ranked.append((card.modules.index(known.id), module))
    return tuple(module for _, module in sorted(ranked, key=lambda pair: pair[0]))


def _p11_kit_paths() -> Iterator[str]:
    home = os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")  # noqa: PTH111 - Path.home fails for a user without one
    personal = Path(home, "pkcs11/modules")
    files: dict[str, Path] = {}
    for folder in filter(Path.is_absolute, (*map(Path, _P11_KIT_CONFIGURATION), personal)):
        files |= {file.name: file for file in sorted(folder.glob("*.module"))}
    settings = [entry for entry in map(_read_settings, files.values()) if _is_enabled(entry)]
    for entry in sorted(settings, key=_priority, reverse=True):
        if path := entry.get("module"):
            yield from _resolve(path)


def _read_settings(file: Path) -> dict[str, str]:
    try:
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return {}
    pairs = (line.partition(":") for line in lines if not line.lstrip().startswith("#"))
    return {key.strip(): value.strip() for key, colon, value in pairs if colon}


def _priority(settings: dict[str, str]) -> int:
    try:
        return int(settings.get("priority", "0"))
    except ValueError:
        return 0


def _is_enabled(settings: dict[str, str]) -> bool:
    """Tell whether this program is among those that a module is for. Source: pkcs11.conf(5)."""
    kind = "enable-in" if "enable-in" in settings else "disable-in"
    programs = settings.get(kind, "").replace(",", " ").split()
    return ("cardtool" in programs) == (kind == "enable-in")


def _resolve(path: str) -> tuple[str, ...]:
    if os.path.isabs(path):  # noqa: PTH117 - a text, not yet a file
        return (path,)
    return tuple(
        full_path
        for pattern in _P11_KIT_MODULES
        for folder in sorted(Path("/").glob(pattern))
        if not isinstance(read_library(full_path := f"{folder}/{path}"), Failure)
    )
