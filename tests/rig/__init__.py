# SPDX-License-Identifier: Apache-2.0
"""The wire, faked: real services and software of vendors around scripted cards and modules.

Nothing here imports cardtool, so that what the rig says can be held against what cardtool says.
Linux only.
"""
