# SPDX-License-Identifier: Apache-2.0
"""The dates of the cards of this machine into a file, or no file where there are none."""

from pathlib import Path

from cardtool.cli.refusal import Refusal
from cardtool.cli.session import Session, write_file
from cardtool.views import view


def write(session: Session, output: str | None) -> int:
    """Write the calendar and return the exit status: where there is none, that of the diagnosis.

    Raises:
        Refusal: it cannot be written.
    """
    diagnosis = session.judge(session.look())
    body = "".join(view(session.format)([diagnosis], session.text)).encode()
    if not body:
        Refusal(code="calendar-nothing", verdict=diagnosis.verdict).show()
        return session.worst
    if output is None or output == "-":
        session.write_bytes(body)
    else:
        write_file(Path(output), body)
    return 0
