# SPDX-License-Identifier: Apache-2.0
"""The OpenSC of this machine, and the scripted cards that its release reads.

Every release reads the PIV card; the AKİS card only those that still have a driver for it, of
which 0.23 is the last. A test that takes `CARDS` has an id for each card, and skips none.
"""

import re
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.rig.card import AKIS_V1_ATR, ScriptedCard
from tests.rig.piv import piv_card
from tests.rig.pkcs15 import NOT_ALLOWED, Pin, pkcs15_card


def module() -> Path:
    """Return where the PKCS#11 module is.

    Raises:
        FileNotFoundError: OpenSC is not installed where Debian or Fedora put it.
    """
    for place in (Path("/usr/lib64"), *sorted(Path("/usr/lib").glob("*-linux-gnu"))):
        if (file := place / "opensc-pkcs11.so").exists():
            return file
    message = "opensc-pkcs11.so"
    raise FileNotFoundError(message)


def _release() -> tuple[int, ...]:
    """Return the numbers of the release, such as (0, 23, 0); none where there is no OpenSC."""
    try:
        done = subprocess.run(["opensc-tool", "--info"], capture_output=True, check=False)
    except FileNotFoundError:
        return ()
    release = re.search(rb"OpenSC (\d+)\.(\d+)\.(\d+)", done.stdout)
    return tuple(map(int, release.groups())) if release else ()


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of card that OpenSC reads."""

    make: Callable[..., ScriptedCard]
    """Makes a card with this certificate, as DER; what it answers a PIN may be told after it."""
    environment: Mapping[str, str]
    """What OpenSC needs to be told by whoever loads it."""
    without_key: str
    """What the sign test says, in English, when a PIN was right: no card of the rig has a key."""
    logins: int
    """How often a right PIN is sent: twice where the key wants it again (CKA_ALWAYS_AUTHENTICATE).

    Source of that for the signature key of PIV: NIST SP 800-73-4, part 1 §3.2.1.
    """


def _akis(certificate: bytes, when_tried: bytes = NOT_ALLOWED) -> ScriptedCard:
    pin = Pin(when_tried=when_tried)
    return pkcs15_card([("NES0", certificate)], pin=pin, atr=AKIS_V1_ATR, quick=True)


CARDS: dict[str, Kind] = {
    "piv": Kind(make=piv_card, environment={}, without_key="CKR_GENERAL_ERROR", logins=2)
}
if () < _release() < (0, 24):
    CARDS["akis"] = Kind(
        make=_akis,
        environment={"OPENSC_DRIVER": "akis"},
        without_key="the key of this certificate is not on the card",
        logins=1,
    )
