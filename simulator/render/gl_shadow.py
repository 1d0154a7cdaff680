"""Shadow maps: which lamp sees what, drawn into square tiles of one depth texture."""

from collections.abc import Sequence
from dataclasses import dataclass

import moderngl
import numpy as np

from simulator.moment import Body, Light
from simulator.optics import F32
from simulator.render.gl_context import Graphics, Releasable, Uniform, put
from simulator.render.gl_mesh import Box, coarse
from simulator.solid import I32

Vec3 = tuple[float, float, float]
Vec4 = tuple[float, float, float, float]

_WIDEST_RAD = 1.40  # half angle of the widest map; beyond it nothing is shadowed
_CELL_M = 0.14  # joined cells of coarse casters
_FACES = ((1, 0, 0), (-1, 0, 0), (0, 1, 0), (0, -1, 0), (0, 0, 1), (0, 0, -1))


@dataclass(frozen=True, slots=True)
class Lamp:
    """A lamp as the shaders take it (`lamp.frag`): place and strength, axis and half angle, whether it has a hood that
    cuts its light above the rim, its tiles (first, how many, tan of the map's half angle, nearest m), and where its
    map is drawn from."""

    at: Vec4
    aim: Vec4
    hood: float
    tile: Vec4
    origin: Vec3

    @classmethod
    def of(cls, light: Light, first_tile: int, on_post: bool) -> "Lamp":
        """`first_tile` counts only where the light casts shadows."""
        down = (0.0, 0.0, -1.0)
        aim, cone = (light.aim, light.cone_rad) if light.aim is not None else (down, 4.0)
        faces = 0 if not light.shadows else 6 if light.aim is None and not on_post else 1
        half_rad = np.pi / 4 if faces == 6 else min(1.3 * cone, _WIDEST_RAD)
        nearest_m = 0.45 if on_post else 0.15
        return cls(
            (*light.place_m, light.strength),
            (*aim, cone),
            float(on_post and light.aim is None),
            (float(first_tile), float(faces), float(np.tan(half_rad)), nearest_m),
            light.place_m,
        )

    @property
    def tiles(self) -> int:
        """How many it owns."""
        return int(self.tile[1])

    @property
    def axes(self) -> list[Vec3]:
        """The axis of each tile's map."""
        return [self.aim[:3]] if self.tiles == 1 else [(float(x), float(y), float(z)) for x, y, z in _FACES]

    @property
    def uniforms(self) -> dict[str, Uniform]:
        """Of `lamp.frag`, all but `share`."""
        return {
            "lamp_at": self.at[:3],
            "lamp_aim": self.aim,
            "lamp_hood": self.hood,
            "lamp_tile": self.tile,
        }


@dataclass(frozen=True, slots=True)
class Reach:
    """A range of indices of coarse casters and the box around them."""

    first: int
    count: int
    box: Box


class Casters:
    """Coarse copies of standing bodies, body by body, so that each lamp draws only those in its way."""

    def __init__(self, gl: Graphics, bodies: Sequence[Body]) -> None:
        solids = [body.solid for body in bodies if len(body.solid.triangles)]  # a bare lot has none of some kinds
        pieces = [(coarse(solid, _CELL_M), Box.of(solid)) for solid in solids]
        pieces = [((places, numbers), box) for (places, numbers), box in pieces if len(numbers)]
        places, numbers, self.reaches = _packed(pieces)
        self._gl = gl
        self.triangles = len(numbers) // 3
        if self.triangles:
            self._places, self._numbers = gl.context.buffer(places.tobytes()), gl.context.buffer(numbers.tobytes())

    def draw(self, program: moderngl.Program) -> None:
        """All of them, once."""
        if self.triangles:
            array = self.array(program)
            array.render()
            array.release()

    def array(self, program: moderngl.Program) -> moderngl.VertexArray:
        """To draw with a program that takes `in_at`."""
        return self._gl.context.vertex_array(program, [(self._places, "3f", "in_at")], self._numbers)

    def release(self) -> None:
        """Gives the buffers back."""
        if self.triangles:
            self._places.release()
            self._numbers.release()


def _packed(pieces: list[tuple[tuple[F32, I32], Box]]) -> tuple[F32, I32, list[Reach]]:
    places, numbers, reaches = [], [], []
    vertex = index = 0
    for (corners, triangles), box in pieces:
        places.append(corners)
        numbers.append(triangles.reshape(-1) + vertex)
        reaches.append(Reach(index, triangles.size, box))
        vertex, index = vertex + len(corners), index + triangles.size
    if not places:
        return np.zeros((0, 3), np.float32), np.zeros(0, np.int32), []
    return np.concatenate(places).astype(np.float32), np.concatenate(numbers).astype(np.int32), reaches


def in_way(lamp: Lamp, axis: Sequence[float], box: Box, farthest_m: float) -> bool:
    """Whether a box may cast a shadow in the map of a lamp along `axis`."""
    off = box.middle_m - np.array(lamp.origin)
    away, radius = float(np.linalg.norm(off)), box.radius_m
    if away - radius > farthest_m:
        return False
    half_rad = float(np.arctan(lamp.tile[2] * 1.42))  # to the map's corners
    if away <= radius:
        return True
    angle = float(np.arccos(np.clip(off @ np.array(axis) / away, -1, 1)))
    return angle < half_rad + float(np.arcsin(radius / away))


class Atlas:
    """Square tiles of depth, `across` x `across`, each `texels` wide."""

    def __init__(self, gl: Graphics, across: int, texels: int) -> None:
        self._gl, self.across, self.texels = gl, across, texels
        self.texture = gl.context.depth_texture((across * texels, across * texels))
        self.texture.compare_func = "<="
        self.texture.filter = (moderngl.LINEAR, moderngl.LINEAR)
        self.texture.repeat_x = self.texture.repeat_y = False
        self._frame = gl.context.framebuffer(depth_attachment=self.texture)
        self.program = gl.program("shadow.vert", "nothing.frag")

    @property
    def side(self) -> tuple[float, float]:
        """The uniform `side` of `shadow.glsl`."""
        return float(self.across), float(self.texels)

    def aim_at(self, tile: int, lamp: Lamp, axis: Sequence[float]) -> None:
        """Clears a tile and makes ready to draw casters into it."""
        context, texels = self._gl.context, self.texels
        corner = (tile % self.across * texels, tile // self.across * texels, texels, texels)
        self._frame.use()
        self._frame.viewport = self._frame.scissor = corner
        context.enable_only(moderngl.DEPTH_TEST)
        self._frame.clear(depth=1.0, viewport=corner)
        put(self.program, **{"from": lamp.origin}, aim=tuple(axis), map=lamp.tile[2:])

    def release(self) -> None:
        """Gives the texture back."""
        held: tuple[Releasable, ...] = (self._frame, self.texture)
        for thing in held:
            thing.release()
