# SPDX-License-Identifier: Apache-2.0
"""Checks this workstation, as the options ask."""

import logging
from collections.abc import Iterator
from pathlib import Path

import click

from cardtool import catalog
from cardtool.catalog import providers
from cardtool.cli.asked import Asked
from cardtool.cli.judging import redacted
from cardtool.cli.refusal import Refusal
from cardtool.model.snapshot import Failure, Snapshot
from cardtool.probe import host
from cardtool.probe.binary import read_library
from cardtool.probe.isolation import Workers
from cardtool.probe.workstation import Options, take_snapshot
from cardtool.views import view

_LOG = logging.getLogger(__name__)

_MODULE_REFUSALS = {
    "ENOENT": "module-missing",
    "EISDIR": "module-folder",
    "EINVAL": "module-not-file",
    "ENOEXEC": "module-not-library",
}


def look(
    asked: Asked,
    workers: Workers | None = None,
    *,
    is_patient: bool = False,
    least_s: float = 0.0,
) -> Snapshot:
    """Return a snapshot of this workstation; `is_patient`: nobody waits at the screen.

    `least_s`: it may take so long, even if usually it may not. `workers` are those of this check;
    None: those that the program began with, or new ones.

    Raises:
        Refusal: a file that was named cannot be a module.
    """
    with workers or click.get_current_context().obj or Workers() as started:
        modules = tuple(map(_usable_module, asked.option("module") or ()))
        limit_s = asked.option("timeout") or asked.config.timeout_s or Options().timeout_s
        limit_s = max(limit_s, least_s)
        extra = () if modules else asked.config.modules
        _LOG.debug("looking for at most %g s, modules named: %d", limit_s, len(modules + extra))
        options = Options(
            timeout_s=limit_s,
            modules=modules,
            extra_modules=extra,
            online=asked.config.online if asked.option("online") else None,
            is_patient=is_patient,
        )
        snapshot = take_snapshot(options, started, meanwhile=_prepare(asked))
    if _LOG.isEnabledFor(logging.DEBUG):
        from cardtool.cli import verbose  # noqa: PLC0415 - for `-v` alone

        verbose.tell(redacted(asked, snapshot))
    return snapshot


def _usable_module(path: str) -> str:
    """Return the absolute path of a module; refuse one that this process cannot load."""
    try:
        path.encode()
    except UnicodeEncodeError as error:
        raise Refusal(code="module-name", module=path) from error
    library, machine = read_library(path), host.describe()
    if isinstance(library, Failure):
        code = _MODULE_REFUSALS.get(library.name, "module-unreadable")
        raise Refusal(code=code, module=path, reason=library.detail)
    if library.bits != machine.bits and machine.machine not in library.machines:
        raise Refusal(
            code="module-bits",
            module=path,
            bits=library.bits,
            machines=", ".join(library.machines),
            own_bits=machine.bits,
            own_machine=machine.machine,
        )
    return str(Path(path).absolute())  # links are kept: the name says which module it is


def _prepare(asked: Asked) -> Iterator[None]:
    """Load the rules and the views, step by step, while this process waits for a card."""
    import cardtool.cli.showing  # noqa: PLC0415

    yield
    import cardtool.rules  # noqa: PLC0415

    yield
    catalog.readers()
    providers.load()
    yield
    import cardtool.model.redact  # noqa: F401, PLC0415

    yield
    from cardtool.probe import identity  # noqa: PLC0415

    identity.names()
    yield
    if not asked.format.binary:  # their package may be missing; that is reported later
        view(asked.format.name)
    yield
    if asked.format.name != "json":
        asked.text.label("steps")
    yield
