# SPDX-License-Identifier: Apache-2.0
"""What a person reads: on the terminal, as a page, and step by step."""
