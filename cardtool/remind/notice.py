# SPDX-License-Identifier: Apache-2.0
"""What a notice on the desktop is."""

import msgspec


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """What a notice says, in the user's language; no text in it comes from a certificate."""

    title: str
    body: str
    choices: dict[str, str]
    """The answers that can be given, each with what its button says; a click on the notice itself
    is the first."""
    stays: bool = False
    """It is to stay in sight until somebody does something about it."""


class NotShownError(Exception):
    """A notice could not be shown; the message says why."""
