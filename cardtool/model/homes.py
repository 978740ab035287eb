# SPDX-License-Identifier: Apache-2.0
"""The names of accounts where no field says so: in paths, and in what machines are called."""

import re

USER = re.compile(
    r"(?P<before>(?i:(?<![\\/])[\\/]++(?:homes?|users|documents and settings)\$?"
    r"|(?:(?<!\\)\\++|(?<=:)/)(?:profiles?|userdata|[\w.-]*(?:home|user|profile)s?\$))[\\/]++)"
    r"(?P<user>(?:(?:[A-ZÇĞİÖŞÜ0-9][A-ZÇĞİÖŞÜ0-9.-]+|[\w.-]+\.(?:local|lan|corp|tr|example))/)?"
    r"(?:[^\\/\n:<>|]+(?=[\\/])|[^\\/\s\"'<>|:;,()]+))"
)
"""The part of a path that is the name of a user of the machine.

A folder of the domain may stand before it. Source: smb.conf(5), `template homedir`.
"""

_PLAIN = str.maketrans("çğıöşüâîûÇĞİIÖŞÜÂÎÛ", "cgiosuaiucgiiosuaiu")
_SHORTEST = 4
"""Letters of an account that is looked for inside a machine's name."""


def in_host(user: str) -> re.Pattern[str]:
    """Return what finds an account in a machine's name by `plain`, without its dots and marks."""
    letters = [re.escape(each) for each in plain(user) if each.isalnum()]
    return re.compile(r"[\W_]?".join(letters) if len(letters) >= _SHORTEST else r"(?!)")


def plain(text: str) -> str:
    """Return a text of the same length as machines are named: small letters without marks."""
    return "".join(each.lower()[:1] for each in text.translate(_PLAIN))
