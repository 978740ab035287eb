# SPDX-License-Identifier: Apache-2.0
"""`cardtool drivers`."""

from typing import Any

import click

from cardtool.catalog import load, module_at
from cardtool.cli import polkit
from cardtool.cli.asked import Asked
from cardtool.cli.judging import judge
from cardtool.cli.looking import look
from cardtool.cli.options import KEEP, LOOKING, SHOWING, options
from cardtool.cli.output import write_bytes
from cardtool.cli.showing import show
from cardtool.model.snapshot import Module
from cardtool.views import formats


@click.command()
@click.option("--polkit-rule", metavar="GROUP",
              help="Instead, print a Linux rule that lets GROUP use cards remotely.")  # fmt: skip
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
        asked = Asked(ctx, ())
        write_bytes(
            asked, [polkit.rule(polkit_rule, asked.text).encode()]
        )  # bytes: it is the content of a file
        return
    asked = Asked(ctx, formats("drivers"))
    diagnosis = judge(asked, look(asked))
    products = {module.path: _product(module) for module in diagnosis.snapshot.modules}
    beside: dict[str, Any] = {"products": products} if asked.format.people else {}
    show(asked, [diagnosis], "drivers", **beside)


def _product(module: Module) -> str:
    """Return what a module is for, by its file's name."""
    known = module_at(module.path)
    if known is None:
        return ""
    cards = [card.name for card in load().cards if known.id in card.modules]
    return f"{known.name} ({', '.join(cards)})" if cards else known.name
