# SPDX-License-Identifier: Apache-2.0
"""The exception for what cannot be used or done as the user asked."""

from functools import partial


class Refused(Exception):  # noqa: N818 - no fault of ours: a person is told what to do
    """The code of a sentence of `[refusal]`, and the facts that go into it."""

    def __init__(self, *, code: str, **facts: str | int) -> None:
        super().__init__(code, facts)
        self.code = code
        self.facts = facts

    def __reduce__(self) -> tuple[partial["Refused"], tuple[()]]:
        """Let pickle carry the exception from one process to another."""
        return partial(type(self), code=self.code, **self.facts), ()
