# SPDX-License-Identifier: Apache-2.0
"""`cardtool drivers`."""

import click

from cardtool.catalog import load, module_at
from cardtool.cli import polkit
from cardtool.cli.options import KEEP, LOOKING, SHOWING, options
from cardtool.cli.session import Session
from cardtool.model.snapshot import Module
from cardtool.views import formats


@click.command()
@click.option("--polkit-rule", metavar="GROUP",
              help="Print instead a Linux rule that lets GROUP use cards from afar.")  # fmt: skip
@options(*SHOWING, *LOOKING, KEEP)
@click.pass_context
def drivers(ctx: click.Context, polkit_rule: str | None) -> None:
    """List the PKCS#11 modules of this machine and what each is for."""
    if polkit_rule is not None:
        if not polkit.is_group(polkit_rule):
            text = (
                f"{polkit_rule!r} is no group's name: at most 32 letters (a to z), digits and"
                " . _ -, the first no -."
            )
            raise click.BadParameter(text, ctx, param_hint="--polkit-rule")
        session = Session(ctx, ())
        session.write_bytes([polkit.rule(polkit_rule, session.text).encode()])  # a file's text
        return
    session = Session(ctx, formats("drivers"))
    diagnosis = session.judge(session.look())
    bound = {"products": {module.path: _product(module) for module in diagnosis.snapshot.modules}}
    session.show([diagnosis], "drivers", **bound)


def _product(module: Module) -> str:
    """Return what a module is for, by its file's name."""
    known = module_at(module.path)
    if known is None:
        return ""
    cards = [card.name for card in load().cards if known.id in card.modules]
    return f"{known.name} ({', '.join(cards)})" if cards else known.name
