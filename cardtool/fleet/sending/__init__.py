# SPDX-License-Identifier: Apache-2.0
"""From a workstation: its snapshot made ready, kept until it is delivered, handed over."""
