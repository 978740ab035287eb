# SPDX-License-Identifier: Apache-2.0
"""Personnel registers: lists of a department's people, which say whose a workstation is.

`grid` reads the rows of a file, `headings` tells which column is which, and `people` checks each
identity number and hides it as the site's identity policy says. `keeping` keeps them in the store.
"""
