# SPDX-License-Identifier: Apache-2.0
"""The line that says what was seen last, on the page and in the terminal."""

from cardtool.live.following import Report
from cardtool.text import Text


def sentence(report: Report[object], text: Text) -> str:
    """Say what has changed and when, and whether the check after it has ended."""
    seen = text.label(f"live-{report.change.event.value}")
    said = text.label("live-checking" if report.result is None else "live-checked")
    return f"{text.local(report.at):%H:%M:%S} · {seen} {said}"
