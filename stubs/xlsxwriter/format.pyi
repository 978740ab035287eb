# SPDX-License-Identifier: Apache-2.0
"""How cells look; only handed on."""

class Format: ...
