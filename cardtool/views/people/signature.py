# SPDX-License-Identifier: Apache-2.0
"""That a card signed, and what its holder is told before the PIN is asked for."""

from collections.abc import Sequence

import msgspec
from rich.text import Text as Line

from cardtool.model.diagnosis import Severity
from cardtool.text import Text
from cardtool.views.data.json import document
from cardtool.views.harmless import escape
from cardtool.views.paper import Paper, hanging


class Signer(msgspec.Struct, frozen=True, kw_only=True):
    """Whose key signs, and where it lies."""

    reader: str
    holder: str
    until: str
    """The last moment of the certificate, as people read it."""
    key: str
    """`Certificate.key`."""


def signed(signer: Signer, mechanism: str, text: Text, paper: Paper) -> str:
    """Return for people that the card signs."""
    mark = paper.symbol(Severity.OK)
    return paper.print(
        [
            Line.assemble(mark, " ", Line(text.label("sign-works"), style="bold")),
            Line(f"  {text.label('sign-proof')} ({signer.key}, {mechanism})"),
            hanging(_rows(signer, text)),
        ]
    )


def signed_json(signer: Signer, mechanism: str) -> str:
    """Return for programs that the card signs, without its holder's name."""
    return document(
        {
            "code": "card-signs",
            "severity": Severity.OK.value,
            "reader": signer.reader,
            "key": signer.key,
            "mechanism": mechanism,
        }
    )


def choice(signers: Sequence[Signer], text: Text, paper: Paper) -> str:
    """Return the numbered list to choose from."""
    rows = (
        (f"{number}.", f"{escape(signer.holder)}, {escape(signer.reader)}, {signer.until}")
        for number, signer in enumerate(signers, 1)
    )
    return paper.print([Line(text.label("sign-several")), hanging(rows)])


def notice(signer: Signer, text: Text, paper: Paper) -> str:
    """Return what is going to happen, and what a wrong PIN costs."""
    words = (Line(text.label(key)) for key in ("sign-about", "sign-cost"))
    return paper.print([*words, hanging(_rows(signer, text))])


def _rows(signer: Signer, text: Text) -> list[tuple[str, str]]:
    return [
        (f"{text.label('sign-holder')}:", escape(signer.holder)),
        (f"{text.label('certificate-reader')}:", escape(signer.reader)),
        (f"{text.label('certificate-ends')}:", signer.until),
    ]
