# SPDX-License-Identifier: Apache-2.0
"""Who does each step: the person at the desk, unless it stands here."""

from cardtool.model.diagnosis import Actor

_IT = (
    "add-issuers",
    "allow-device",
    "allow-file",
    "allow-flatpak",
    "allow-library",
    "allow-pcsc-access",
    "ask-application-support",
    "change-battery",
    "check-java",
    "check-network",
    "connect-snap",
    "correct-path",
    "enable-device",
    "enable-pcscd",
    "enable-windows-enumerator",
    "enable-windows-service",
    "install-driver",
    "install-matching-driver",
    "install-pcsc-library",
    "install-pcscd",
    "install-reader-driver",
    "keep-one-driver",
    "keep-one-reader-driver",
    "list-blocked-devices",
    "add-to-device-list",
    "name-module",
    "open-device-manager",
    "open-network",
    "open-windows-services",
    "pin-root",
    "print-polkit-rule",
    "reinstall-driver",
    "reinstall-reader-driver",
    "remove-driver",
    "run-at-logon",
    "set-clock",
    "set-proxy",
    "set-zone",
    "share-pcsc-socket",
    "start-pcscd-alone",
    "start-pcscd",
    "start-windows-enumerator",
    "start-windows-service",
    "stop-usb-sleep",
    "unmask-pcscd",
    "update-driver",
    "update-reader-driver",
    "update-roots",
)
_PROVIDER = (
    "ask-for-new-card",
    "ask-provider",
    "call-provider",
    "replace-card",
)

ACTORS = {
    **dict.fromkeys(_IT, Actor.IT),
    **dict.fromkeys(_PROVIDER, Actor.PROVIDER),
}
"""Step -> who does it; a step that is not here is for the person at the desk."""
