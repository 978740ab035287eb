# SPDX-License-Identifier: Apache-2.0
"""The rule for a look whose clock was ahead: it is history, and never the latest over another.

What is told later from earlier anywhere in the store is told by this.
"""

from sqlalchemy import ColumnElement

from cardtool.fleet.tables import SNAPSHOT

AHEAD_US = 86_400_000_000
"""A clock that is further ahead of the import is wrong; one that is less may be of another zone."""

IS_AHEAD: ColumnElement[bool] = SNAPSHOT.c.taken_us > SNAPSHOT.c.imported_us + AHEAD_US
"""Whether a stored look is dated so."""
