# SPDX-License-Identifier: Apache-2.0
"""The list of practice cases: the name to type, and what each shows."""

from collections.abc import Mapping

from rich.text import Text as Line

from cardtool.text import Text
from cardtool.views.data.json import document
from cardtool.views.harmless import escape
from cardtool.views.paper import Paper, hanging


def listing(cases: Mapping[str, str], text: Text, paper: Paper) -> str:
    """Return the list for people; `cases` says by name what each is about."""
    rows = ((name, escape(about)) for name, about in cases.items())
    return paper.print([Line(text.label("practice-cases"), style="bold"), hanging(rows)])


def listing_json(cases: Mapping[str, str]) -> str:
    """Return the list for programs, as one document."""
    found = [{"name": name, "about": about} for name, about in cases.items()]
    return document({"cases": found})
