# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: PLC0415 - what a command does not need is not imported (cardtool/cli/__init__.py)
"""`cardtool fleet merge`."""

from typing import TYPE_CHECKING

import click

from cardtool import regularfile
from cardtool.cli.fleet.answering import showing, write
from cardtool.cli.fleet.confirming import YES, confirm
from cardtool.cli.fleet.opening import DATABASE, opened
from cardtool.cli.options import KEEP, PathName, options, value
from cardtool.cli.refusal import Refusal
from cardtool.cli.session import Session

if TYPE_CHECKING:
    from cardtool.fleet.register.people import Disguise, Register
    from cardtool.fleet.store.database import Store
    from cardtool.model.register import Merged

_FORMATS = ("terminal", "json")
_LONGEST_S = 120.0
"""For reading a register; the largest takes a tenth of it."""


@click.command()
@click.argument("file", required=False, type=PathName())
@click.option("--sheet", metavar="NAME", help="Only this sheet.  [default: every visible one]")
@click.option("--register", "name", metavar="NAME", default="",
              help="Which of several registers it is; it replaces that one only.")  # fmt: skip
@click.option("--unseen", is_flag=True,
              help="List who is in the register and was never seen.")  # fmt: skip
@options(YES, *showing(*_FORMATS), KEEP, DATABASE)
@click.pass_context
def merge(
    ctx: click.Context, file: str | None, sheet: str | None, name: str, *, unseen: bool
) -> None:
    """Take a personnel register (CSV, XLSX, XLS) in place of the one before; again is harmless.

    Its people are stored as [fleet] identity says.  Rows to correct are told by their number, and
    columns that were not understood by their headings.  Asks before more than a fifth of the people
    are removed; a list without a usable row changes nothing.
    """
    from cardtool.fleet.register import keeping
    from cardtool.views.lists import register as views
    from cardtool.views.lists.rows import render_json

    session = Session(ctx, _FORMATS)
    if file is None and not unseen:
        raise Refusal(code="register-nothing")
    register = None if file is None else _read(session, file, sheet)
    store = opened(ctx, may_make=register is not None)
    is_json = session.format == "json"
    if register is not None:
        merged = _merged(ctx, session, store, register, name)
        if not (is_json and unseen):
            shown = views.render_json(merged) if is_json else views.render(merged, session.text)
            write(session, shown)
    if unseen:
        with store.asking() as connection:
            if keeping.is_empty(connection):
                raise Refusal(code="register-none")
        with store.reading() as connection:
            found = session.hidden(keeping.unseen(connection))
            write(session, render_json(found) if is_json
                  else views.render_unseen(found, session.text))  # fmt: skip


def _merged(
    ctx: click.Context, session: Session, store: "Store", register: "Register", name: str
) -> "Merged":
    """Take a register in; where many people would go, ask first.

    Raises:
        Refusal: it holds nobody, or it was not confirmed that so many go.
    """
    from cardtool.fleet.register.keeping import merge
    from cardtool.model.refused import Refused

    try:
        return merge(store, register, name, may_remove_many=bool(value(ctx, "yes")))
    except Refused as refused:
        if refused.code == "register-empty":
            reasons = dict.fromkeys(each.reason for each in register.troubles)
            words = (session.text.label(f"register-{each}") for each in reasons)
            raise Refusal(**refused.facts, code=refused.code, reasons="; ".join(words)) from refused
        if refused.code != "register-many-gone":
            raise
        Refusal(code=refused.code, **refused.facts).show()
    confirm(ctx, session.text, "register-confirm")
    return merge(store, register, name, may_remove_many=True)


def _read(session: Session, file: str, sheet: str | None) -> "Register":
    """Read a register's file.

    Raises:
        Refusal: it cannot be used.
    """
    from cardtool.fleet.register import limited
    from cardtool.fleet.register.grid import LARGEST_BYTES
    from cardtool.fleet.register.people import read
    from cardtool.model.refused import Refused

    try:
        with regularfile.opened(file) as opened_file:
            body = opened_file.read(LARGEST_BYTES + 1)
    except OSError as error:
        reason = error.strerror or str(error)
        raise Refusal(code="register-unreadable", file=file, reason=reason) from error
    settings = (dict(session.config.fleet.columns), _disguise(session), sheet)
    try:
        return limited.run(read, body, *settings, seconds=_LONGEST_S)
    except Refused as refused:
        raise Refusal(code=refused.code, **{"file": file, **refused.facts}) from refused


def _disguise(session: Session) -> "Disguise":
    """Return what of a person may be stored.

    Raises:
        Refusal: people are to be hashed, and the site has no key.
    """
    from cardtool.fleet.register.people import Disguise
    from cardtool.model.origin import IdentityPolicy

    policy, key = IdentityPolicy(session.config.fleet.kept), session.config.identity.key
    if policy is IdentityPolicy.HASHED and not key:
        raise Refusal(code="fleet-key")
    return Disguise(policy=policy, key=bytes.fromhex(key) if key else None)
