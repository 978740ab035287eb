# SPDX-License-Identifier: Apache-2.0
"""Knows the output of programs that show too little of a workstation to be judged."""

import re

_FIRST_LINES = 200

_PROGRAMS = (
    (
        "certutil -store",
        re.compile(r"^={5,} [^=\n]{1,40} \d{1,4} ={5,}$|CertUtil ?: -store ", re.MULTILINE),
    ),
    ("Get-ChildItem Cert:", re.compile(r"^ {1,9}PSParentPath: .{1,80}::", re.MULTILINE)),
    ("keytool", re.compile(r"^Alias name: ", re.MULTILINE)),
    (
        "Get-PnpDevice",
        re.compile(
            r"^Status {1,9}Class {1,40}FriendlyName\b|^(?:InstanceId|FriendlyName) {1,20}: ",
            re.MULTILINE,
        ),
    ),
    ("pnputil", re.compile(r"^Instance ID: ", re.MULTILINE)),
    (
        "systemctl status",
        re.compile(
            r"^\W{0,3}pcscd\.\w{1,9} - |^Unit pcscd\.\w{1,9} could not be found", re.MULTILINE
        ),
    ),
    ("journalctl", re.compile(r"\bpcscd\[\d{1,9}\]: |\bsystemd\[1\]: .{0,20}\bpcscd\.")),
    ("dmesg", re.compile(r"\busb \d{1,3}-[\d.]{1,20}: New USB device found")),
    (
        "lsusb",
        re.compile(r"^Bus \d{3} Device \d{3}: ID [0-9a-f]{4}:|^/: {1,4}Bus \d", re.MULTILINE),
    ),
    (
        "Get-Service",
        re.compile(
            r"^Status {1,9}Name {1,40}DisplayName\b|^Name {1,30}: (?:SCardSvr|CertPropSvc)\b",
            re.MULTILINE,
        ),
    ),
    (
        "sc query",
        re.compile(r"^\w{1,20}_\w{1,20}: (?:SCardSvr|CertPropSvc|ScDeviceEnum)\b", re.MULTILINE),
    ),
)
"""The name of each program, and how its output is recognised."""


def name(text: str) -> str:
    """Return the program that printed a text; empty: unknown."""
    top = "\n".join(line.rstrip() for line in text.splitlines()[:_FIRST_LINES])
    known = (program for program, shape in _PROGRAMS if shape.search(top))
    return next(known, "")
