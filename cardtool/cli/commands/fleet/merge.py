# SPDX-License-Identifier: Apache-2.0
"""`cardtool fleet merge`."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from cardtool import files
from cardtool.cli.asked import Asked, settings
from cardtool.cli.judging import hidden
from cardtool.cli.options import DATABASE, KEEP, OUTPUT, YES, PathName, showing
from cardtool.cli.output import write
from cardtool.cli.refusal import Refusal
from cardtool.model.lists import MergedRegister
from cardtool.model.refused import Refused
from cardtool.model.surroundings import IdentityPolicy
from cardtool.views.data.json import document, render_list
from cardtool.views.lists import changes as views

if TYPE_CHECKING:
    from cardtool.fleet.register.people import Disguise, Register
    from cardtool.fleet.store.database import Store

_LONGEST_S = 120.0
"""Seconds for reading a register; the largest takes a tenth of this."""


@click.command()
@click.argument("file", required=False, type=PathName())
@click.option("--sheet", metavar="NAME", help="Only this sheet.  [default: every visible one]")
@click.option("--register", "name", metavar="NAME", default="",
              help="Which of several registers it is; it replaces that one only.")  # fmt: skip
@click.option("--unseen", is_flag=True,
              help="List who is in the register and was never seen.")  # fmt: skip
@settings(YES, OUTPUT, *showing("terminal", "json"), KEEP, DATABASE)
def merge(asked: Asked, file: str | None, sheet: str | None, name: str, *, unseen: bool) -> None:
    """Import a personnel register (CSV, XLSX, XLS, ODS) in place of the earlier one.

    Its people are stored as [fleet] identity says.  Lists the numbers of rows to correct and the
    headings of columns that were not understood.  Asks before more than a fifth of the people are
    removed.  A list without a usable row changes nothing, and neither does the same list again.
    """
    if file is None and not unseen:
        raise Refusal(code="register-nothing")
    register = None if file is None else _read(asked, file, sheet)
    write(asked, _parts(asked, register, name, unseen=unseen), opens_first=True)


def _parts(asked: Asked, register: "Register | None", name: str, *, unseen: bool) -> Iterator[str]:
    """Import a register if there is one, and yield what came of it and who was never seen."""
    from cardtool.cli.opening import opened  # noqa: PLC0415 - SQLAlchemy
    from cardtool.fleet.register import keeping  # noqa: PLC0415 - SQLAlchemy

    store, is_json = opened(asked, may_make=register is not None), asked.format.name == "json"
    if register is not None:
        merged = _merged(asked, store, register, name)
        if not (is_json and unseen):
            yield from [document(merged)] if is_json else views.merged(merged, asked.text)
    if not unseen:
        return
    with store.asking() as connection:
        if keeping.is_empty(connection):
            raise Refusal(code="register-none")
    with store.reading() as connection:
        entries = hidden(asked, keeping.unseen(connection))
        yield from render_list(entries) if is_json else views.unseen(entries, asked.text)


def _merged(asked: Asked, store: "Store", register: "Register", name: str) -> MergedRegister:
    """Import a register; ask first if many people would be removed."""
    from cardtool.cli.opening import confirm  # noqa: PLC0415 - SQLAlchemy
    from cardtool.fleet.register import keeping  # noqa: PLC0415 - SQLAlchemy

    try:
        return keeping.merge(store, register, name, may_remove_many=bool(asked.option("yes")))
    except Refused as refused:
        if refused.code == "register-empty":
            reasons = dict.fromkeys(trouble.reason for trouble in register.troubles)
            words = (asked.text.label(f"register-{reason}") for reason in reasons)
            raise Refusal(**refused.facts, code=refused.code, reasons="; ".join(words)) from refused
        if refused.code != "register-many-gone":
            raise
        Refusal(code=refused.code, **refused.facts).show()
    confirm(asked, "register-confirm")
    return keeping.merge(store, register, name, may_remove_many=True)


def _read(asked: Asked, file: str, sheet: str | None) -> "Register":
    from cardtool.fleet.pool import in_limited_process  # noqa: PLC0415 - multiprocessing
    from cardtool.fleet.register.grid import LARGEST_BYTES  # noqa: PLC0415 - calamine
    from cardtool.fleet.register.people import read  # noqa: PLC0415 - calamine

    try:
        with files.opened(file) as opened_file:
            body = opened_file.read(LARGEST_BYTES + 1)
    except OSError as error:
        reason = error.strerror or str(error)
        raise Refusal(code="register-unreadable", file=file, reason=reason) from error
    settings = (dict(asked.config.fleet.columns), _disguise(asked), sheet)
    try:
        return in_limited_process(read, body, *settings, seconds=_LONGEST_S)
    except Refused as refused:
        raise Refusal(code=refused.code, **{"file": file, **refused.facts}) from refused


def _disguise(asked: Asked) -> "Disguise":
    """Return what of a person may be stored."""
    from cardtool.fleet.register.people import Disguise  # noqa: PLC0415 - calamine

    policy, key = IdentityPolicy(asked.config.fleet.kept), asked.config.identity.key
    if policy is IdentityPolicy.HASHED and not key:
        raise Refusal(code="fleet-key")
    return Disguise(policy=policy, key=bytes.fromhex(key) if key else None)
