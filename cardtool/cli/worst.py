# SPDX-License-Identifier: Apache-2.0
"""The exit status of a command that shows several workstations: that of the worst of them."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

from cardtool.model.diagnosis import Diagnosis, Severity
from cardtool.model.lists import Summary

_Judged = TypeVar("_Judged", Diagnosis, Summary)


class Worst:
    """Remembers the worst severity."""

    def __init__(self) -> None:
        """Begin with nothing noted, which counts as ok."""
        self._severity = Severity.OK
        self.count = 0
        """How many severities were noted."""

    @property
    def status(self) -> int:
        """The exit status."""
        return self._severity.exit_status

    def note(self, severity: Severity) -> None:
        """Note a severity."""
        self.count += 1
        self._severity = max(self._severity, severity, key=lambda noted: noted.rank)

    def noting(self, records: Iterable[_Judged]) -> Iterator[_Judged]:
        """Yield the records unchanged, and note the severity of each."""
        for record in records:
            self.note(record.severity)
            yield record
