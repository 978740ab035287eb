# SPDX-License-Identifier: Apache-2.0
"""cardtool on Windows, as far as Wine shows it: `make windows`. See docs/windows.md."""
