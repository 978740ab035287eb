# SPDX-License-Identifier: Apache-2.0
"""The polkit rule that lets a group use smart cards without sitting at the machine."""

import re

from cardtool.text import Text

_GROUP = re.compile(r"[A-Za-z0-9._][A-Za-z0-9._-]{0,31}")
"""Source: POSIX.1-2017, 3.190 and 3.437 (names of groups); useradd(8) (their length)."""

_RULE = """\
// {comment}
polkit.addRule(function(action, subject) {{
    if ((action.id == "org.debian.pcsc-lite.access_pcsc" ||
         action.id == "org.debian.pcsc-lite.access_card") &&
        subject.isInGroup("{group}")) {{
        return polkit.Result.YES;
    }}
}});
"""
"""Both actions: with the first alone the readers are seen and no card can be used.

Source: polkit(8), Authorization rules; pcsc-lite, doc/README.polkit and src/auth.c.
"""


def is_group(name: str) -> bool:
    """Tell whether this can be a group's name, so that it can stand in a rule as it is."""
    return _GROUP.fullmatch(name) is not None


def rule(group: str, text: Text) -> str:
    """Return a whole file of rules, which says where it goes."""
    return _RULE.format(comment=text.step("allow-pcsc-access", {}), group=group)
