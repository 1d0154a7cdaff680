"""Checkpoints of `nattvakt model train`: a kill leaves whole files, and any other file is a clear `ModelError`."""

# PyTorch is typed as Any where it is not installed (everywhere but at a maintainer's).
# mypy: warn-return-any=False

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from firmware.errors import ModelError
from models.network import Detector


def write(kept: dict[str, Any], path: Path) -> None:
    """Write beside the old file, then replace it, so that a kill leaves a whole one."""
    temporary = path.with_suffix(".new")
    torch.save(kept, temporary)
    temporary.replace(path)


def read(path: Path) -> dict[str, Any]:
    """All that a checkpoint holds."""
    try:
        kept = torch.load(path, weights_only=True)
    except OSError as error:
        raise ModelError(f"{path}: cannot be read: {error.strerror or error}") from error
    except Exception as error:  # the unpickler raises whatever it stumbles over: IndexError, struct.error, EOFError ...
        raise ModelError(f"{path}: not a checkpoint of `nattvakt model train`: {error}") from error
    if not isinstance(kept, dict):
        raise ModelError(f"{path}: not a checkpoint of `nattvakt model train`: it holds a {type(kept).__name__}")
    return kept


def fill(network: Detector, kept: dict[str, Any], name: str, path: Path) -> None:
    """Give a network the weights that a checkpoint holds under `name`."""
    try:
        network.load_state_dict(kept[name])
    except (KeyError, RuntimeError, TypeError) as error:
        raise ModelError(f"{path}: not a checkpoint of this network: {error}") from error


def load(path: Path, name: str) -> Detector:
    """The network that a checkpoint holds under `name`."""
    network = Detector()
    fill(network, read(path), name, path)
    return network


def load_average(path: Path) -> Detector:
    """The averaged network of a checkpoint, ready to be used."""
    return load(path, "average").eval()
