# SPDX-License-Identifier: Apache-2.0
"""Asks at the terminal for what must not be an argument, because shells remember arguments.

Nothing that is typed is logged, or repeated in a message.
"""

import getpass
import sys
import warnings

import click

from cardtool import console
from cardtool.cli.refusal import Refusal


def tell(words: str) -> None:
    """Write to standard error: standard output is for the result."""
    console.write([words], sys.stderr)


def ask(prompt: str, limit: int = -1) -> str:
    """Read a line of at most `limit` characters; show the prompt only on a terminal.

    Raises:
        click.Abort: the person left.
    """
    is_terminal = sys.stdin.isatty()
    if is_terminal:
        tell(f"{prompt}: ")
    try:
        typed = sys.stdin.readline(limit)
    except UnicodeError:  # its message holds a part of what was typed
        return ""
    if not typed and is_terminal:
        raise click.Abort
    return typed.strip()


def ask_unseen(prompt: str) -> bytes:
    """Read a line from the terminal without showing it, and return it in UTF-8.

    Raises:
        Refusal: the terminal cannot hide what is typed, or that is not in its encoding.
        click.Abort: the person left.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("error", getpass.GetPassWarning)
        try:
            return getpass.getpass(f"{prompt}: ").encode()
        except getpass.GetPassWarning:
            raise Refusal(code="sign-no-terminal") from None
        except EOFError:
            raise click.Abort from None
        except UnicodeError:  # its message holds a part of what was typed
            raise Refusal(code="sign-pin-encoding") from None
