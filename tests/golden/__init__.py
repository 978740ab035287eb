# SPDX-License-Identifier: Apache-2.0
"""What each view makes of each corpus case in each language, and the one who writes it down."""
