# SPDX-License-Identifier: Apache-2.0
"""Sends the snapshot of a workstation to the place that collects.

`parcel` makes it ready, `spool` keeps it until it is delivered, and `delivery` hands it over: to a
folder, or to a `server`.
"""
