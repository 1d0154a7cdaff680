"""Faults of the world, told to the user: what was wrong, where, and what would be right.

A bug is not in this tree: it ends the process, and systemd starts it again.
"""


class NodeError(Exception):
    """Something outside the program is wrong. The node degrades, retries and reports; a command prints it, exits 1."""


class ConfigError(NodeError):
    """A configuration file does not say what it should. `problems` holds every fault found, one line each."""

    def __init__(self, file: str, problems: list[str]) -> None:
        self.file = file
        self.problems = tuple(problems)
        super().__init__("\n".join(f"{file}: {problem}" for problem in problems))


class PermitError(NodeError):
    """There is no valid permit to watch. `fault` is the short code that the alarm centre sees."""

    def __init__(self, fault: str, message: str) -> None:
        self.fault = fault
        super().__init__(message)


class CameraError(NodeError):
    """The camera, or the film that stands for it, gives no more pictures."""


class IlluminatorError(NodeError):
    """The infrared lamp's pin cannot be driven."""


class ModelError(NodeError):
    """There is no usable model bundle, or no runtime to run it."""


class StoreError(NodeError):
    """The outbox or the media store cannot be read or written."""


class LinkError(NodeError):
    """The broker cannot be used as configured (certificate, name, port); retrying alone will not mend it."""
