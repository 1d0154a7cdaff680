"""Faults of the world that a technician meets."""

from firmware.errors import NodeError


class ProvisionError(NodeError):
    """A name, a file or a certificate is not what it should be."""


class BrokerError(ProvisionError):
    """The broker cannot be started or does not answer."""
