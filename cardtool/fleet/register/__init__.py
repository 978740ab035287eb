# SPDX-License-Identifier: Apache-2.0
"""Personnel registers: lists of a department's people, which say whose a workstation is.

Each identity number is checked and then hidden as the site's identity policy says, before anything
else is done with it.
"""
