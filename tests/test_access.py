# SPDX-License-Identifier: Apache-2.0
"""A file that Windows lets many people read is told from one that is its owner's alone."""

import pytest

from cardtool.files import lets_many_read

_OWN = "D:P(A;;FA;;;SY)(A;;FA;;;BA)(A;;FR;;;S-1-5-21-1004336348-1177238915-682003330-1000)"


@pytest.mark.parametrize(
    ("rules", "many"),
    [
        (_OWN, False),
        (_OWN + "(A;;0x1200a9;;;BU)", True),
        (_OWN + "(A;ID;FR;;;WD)", True),
        (_OWN + "(A;;WDFR;;;AU)", True),
        (_OWN + "(A;;GA;;;IU)", True),
        (_OWN + "(A;;0x100026;;;BU)", False),  # may write, not read
        (_OWN + "(A;OICIIO;GR;;;WD)", False),  # for what lies below
        (_OWN + "(D;;FR;;;WD)", False),  # is denied
        ("D:NO_ACCESS_CONTROL", True),
        ("D:P", False),
    ],
)
def test_a_list_of_access_says_whether_many_may_read(rules: str, *, many: bool) -> None:
    assert lets_many_read(rules) == many
