# SPDX-License-Identifier: Apache-2.0
"""The moments in the life of one certificate, as a drawing or a calendar shows them."""

import msgspec

from cardtool.model.moments import Utc


class Course(msgspec.Struct, frozen=True, kw_only=True):
    """When an NES begins, calls for a renewal and ends."""

    holder: str
    begins_at: Utc
    ends_at: Utc
    """Its last second, or that of an issuer on the same card that ends first."""
    renewal: dict[str, Utc] = {}
    """`opens`, `apply-by`, `urgent` and `critical`; none where it is not to be renewed."""
