# SPDX-License-Identifier: Apache-2.0
"""The exit status of a command that shows several workstations: that of the worst of them."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

from cardtool.model.diagnosis import Diagnosis, Severity
from cardtool.model.summary import Summary

_Judged = TypeVar("_Judged", Diagnosis, Summary)


class Worst:
    """Remembers the worst severity that it was told."""

    def __init__(self) -> None:
        """Begin with none, which is well."""
        self._severity = Severity.OK
        self.count = 0
        """How often it was told one."""

    @property
    def status(self) -> int:
        """The exit status."""
        return self._severity.exit_status

    def note(self, severity: Severity) -> None:
        """Take a severity."""
        self.count += 1
        self._severity = max(self._severity, severity, key=lambda one: one.rank)

    def noting(self, records: Iterable[_Judged]) -> Iterator[_Judged]:
        """Yield what is shown as it comes, and take its severity."""
        for record in records:
            self.note(record.severity)
            yield record
