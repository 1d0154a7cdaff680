"""Shadows of moving bodies on the flat ground, as light that is lost."""

from collections.abc import Sequence
from dataclasses import dataclass

import moderngl
import numpy as np

from simulator.moment import Kind, Moment
from simulator.optics import F32, Window
from simulator.render.gl_context import Keeper, put
from simulator.render.gl_lens import around, lens_uniforms
from simulator.render.gl_moving import Drawn
from simulator.render.gl_shadow import Lamp, Vec4
from simulator.render.gl_still import Layers
from simulator.render.gl_store import Store

_CAST = 0.02  # irradiance of a lamp whose shadow is worth drawing
_MOST = 2  # lamps whose shadow of one body is drawn
_INFRARED, _SKY, _FIRST_POST = 0, 1, 2  # of the texture of layers
_MARGIN_PX = 2


@dataclass(frozen=True, slots=True)
class Footprint:
    """Where a body stands: middle, half sizes, axis; how far its darkness reaches, and its strength."""

    place: Vec4
    turn: Vec4

    @classmethod
    def of(cls, drawn: Drawn) -> "Footprint | None":
        """None: it does not touch the ground."""
        low = float(drawn.box.low_m[2])
        if low > 0.25:
            return None
        points = drawn.body.solid.vertices_m
        feet = points[points[:, 2] < low + 0.35, :2].astype(np.float64)
        middle = feet.mean(axis=0)
        _, axes = np.linalg.eigh(np.cov((feet - middle).T) + np.eye(2) * 1e-9)
        along = axes[:, 1]
        flat = (feet - middle) @ np.stack([along, [-along[1], along[0]]]).T
        middle = middle + (flat.max(axis=0) + flat.min(axis=0)) / 2 @ np.stack([along, [-along[1], along[0]]])
        half = (flat.max(axis=0) - flat.min(axis=0)) / 2
        big = drawn.body.kind is Kind.VEHICLE
        return cls(
            (float(middle[0]), float(middle[1]), float(half[0]), float(half[1])),
            (float(along[0]), float(along[1]), 0.5 if big else 0.35, 0.9 if big else 0.5),
        )

    @property
    def corners_m(self) -> F32:
        """Of the dark patch on the ground [4, 3]."""
        along = np.array(self.turn[:2])
        across = np.array([-along[1], along[0]])
        half = np.array(self.place[2:]) + self.turn[2]
        return np.array(
            [[*(np.array(self.place[:2]) + x * half[0] * along + y * half[1] * across), 0.0]
             for x in (-1, 1) for y in (-1, 1)], np.float32,
        )  # fmt: skip


class Shades:
    """Draws what light is lost into one texture. Where two shadows of a body meet, the darker one counts."""

    def __init__(self, store: Store, layers: Layers, posts: list[Lamp]) -> None:
        self._store, self._posts, self._keep = store, posts, Keeper()
        context = store.gl.context
        stack = np.concatenate([layers.infrared[None], layers.sky_light[None], layers.posts]).astype(np.float32)
        width, height = store.size
        self._layers = self._keep(context.texture_array((width, height, len(stack)), 1, stack.tobytes(), dtype="f4"))
        self.losses = self._keep(context.texture(store.size, 1, dtype="f4"))
        self._frame = self._keep(context.framebuffer([self.losses]))
        self._frame.clear()
        self._cast = store.gl.program("shade_cast.vert", "shade_cast.frag")
        self._blob = store.gl.program("blob.vert", "blob.frag")
        square = np.array([-1, -1, 1, -1, 1, 1, -1, -1, 1, 1, -1, 1], np.float32)
        corners = self._keep(context.buffer(square.tobytes()))
        self._square = self._keep(context.vertex_array(self._blob, [(corners, "2f", "in_corner")]))
        lens = lens_uniforms(store.view)
        for program in (self._cast, self._blob):
            put(program, **lens, store_depth=2, layers=4)

    def windows(self, drawn: Drawn) -> list[Window]:
        """What its shadows may cover."""
        view = self._store.view
        spots = [_dropped(drawn.box.corners_m, lamp) for _, lamp in self._casting(drawn)]
        footprint = Footprint.of(drawn)
        if footprint is not None:
            spots.append(footprint.corners_m)
        return [around(view, points, _MARGIN_PX) for points in spots]

    def draw(self, bodies: Sequence[Drawn], moment: Moment) -> None:
        """Into `losses`, which is empty where the bodies' windows are."""
        context = self._store.gl.context
        self._store.depth.use(2)
        self._layers.use(4)
        self._frame.use()
        context.enable_only(moderngl.BLEND)
        context.blend_func = moderngl.ONE, moderngl.ONE
        context.blend_equation = moderngl.MAX, moderngl.MAX
        for body in bodies:
            footprint = Footprint.of(body)
            if footprint is not None:
                put(self._blob, place=footprint.place, turn=footprint.turn)
                put(self._blob, strengths=(moment.ambient, 0.25 * moment.infrared, 0.0))
                self._square.render()
            for layer, lamp in self._casting(body):
                strength = moment.infrared if layer == _INFRARED else moment.lamps_on
                put(self._cast, **{"from": lamp.at[:3]}, layer=float(layer), strength=0.9 * strength)
                body.mesh.flat.render()
        context.blend_equation = moderngl.FUNC_ADD, moderngl.FUNC_ADD

    def release(self) -> None:
        """Gives the textures back."""
        self._keep.release()

    def _casting(self, drawn: Drawn) -> list[tuple[int, Lamp]]:
        """Lamps above a body whose shadow of it shows, with their layers."""
        place = self._store.infrared["infrared_at"]
        assert isinstance(place, np.ndarray)
        infrared = Lamp((float(place[0]), float(place[1]), float(place[2]), 144.0), (0, 0, 0, 4.0), 0.0, (0, 0, 0, 0))
        above = [lamp for lamp in self._posts if lamp.at[2] > drawn.box.high_m[2] + 0.3]
        chosen = [(self._posts.index(lamp) + _FIRST_POST, lamp) for lamp in drawn.brightest(above, _MOST, _CAST)]
        if infrared.at[2] > drawn.box.high_m[2] + 0.3:
            chosen.append((_INFRARED, infrared))
        return chosen


def _dropped(points_m: F32, lamp: Lamp) -> F32:
    """Where the shadows of points [n, 3] fall on the ground."""
    place = np.array(lamp.at[:3])
    drop = np.maximum(place[2] - points_m[:, 2:], 0.3)
    flat = place + (points_m - place) * (place[2] / drop)
    flat[:, 2] = 0.0
    return np.asarray(flat, dtype=np.float32)
