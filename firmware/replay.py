"""The node's eyes and mind over any footage, faster than real time: no permit, no lamp, no outbox."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from firmware.messages import Frame, Size, StepResult
from firmware.pipeline import Pipeline
from firmware.ports import Camera


@dataclass(frozen=True, slots=True)
class Replayed:
    """One frame of the footage and what it led to."""

    frame: Frame
    step: StepResult


def replay(camera: Camera, build: Callable[[Size], Pipeline]) -> Iterator[Replayed]:
    """Run every frame through the pipeline that `build` makes for the first frame's size. Raises CameraError."""
    pipeline: Pipeline | None = None
    for frame in camera.frames():
        if pipeline is None:
            pipeline = build(frame.size)
        yield Replayed(frame, pipeline.step(frame))
