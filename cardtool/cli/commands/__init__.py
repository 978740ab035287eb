# SPDX-License-Identifier: Apache-2.0
"""The commands: one module each, named like the command and imported only when it is called."""
