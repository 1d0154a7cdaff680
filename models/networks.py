"""TFLite files as finders: any head that `heads.py` knows, any input size, float or int8."""

from __future__ import annotations

import importlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from firmware.core.decode import letterboxed_size
from firmware.drivers.scaling import fitted
from firmware.errors import ModelError
from firmware.messages import Size
from models.finds import Colour, Finds, clipped, suppress
from models.graph import Tensor, read_graph
from models.heads import Canvas, Head, OwnHead, recognise

FILL = 114  # grey of the canvas beside the picture; YOLO's and ours
RUNTIME = "ai_edge_litert"
SHAPES_MAY_DIFFER_BY = 0.1  # of the pixels of the main file; beyond that a comparison would not be at equal cost


@dataclass(frozen=True, slots=True)
class Fitted:
    """A picture on a canvas, `pixels` `[h, w, channels]`; the scales lead from the canvas back to the picture."""

    pixels: NDArray[np.uint8]
    scale_x: float
    scale_y: float


class TfliteFinder:
    """One TFLite file. Ours gets its picture scaled as on the node, others by plain bilinear interpolation."""

    def __init__(self, path: Path, threads: int = 2, runtime: str = RUNTIME) -> None:
        """Open it; raises `ModelError` for a file that is none, or whose head is not known."""
        graph = read_graph(path)
        self.head: Head = recognise(graph, str(path))
        self._interpreter = opened(path, threads, runtime)
        self._given, self._tensors = graph.inputs[0], graph.tensors

    @property
    def labels(self) -> tuple[str, ...]:
        """The classes that it knows."""
        return self.head.labels

    def detect(self, picture: Colour) -> Finds:
        """Find objects in a colour picture; a network of one channel gets its luma."""
        fitted = fit(picture, self.head.canvas, sharp=isinstance(self.head, OwnHead))
        self._interpreter.set_tensor(self._given, as_input(fitted.pixels, self._tensors[self._given], self.head.canvas))
        self._interpreter.invoke()
        found = self.head.decode([self._value(number) for number in self.head.outputs])
        back = np.array((fitted.scale_x, fitted.scale_y) * 2, np.float32)
        height_px, width_px = picture.shape[:2]
        return suppress(clipped(Finds(found.boxes * back, found.classes, found.scores), width_px, height_px))

    def _value(self, number: int) -> NDArray[np.float32]:
        return as_float(self._interpreter.get_tensor(number)[0], self._tensors[number])


class ShapedFinder:
    """The same weights in several shapes of equal pixels: each picture is given to the one that it fills best."""

    def __init__(self, finders: Sequence[TfliteFinder]) -> None:
        self._finders = tuple(finders)
        self.labels = finders[0].labels
        self.used: Counter[str] = Counter()

    def detect(self, picture: Colour) -> Finds:
        """Find objects, in the shape that wastes least."""
        finder = max(self._finders, key=lambda one: filled_ratio(picture, one.head.canvas))
        self.used[f"{finder.head.canvas.width_px}x{finder.head.canvas.height_px}"] += 1
        return finder.detect(picture)


def siblings(path: Path) -> list[Path]:
    """The files beside one that hold the same network in other shapes: `<stem>@<width>x<height>.tflite`."""
    return sorted(path.parent.glob(f"{path.stem}@*.tflite"))


def shaped(path: Path, threads: int = 2) -> ShapedFinder:
    """A file and its siblings; raises `ModelError` where they are not of one kind and cost."""
    main = TfliteFinder(path, threads)
    others = {one: TfliteFinder(one, threads) for one in siblings(path)}
    pixels = _pixels(main)
    for sibling, finder in others.items():
        if (type(finder.head), finder.labels) != (type(main.head), main.labels):
            raise ModelError(f"{sibling}: has another head or other classes than {path}; it must be the same network")
        if abs(_pixels(finder) / pixels - 1) > SHAPES_MAY_DIFFER_BY:
            raise ModelError(
                f"{sibling}: looks at {_pixels(finder)} pixels and {path} at {pixels}; shapes must cost the same, "
                f"within {100 * SHAPES_MAY_DIFFER_BY:.0f} %"
            )
    return ShapedFinder([main, *others.values()])


def _pixels(finder: TfliteFinder) -> int:
    return finder.head.canvas.width_px * finder.head.canvas.height_px


def opened(path: Path, threads: int, runtime: str = RUNTIME) -> Any:
    """An interpreter, ready to run; raises `ModelError` where the runtime cannot run the file."""
    try:
        interpreter = importlib.import_module(f"{runtime}.interpreter").Interpreter(
            model_path=str(path), num_threads=threads
        )
        interpreter.allocate_tensors()
    except (ValueError, RuntimeError) as error:
        raise ModelError(f"{path}: {runtime} cannot run it: {error}") from error
    return interpreter


def fit(picture: Colour, canvas: Canvas, *, sharp: bool) -> Fitted:
    """Lay a picture into the upper left corner of a canvas; `sharp`: at the size and with the filter of the node."""
    height_px, width_px = picture.shape[:2]
    whole = Size(canvas.width_px, canvas.height_px)
    given = Size(width_px, height_px)
    inside = whole if canvas.squeezed else letterboxed_size(fitted(given, whole) if sharp else given, whole)
    image = Image.fromarray(picture).convert("L" if canvas.channels == 1 else "RGB")
    filter_, gap = (Image.Resampling.HAMMING, 1.0) if sharp else (Image.Resampling.BILINEAR, None)
    if image.size != (inside.width_px, inside.height_px):
        image = image.resize((inside.width_px, inside.height_px), filter_, reducing_gap=gap)
    pixels = np.full((canvas.height_px, canvas.width_px, canvas.channels), FILL, np.uint8)
    pixels[: inside.height_px, : inside.width_px] = np.asarray(image).reshape(inside.height_px, inside.width_px, -1)
    return Fitted(pixels, width_px / inside.width_px, height_px / inside.height_px)


def filled_ratio(picture: Colour, canvas: Canvas) -> float:
    """Which share of a canvas a picture fills once it is scaled to fit."""
    height_px, width_px = picture.shape[:2]
    inside = letterboxed_size(Size(width_px, height_px), Size(canvas.width_px, canvas.height_px))
    return inside.width_px * inside.height_px / (canvas.width_px * canvas.height_px)


def as_input(pixels: NDArray[np.uint8], tensor: Tensor, canvas: Canvas) -> NDArray[Any]:
    """Pixels as the input wants them, with a batch of one. Integer inputs span black to white, whatever their unit."""
    if tensor.dtype == "uint8":
        return pixels[None]
    if tensor.dtype == "int8":
        return (pixels.astype(np.int16) - 128).astype(np.int8)[None]
    if tensor.dtype == "float32":
        return (pixels * np.float32((canvas.white - canvas.black) / 255) + np.float32(canvas.black))[None]
    raise ModelError(f"input {tensor.name!r} is {tensor.dtype}; it must be uint8, int8 or float32")


def as_float(values: NDArray[Any], tensor: Tensor) -> NDArray[np.float32]:
    """The values that stored numbers stand for."""
    if not tensor.scale:
        return values.astype(np.float32)
    return (values.astype(np.float32) - np.float32(tensor.zero_point)) * np.float32(tensor.scale)
