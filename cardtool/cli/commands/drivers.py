# SPDX-License-Identifier: Apache-2.0
"""`cardtool drivers`, which also prints a polkit rule for cards away from the machine."""

import re
from typing import Any

import click

from cardtool.catalog import load, module_at
from cardtool.cli.asked import Asked
from cardtool.cli.judging import judge
from cardtool.cli.looking import look
from cardtool.cli.options import KEEP, LOOKING, SHOWING, options
from cardtool.cli.output import write_bytes
from cardtool.cli.showing import show
from cardtool.cli.spoken import say
from cardtool.model.snapshot import Module
from cardtool.views import formats

_GROUP = re.compile(r"[A-Za-z0-9._][A-Za-z0-9._-]{0,31}")
"""Source: POSIX.1-2017, 3.190 and 3.437 (names of groups); useradd(8) (their length)."""

_RULE = """\
// {comment}
polkit.addRule(function(action, subject) {{
    if ((action.id == "org.debian.pcsc-lite.access_pcsc" ||
         action.id == "org.debian.pcsc-lite.access_card") &&
        subject.isInGroup("{group}")) {{
        return polkit.Result.YES;
    }}
}});
"""
"""Both actions: with the first alone the readers are seen and no card can be used.

Source: polkit(8), Authorization rules; pcsc-lite, doc/README.polkit and src/auth.c.
"""


@click.command()
@click.option("--polkit-rule", metavar="GROUP",
              help="Instead, print a Linux rule that lets GROUP use cards remotely.")  # fmt: skip
@options(*SHOWING, *LOOKING, KEEP)
@click.pass_context
def drivers(ctx: click.Context, polkit_rule: str | None) -> None:
    """List the PKCS#11 modules of this machine and what each is for."""
    if polkit_rule is not None:
        _write_rule(ctx, polkit_rule)
        return
    asked = Asked(ctx, formats("drivers"))
    diagnosis = judge(asked, look(asked))
    products = {module.path: _product(module) for module in diagnosis.snapshot.modules}
    beside: dict[str, Any] = {"products": products} if asked.format.people else {}
    show(asked, [diagnosis], "drivers", **beside)


def _write_rule(ctx: click.Context, group: str) -> None:
    """Write a whole file of rules, whose comment says where it belongs."""
    if not is_group(group):
        text = (
            "{group!r} is no group's name: at most 32 letters (a to z), digits and"
            " . _ -, the first no -."
        )
        raise click.BadParameter(say(text, group=group), ctx, param_hint="--polkit-rule")
    asked = Asked(ctx, ())
    rule = _RULE.format(comment=asked.text.step("allow-pcsc-access", {}), group=group)
    write_bytes(asked, [rule.encode()])  # bytes: it is the content of a file


def is_group(name: str) -> bool:
    """Tell whether this can be a group's name, so that it can stand in a rule as it is."""
    return _GROUP.fullmatch(name) is not None


def _product(module: Module) -> str:
    """Return what a module is for, by its file's name."""
    known = module_at(module.path)
    if known is None:
        return ""
    cards = [card.name for card in load().cards if known.id in card.modules]
    return f"{known.name} ({', '.join(cards)})" if cards else known.name
