"""Faults of the world at the alarm centre."""

from firmware.errors import NodeError


class CentreError(NodeError):
    """The centre cannot work as it was asked to; the text says what is wrong and what would be right."""


class JournalError(CentreError):
    """The log of alarms cannot be read or written."""
