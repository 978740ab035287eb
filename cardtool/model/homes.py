# SPDX-License-Identifier: Apache-2.0
"""The names of accounts in the paths of their folders."""

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
