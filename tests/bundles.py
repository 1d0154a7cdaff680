"""Model bundles for tests: the shipped one, changed at will, and a tiny int8 one."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from PIL import Image

from models import SHIPPED
from models.manifest import (
    FILE_NAME,
    NETWORK_FILE,
    SCHEMA,
    BundleFile,
    FirmwareRange,
    Input,
    Label,
    Latency,
    Manifest,
    Output,
    Outputs,
    describe,
)

TINY = Path(__file__).parent / "contracts" / "tiny-int8.tflite"
FLOAT = SHIPPED.with_name("first-1")
"""Release 1, no longer shipped: float tensors, 512 x 288, five classes."""
TINY_WIDTH_PX, TINY_HEIGHT_PX = 64, 32


def tiny_bundle(folder: Path) -> Path:
    """A bundle around `tiny_int8.py`'s network, which calls every bright blob a person."""
    folder.mkdir()
    shutil.copy(TINY, folder / NETWORK_FILE)
    (folder / FILE_NAME).write_bytes(msgspec.json.format(msgspec.json.encode(tiny_manifest()), indent=2))
    return folder


def tiny_manifest() -> Manifest:
    """The tiny bundle's manifest."""
    found = describe(TINY.parent, TINY.name)
    return Manifest(
        schema=SCHEMA,
        name="tiny",
        release=1,
        firmware=FirmwareRange(lowest="0.1", below="1"),
        quantisation="int8",
        macs=5020,
        network_bytes=found.bytes,
        latency_ms=(Latency("ai_edge_litert", 1, "nowhere", 0.1),),
        input=Input("serving_default_args_0", TINY_WIDTH_PX, TINY_HEIGHT_PX, "int8", 1.0, -128, fill=114),
        strides=(8, 16, 32),
        classes=tuple(
            Label(label, 0.5, "by hand") for label in ("person", "vehicle", "two-wheeler", "fire", "smoke", "animal")
        ),
        nms_iou=0.6,
        outputs=Outputs(
            boxes=Output("serving_default_output_0_output", (1, 42, 4), "int8", 0.0027450979687273502, -128),
            scores=Output("serving_default_output_1_output", (1, 42, 7), "int8", 0.0470588244497776, 0),
        ),
        files=(BundleFile(NETWORK_FILE, found.sha256, found.bytes),),
    )


def blob(x_px: int = 16, y_px: int = 8) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """A picture `[32, 64]` with one bright cell of 8 x 8 px: a person to the tiny network."""
    picture = np.full((TINY_HEIGHT_PX, TINY_WIDTH_PX), 40, np.uint8)
    picture[y_px : y_px + 8, x_px : x_px + 8] = 230
    return picture


def save(picture: np.ndarray[Any, np.dtype[np.uint8]], path: Path) -> None:
    """Write a picture as PNG."""
    Image.fromarray(picture).save(path)


def change(bundle: Path, how: Callable[[dict[str, Any]], None]) -> None:
    """Change a bundle's manifest."""
    path = bundle / FILE_NAME
    before = path.read_text()
    manifest = json.loads(before)
    how(manifest)
    after = json.dumps(manifest)
    assert json.loads(before) != json.loads(after)
    path.write_text(after)


def own_up(bundle: Path) -> None:
    """Bring a manifest's sizes and hashes up to date with changed files: what is wrong then is not the hash."""

    def how(manifest: dict[str, Any]) -> None:
        for item in manifest["files"]:
            found = describe(bundle, item["name"])
            item["sha256"], item["bytes"] = found.sha256, found.bytes
            if item["name"] == NETWORK_FILE:
                manifest["network_bytes"] = found.bytes

    change(bundle, how)
