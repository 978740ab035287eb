# SPDX-License-Identifier: Apache-2.0
"""Types for the part of asn1crypto that is used."""
