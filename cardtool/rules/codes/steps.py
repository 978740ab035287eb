# SPDX-License-Identifier: Apache-2.0
"""Who does each step of a finding, and which procedures a step begins."""

import functools

from cardtool.model.diagnosis import Actor

_IT = """
    add-issuers add-to-device-list allow-device allow-file allow-flatpak allow-library
    allow-pcsc-access ask-application-support ask-for-arm-driver ask-for-arm-linux-driver
    ask-reader-driver-mac attach-usb change-battery check-java check-network connect-snap
    correct-path enable-device enable-pcscd enable-windows-enumerator enable-windows-service
    find-other-library install-arm-card-driver install-card-driver install-driver
    find-library install-driver-for-program install-driver-inside install-driver-there
    install-card-driver-there install-mac-arm-driver install-mac-arm-package
    install-matching-akis install-matching-driver install-pcsc-library install-pcscd
    install-reader-driver install-runtime install-token-software keep-one-driver
    keep-one-reader-driver let-cards-through list-blocked-devices maker-reader-driver name-module
    open-device-manager open-network open-windows-services pass-reader-through pin-root
    plug-into-remote
    print-polkit-rule print-rule-for-person print-rule-on-host raise-limits read-pcscd-journal
    reinstall-driver remove-driver remove-reader-driver replace-reader-driver restart-pcscd
    restart-windows-service retry-reader-start run-at-logon set-clock set-clock-mac
    set-clock-windows set-proxy set-zone set-zone-mac set-zone-windows share-pcsc-socket
    share-scdaemon start-pcscd start-pcscd-alone start-windows-enumerator start-windows-service
    stop-usb-sleep unmask-pcscd update-card-driver update-ccid update-device-driver update-driver
    update-reader-driver update-roots update-signing-program use-ifd-ccid use-intel-build
    use-own-package use-windows-reader-driver
"""
_ELSEWHERE_IT = """
    install-card-driver-of-provider update-card-driver-of-provider
    install-arm-card-driver-of-provider install-driver-of-provider install-makers-driver
    install-matching-driver-of-provider open-network-to-provider
    update-roots-of-provider replace-makers-driver
"""
_PROVIDER = """
    ask-for-new-card ask-for-provider-card ask-own-provider ask-own-provider-about-card ask-provider
    call-provider replace-card
"""

ACTORS = dict.fromkeys((_IT + _ELSEWHERE_IT).split(), Actor.IT) | dict.fromkeys(
    _PROVIDER.split(), Actor.PROVIDER
)
"""Step -> who does it; a step that is not here is for the person at the desk."""

INSTEAD: dict[str, dict[str, tuple[str, ...]]] = {
    "win32": {
        "install-reader-driver": (
            "open-device-manager",
            "update-device-driver",
            "maker-reader-driver",
        ),
        "set-clock": ("set-clock-windows",),
        "set-zone": ("set-zone-windows",),
        "install-pcsc-library": (),
        "read-pcscd-journal": (),
        "update-ccid": (),
        "allow-library": (),
        "raise-limits": (),
    },
    "win32-aarch64": {
        "run-fitting-build": ("use-intel-build",),
        "install-driver-for-program": ("ask-for-arm-driver",),
    },
    "darwin": {
        "install-reader-driver": ("ask-reader-driver-mac",),
        "start-signing-program": ("start-program-for-mac",),
        "set-clock": ("set-clock-mac",),
        "set-zone": ("set-zone-mac",),
        "install-pcsc-library": (),
        "read-pcscd-journal": (),
        "update-ccid": ("use-ifd-ccid",),
        "install-runtime": (),
    },
    "darwin-aarch64": {
        "install-matching-akis": ("install-mac-arm-driver",),
        "install-driver": ("install-mac-arm-package",),
    },
    "linux": {
        "allow-library": (),
        "install-runtime": (),
        "start-signing-program": ("start-program-for-linux",),
    },
    "linux-aarch64": dict.fromkeys(
        ("install-matching-akis", "install-driver"),
        ("use-intel-computer", "ask-for-arm-linux-driver"),
    ),
}
"""Platform, or platform and processor -> step -> the steps that take its place there."""

_BEGINNINGS = {
    "first-application": "apply-first apply-through-officer",
    "renewal": "tell-officer ask-officer-anew newer-card-or-officer renew-online renew-on-paper",
    "lost-or-stolen": "apply-anew",
    "order-reader": "order-reader address-reader pay-reader try-faulty-elsewhere",
    "unlock-pin": "unlock-pin create-pin create-pin-later change-pin",
    "warranty": "replace-card ask-for-new-card",
    "certificate-update": "replace-card apply-for-update",
}

PROCEDURES = {
    step: tuple(procedure for procedure, begins in _BEGINNINGS.items() if step in begins.split())
    for steps in _BEGINNINGS.values()
    for step in steps.split()
}
"""Step -> the procedures that it may begin; most steps begin none."""

SEEN = {"close-programs": "close-seen-programs"}
"""Step about programs that are not known -> the step that names those that were seen."""

TO_EMPTY = {
    "check-card-kind": "check-card-or-use-empty",
    "insert-nes-card": "use-empty-reader",
    "newer-card-or-officer": "ask-officer-anew",
    "try-other-reader": "try-empty-reader",
    "use-newer-card": "newer-card-to-empty",
}
"""Step about the card of the person -> the step where the person's own reader is empty."""

WITHOUT_READER = ("plug-reader-too",)
"""Steps after those of a service that is off, where no reader is plugged in."""

TO_WORKING = {
    "insert-card": "insert-card-into-working",
    "newer-card-or-officer": "ask-officer-anew",
    "use-newer-card": "newer-card-to-working",
}
"""Step about the card of the person -> the step where another reader here cannot be used."""

WITHOUT_HUB = {"try-other-port": "leave-out-hub", "replug-reader": ""}
"""Step -> the one that does it where a reader is behind a hub; empty: that one does it too."""

OF_SEVERAL = ("choose-driver",)
"""Steps in a signing program where drivers of several products are installed."""

OF_OTHER_CARDS = {
    "choose-certificate": "choose-driver-and-certificate",
    "choose-driver": "choose-driver-and-certificate",
    "install-driver": "install-card-driver",
    "install-driver-there": "install-card-driver-there",
    "install-mac-arm-driver": "install-arm-card-driver",
    "install-matching-akis": "install-matching-driver",
    "install-mac-arm-package": "install-card-driver",
    "reinstall-driver": "update-card-driver",
    "update-driver": "update-card-driver",
}
"""Step that names where AKİS is -> the step for the driver of another maker."""

ELSEWHERE = {
    "address-reader": "",
    "apply-anew": "apply-anew-elsewhere",
    "apply-through-officer": "apply-anew-elsewhere",
    "apply-for-update": "ask-for-provider-card",
    "ask-for-new-card": "ask-for-provider-card",
    "ask-officer-anew": "apply-elsewhere",
    "newer-card-or-officer": "newer-card-or-elsewhere",
    "ask-provider": "ask-own-provider",
    "call-provider": "ask-own-provider-about-card",
    "change-pin": "change-pin-elsewhere",
    "check-network": "open-network-to-provider",
    "create-pin": "create-pin-elsewhere",
    "create-pin-later": "create-pin-later-elsewhere",
    "install-driver": "install-driver-of-provider",
    "install-arm-card-driver": "install-arm-card-driver-of-provider",
    "install-card-driver": "install-card-driver-of-provider",
    "install-matching-driver": "install-matching-driver-of-provider",
    "update-card-driver": "update-card-driver-of-provider",
    "lift-suspension": "lift-suspension-elsewhere",
    "maker-reader-driver": "install-makers-driver",
    "replace-reader-driver": "replace-makers-driver",
    "open-network": "open-network-to-provider",
    "order-reader": "buy-reader",
    "pay-reader": "",
    "renew-on-paper": "",
    "renew-online": "renew-elsewhere",
    "replace-card": "ask-for-provider-card",
    "tell-officer": "renew-elsewhere",
    "unlock-pin": "unlock-pin-elsewhere",
    "unlock-seal-pin": "unlock-seal-pin-elsewhere",
    "update-roots": "update-roots-of-provider",
}
"""Step that is Kamu SM's -> the step of another provider's holder; empty: there is none."""

_SENT_ALREADY = {"apply-anew-elsewhere", "lift-suspension-elsewhere"}
"""Steps that send to the provider, so that no further step needs to (`ask-own-provider`)."""


@functools.lru_cache(maxsize=512)
def of_other_provider(steps: tuple[str, ...]) -> tuple[str, ...]:
    """Return the steps of the holder of another provider's certificate, each once, in order."""
    given = dict.fromkeys(ELSEWHERE.get(step, step) for step in steps)
    if not _SENT_ALREADY.isdisjoint(given):
        given.pop("ask-own-provider", None)
    return tuple(filter(None, given))


@functools.lru_cache(maxsize=512)
def actors(steps: tuple[str, ...]) -> tuple[Actor, ...]:
    """Return who does each of these steps."""
    return tuple(ACTORS.get(step, Actor.YOU) for step in steps)


@functools.lru_cache(maxsize=512)
def procedures(steps: tuple[str, ...]) -> tuple[str, ...]:
    """Return the procedures that these steps begin, each once, in order."""
    named = (procedure for step in steps for procedure in PROCEDURES.get(step, ()))
    return tuple(dict.fromkeys(named))
