# SPDX-License-Identifier: Apache-2.0
"""The records that all other rooms use. Imports no other room, and judges nothing."""
