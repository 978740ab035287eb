# SPDX-License-Identifier: Apache-2.0
"""`cardtool diagnose`: judges saved snapshots, and refuses files that hold none."""

import click

from cardtool.cli.asked import Asked, settings
from cardtool.cli.judging import judge
from cardtool.cli.options import AT, KEEP, OUTPUT, SHOWING, PathName
from cardtool.cli.refusal import UNKNOWN, Refusal
from cardtool.cli.saved import snapshots
from cardtool.cli.showing import show


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=PathName())
@settings(OUTPUT, *SHOWING, AT, KEEP)
def diagnose(asked: Asked, files: tuple[str, ...]) -> int:
    """Judge saved snapshots or diagnoses; needs no reader.  FILE may be - for standard input.

    It may be a certificate too (DER, PEM, PKCS#7), or what pcsc_scan, opensc-tool, pkcs11-tool -L
    or -O, certutil -scinfo, pcscd -f -d or system_profiler SPSmartCardsDataType printed: what these
    do not show stays unknown.
    """
    refused: list[Refusal] = []
    judged = (judge(asked, snapshot) for snapshot in snapshots(asked, files, refused))
    status = show(asked, judged, titled=len(files) > 1)
    return UNKNOWN if refused else status
