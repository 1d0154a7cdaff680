"""The command `nattvakt`: one verb per job, each loaded only when it is asked for."""

from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as _installed


def version() -> str:
    """This release, as installed."""
    try:
        return _installed("nattvakt")
    except PackageNotFoundError:
        return "0 (not installed)"
