# SPDX-License-Identifier: Apache-2.0
"""The dates of the cards of this machine into a file, or no file where there are none."""

from cardtool.cli.refusal import Refusal
from cardtool.cli.session import Session
from cardtool.views import view


def write(session: Session) -> int:
    """Write the calendar and return the exit status: where there is none, that of the diagnosis.

    Raises:
        Refusal: it cannot be written.
    """
    diagnosis = session.judge(session.look())
    body = "".join(view(session.format)([diagnosis], session.text)).encode()
    if not body:
        Refusal(code="calendar-nothing", verdict=diagnosis.verdict).show()
        return session.worst
    session.write_bytes([body])
    return 0
