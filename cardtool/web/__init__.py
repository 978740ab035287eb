# SPDX-License-Identifier: Apache-2.0
"""Requests to web servers: the one client, its proxy, and which addresses may be asked.

Loaded only by what asks a server.
"""
