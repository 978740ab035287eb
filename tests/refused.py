# SPDX-License-Identifier: Apache-2.0
"""What a command says of an input that it refuses."""

from click.testing import Result

from cardtool.cli.refusal import UNKNOWN


def sentence(result: Result) -> str:
    """Return the one sentence that a refused input gets."""
    assert result.exit_code == UNKNOWN
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    assert result.stderr.startswith("cardtool: ")
    assert "…" not in result.stderr
    return result.stderr
