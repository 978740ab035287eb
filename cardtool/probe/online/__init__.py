# SPDX-License-Identifier: Apache-2.0
"""Chain and revocation of certificates, only where somebody asked for it.

Everything except `asking` runs in a worker, and only the worker loads cryptography or
pyhanko-certvalidator.
"""
