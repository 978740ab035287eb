# SPDX-License-Identifier: Apache-2.0
"""What a moment is in every record."""

from datetime import datetime
from typing import Annotated

import msgspec

Utc = Annotated[datetime, msgspec.Meta(tz=True)]
"""A moment with an offset; a naive one is refused."""
