"""One OpenGL context for the process, on a thread of its own: a context belongs to one thread at a time, so every
renderer hands its work to that thread and may be called from any. Programs are compiled once and shared.
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files
from threading import Lock
from typing import Protocol, TypeVar

import moderngl
import numpy as np

from firmware.errors import CameraError
from simulator.optics import F32, F64
from simulator.solid import I32

T = TypeVar("T")

_INCLUDES = {
    "solid.vert": ("camera",),
    "still_solid.frag": ("camera", "facing"),
    "still_ground.frag": ("camera",),
    "still_light.frag": ("camera", "light", "shadow", "store"),
    "still_sky.frag": ("camera", "light", "store"),
    "lamp.frag": ("camera", "light", "shadow", "store"),
    "lamps.frag": ("camera", "light", "shadow", "store"),
    "moving_solid.vert": ("camera", "light", "shadow", "all_light"),
    "moving.frag": ("camera", "facing", "light"),
    "moving_soft.vert": ("camera", "light", "shadow", "all_light"),
    "shade_cast.vert": ("camera",),
    "blob.vert": ("camera",),
    "blob.frag": ("camera",),
}
PATCHES = 4  # of sky in each sample of the standing world

_WANTED = "the fast renderer needs OpenGL 3.3 through EGL: apt install libegl1 libgl1-mesa-dri"

Uniform = float | int | bool | tuple[float, ...] | F32 | F64 | I32


class Releasable(Protocol):
    """Anything that holds memory of the graphics driver."""

    def release(self) -> object:
        """Give it back."""
        ...


class Graphics:
    """The context and its thread."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="gl")
        self._programs: dict[tuple[str, str], moderngl.Program] = {}
        try:
            self.context = self._thread.submit(_new_context).result()
        except CameraError:
            self._thread.shutdown()
            raise

    def run(self, work: Callable[[], T]) -> T:
        """Does a piece of work where the context is current; what it raises is raised here."""
        return self._thread.submit(work).result()

    def program(self, vertex: str, fragment: str) -> moderngl.Program:
        """Compiled from two files of `shaders/`; only on the context's thread."""
        if (vertex, fragment) not in self._programs:
            self._programs[vertex, fragment] = self.context.program(_source(vertex), _source(fragment))
        return self._programs[vertex, fragment]


def _new_context() -> moderngl.Context:
    try:
        # the library's own hints are wrong about its settings
        return moderngl.create_context(require=330, standalone=True, backend="egl")  # type: ignore[arg-type]
    except Exception as fault:  # the library raises bare Exception for every fault of the driver
        raise CameraError(f"{_WANTED} ({fault})") from fault


def _source(name: str) -> str:
    shaders = files("simulator.render") / "shaders"
    parts = [*(f"{part}.glsl" for part in _INCLUDES.get(name, ())), name]
    return "\n".join(
        ["#version 330 core", f"#define PATCHES {PATCHES}", *((shaders / part).read_text() for part in parts)]
    )


_lock = Lock()
_shared: dict[int, Graphics] = {}


def graphics() -> Graphics:
    """The process's own. CameraError: no EGL, no driver or one too old, with what to install."""
    with _lock:
        if os.getpid() not in _shared:
            _shared[os.getpid()] = Graphics()
        return _shared[os.getpid()]


def put(program: moderngl.Program, **values: Uniform) -> None:
    """Sets uniforms by name; one that the compiler left out is passed over."""
    for name, value in values.items():
        uniform = program.get(name, None)
        if not isinstance(uniform, moderngl.Uniform):
            continue
        if isinstance(value, np.ndarray):
            dtype = np.int32 if value.dtype == np.int32 else np.float32
            uniform.write(np.ascontiguousarray(value, dtype=dtype).tobytes())
        else:
            uniform.value = value


K = TypeVar("K", bound=Releasable)


class Keeper:
    """Holds what is to be released together."""

    def __init__(self) -> None:
        self._held: list[Releasable] = []

    def __call__(self, thing: K) -> K:
        """Keeps a thing and hands it back."""
        self._held.append(thing)
        return thing

    def release(self) -> None:
        """Releases all, the last first."""
        while self._held:
            self._held.pop().release()
