# SPDX-License-Identifier: GPL-2.0-only
"""The command line: parse, call, print. Nothing else imports it."""
