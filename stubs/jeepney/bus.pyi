# SPDX-License-Identifier: Apache-2.0
"""What cardtool uses of jeepney.bus."""

def get_bus(bus: str) -> str: ...
