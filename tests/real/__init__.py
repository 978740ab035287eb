# SPDX-License-Identifier: Apache-2.0
"""Tests on real parts: pcscd with virtual readers, OpenSC, SoftHSM2, modules that misbehave."""
