# SPDX-License-Identifier: Apache-2.0
"""Which procedures a step leads to: the step is only the beginning of them."""

_STEPS = {
    "first-application": ("apply-first",),
    "renewal": ("tell-officer", "renew-online", "renew-on-paper"),
    "lost-or-stolen": ("apply-anew",),
    "order-reader": ("order-reader", "address-reader", "pay-reader"),
    "unlock-pin": ("unlock-pin", "create-pin", "create-pin-later", "change-pin"),
    "warranty": ("replace-card", "ask-for-new-card"),
    "certificate-update": ("replace-card", "apply-for-update"),
}

PROCEDURES = {
    step: tuple(procedure for procedure, begins in _STEPS.items() if step in begins)
    for steps in _STEPS.values()
    for step in steps
}
"""Step -> the procedures it may begin; most steps begin none."""
