# SPDX-License-Identifier: Apache-2.0
"""Types for the part of pyscard that cardtool uses: the PC/SC calls themselves."""
