# SPDX-License-Identifier: Apache-2.0
"""The exception for something that cannot be used or done as the user asked."""

from collections.abc import Callable


class Refused(Exception):  # noqa: N818 - no fault of ours: a person is told what to do
    """The code of a sentence of `[refusal]`, and the facts that go into it."""

    def __init__(self, *, code: str, **facts: str | int) -> None:
        """Say which sentence is meant."""
        super().__init__(code, facts)
        self.code = code
        self.facts = facts

    def __reduce__(self) -> tuple[Callable[..., "Refused"], tuple[object, ...]]:
        """Let pickle carry the exception from one process to another."""
        return _refused, (type(self), self.code, self.facts)


def _refused(kind: type[Refused], code: str, facts: dict[str, str | int]) -> Refused:
    return kind(code=code, **facts)
