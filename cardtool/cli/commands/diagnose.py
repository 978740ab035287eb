# SPDX-License-Identifier: Apache-2.0
"""`cardtool diagnose`."""

from collections.abc import Iterator

import click

from cardtool.cli.asked import Asked
from cardtool.cli.inputs import STANDARD_INPUT, read_snapshot
from cardtool.cli.judging import judge
from cardtool.cli.options import AT, KEEP, OUTPUT, SHOWING, PathName, options
from cardtool.cli.refusal import UNKNOWN, Refusal
from cardtool.cli.showing import show
from cardtool.model.diagnosis import Diagnosis
from cardtool.views import formats


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=PathName())
@options(OUTPUT, *SHOWING, AT, KEEP)
@click.pass_context
def diagnose(ctx: click.Context, files: tuple[str, ...]) -> None:
    """Judge saved snapshots or diagnoses; needs no reader.  FILE may be - for standard input."""
    if files.count(STANDARD_INPUT) > 1:
        text = "standard input can be read once: name - once."
        raise click.UsageError(text, ctx)
    asked = Asked(ctx, formats())
    refused = []

    def judged() -> Iterator[Diagnosis]:
        for file in files:
            try:
                yield judge(asked, read_snapshot(asked, file))
            except Refusal as refusal:
                refusal.show()
                refused.append(refusal)

    status = show(asked, judged(), titled=len(files) > 1)
    ctx.exit(UNKNOWN if refused else status)
