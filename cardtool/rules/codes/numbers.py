# SPDX-License-Identifier: Apache-2.0
"""The short numbers of findings, to read out on the telephone: `K-14`.

A number is stable for ever, as a code is. A code's number is its place in this list, so a new code
is added at the end, and nothing is taken out or moved: the number of a code that is no longer given
is never given to another. docs/findings.md shows each code with its number.
"""

_IN_ORDER = """
cardtool-fault check-running clock-behind clock-went-back clock-zone-odd clock-zone changed-system
changed-reader changed-driver session-container session-flatpak session-snap session-remote-desktop
session-virtual-desktop session-wsl session-services service-running service-idle service-absent
service-stopped service-masked service-start-failed service-versions-differ service-stuck
service-stopped-windows service-disabled-windows service-enumerator-stopped service-timeout
service-library-missing service-access-denied service-access-denied-here
service-access-denied-container service-failed service-not-needed reader-missing reader-gone
reader-own-missing reader-not-seen reader-driver-missing reader-driver-old reader-drivers-clash
reader-driver-unloadable reader-not-started reader-faulty reader-ejected reader-not-connected
reader-disabled reader-blocked reader-asleep reader-unsupported reader-built-in-only
reader-not-offered reader-unplugged reader-not-asked reader-found reader-identified usb-not-seen
reader-not-needed reader-virtual reader-not-used readers-several reader-empty card-missing
card-pulled card-mute card-mute-virtual card-unpowered card-protocol-mismatch card-unknown
card-not-for-signing card-not-yours card-other-token card-unsure card-in-use card-in-use-unnamed
card-access-denied card-line-broken card-unstable card-unstable-but-read card-worn card-not-read
card-recognised card-unlisted card-is-key cards-several card-reread driver-missing
driver-wrong-architecture driver-for-other-program driver-not-for-card driver-too-old
driver-file-missing driver-file-unreadable driver-not-library driver-damaged driver-load-failed
driver-crashed driver-hung driver-refused driver-beside-failed driver-beside-misnamed
driver-copies-differ driver-not-asked driver-held-back driver-named-failed driver-other-failed
drivers-several driver-loaded token-not-recognised token-failed-on-mac token-failed token-hung
token-crashed token-missing driver-without-token token-blank token-read certificates-unreadable
certificates-missing certificate-unparsable certificate-skipped nes-missing seal-only nes-elsewhere
nes-found nes-valid nes-gap nes-outlives-issuer nes-expiring nes-expiring-soon nes-expiring-critical
nes-expired nes-not-yet-valid nes-superseded nes-waiting nes-next-card nes-mobile nes-other-provider
nes-limited seal-found corporate-seal-found fiscal-seal-found encryption-found identity-card-found
nes-broken certificate-partly-read nes-trusted nes-untrusted nes-untrusted-unpinned
nes-chain-unproven nes-status-good nes-revoked nes-revoked-replaced nes-suspended nes-status-unknown
nes-status-unreachable pin-locked pin-final-try pin-final-try-puk-locked pin-count-low pin-never-set
pin-to-be-changed puk-locked pin-and-puk-locked pin-ready desk-ready nes-for-tests seal-expired
seal-expiring card-in-use-gnupg system-exhausted rsa-on-windows parts-not-seen card-without-slot
certificates-listed nes-between driver-out-of-reach nes-root-of-provider card-loses-power
card-beside-slot reader-driver-refused token-failed-asleep driver-older-than-card nes-revoked-left
driver-other-processor nes-old-card token-lost service-access-denied-xrdp token-failed-virtual
driver-none reader-needs-restart card-access-denied-here nes-revoked-superseded seal-pin-unusable
seal-pin-unusable-beside seal-pin-warning driver-missing-remote driver-needs-library
reader-driver-for-arm card-missing-virtual service-access-denied-by-host
session-xrdp
"""

NUMBERS = {code: number for number, code in enumerate(_IN_ORDER.split(), start=1)}
"""Code -> its number; the codes of `ROWS` and of `RETIRED`."""
