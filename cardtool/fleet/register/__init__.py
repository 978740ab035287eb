# SPDX-License-Identifier: Apache-2.0
"""Personnel registers: lists that departments keep, so that an order knows for whom it is.

A number is checked, disguised as the site's identity policy says, and only then goes anywhere.
"""
