# SPDX-License-Identifier: Apache-2.0
"""Reminds a user of the end of a certificate: what is due, what is remembered, how it is shown."""
