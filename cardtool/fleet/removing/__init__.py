# SPDX-License-Identifier: Apache-2.0
"""Removes a workstation, a person, or old snapshots from the store.

`searching` finds what is to go, `recognising` tells what belongs to a person, `removal` removes it.
"""
