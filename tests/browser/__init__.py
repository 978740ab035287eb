# SPDX-License-Identifier: Apache-2.0
"""Pages in a real browser, which is started once for all of them."""
