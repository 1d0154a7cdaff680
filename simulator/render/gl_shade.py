"""Shadows of moving bodies on the flat ground, as light that is lost."""

from collections.abc import Sequence
from dataclasses import dataclass

import moderngl
import numpy as np

from simulator.moment import Kind, Moment
from simulator.optics import F32
from simulator.render import beam
from simulator.render.gl_context import Keeper, put
from simulator.render.gl_lens import Tiles, lens_uniforms
from simulator.render.gl_moving import Drawn
from simulator.render.gl_shadow import Lamp, Vec4
from simulator.render.gl_still import Layers
from simulator.render.gl_store import Store

_CAST = 0.04  # irradiance of a lamp whose shadow is worth drawing
_RIM_M = 18.0  # farther off, the infrared lamp's shadow is a rim narrower than a pixel
_MOST = 2  # lamps whose shadow of one body is drawn
_INFRARED, _SKY, _FIRST_POST = 0, 1, 2  # of the texture of layers


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
        feet = points[points[:, 2] < low + 0.35, :2][::3].astype(np.float64)
        middle = feet.mean(axis=0)
        off = feet - middle
        # the longer axis of the points' ellipse
        (xx, xy), (_, yy) = off.T @ off
        angle = float(np.arctan2(2 * xy, xx - yy)) / 2
        along = np.array([np.cos(angle), np.sin(angle)])
        axes = np.stack([along, [-along[1], along[0]]])
        flat = off @ axes.T
        low_m, high_m = flat.min(axis=0), flat.max(axis=0)
        x, y = (middle + (low_m + high_m) / 2 @ axes).tolist()
        length, width = ((high_m - low_m) / 2).tolist()
        big = drawn.body.kind is Kind.VEHICLE
        return cls((x, y, length, width), (*along.tolist(), 0.5 if big else 0.4, 0.9 if big else 0.6))

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


@dataclass(frozen=True, slots=True)
class Shade:
    """What darkens the ground about a body: the body itself, and lamps (with their layers) that it stands before."""

    drawn: Drawn
    footprint: Footprint | None
    casting: list[tuple[int, Lamp]]


class Shades:
    """Draws what light is lost into one texture. Where two shadows of a body meet, the darker one counts."""

    def __init__(self, store: Store, layers: Layers, posts: list[Lamp]) -> None:
        self._store, self._posts, self._keep = store, posts, Keeper()
        context = store.gl.context
        stack = np.concatenate([layers.infrared[None], layers.sky_light[None], layers.posts]).astype(np.float32)
        width, height = store.size
        self._layers = self._keep(context.texture_array((width, height, len(stack)), 1, stack.tobytes(), dtype="f4"))
        self.losses = self._keep(context.texture(store.size, 1, dtype="f4"))
        x, y, z = beam.place_m(store.view).tolist()
        self._infrared = Lamp((x, y, z, 144.0), (0.0, 0.0, 0.0, 4.0), 0.0, (0.0, 0.0, 0.0, 0.0), (x, y, z))
        self._frame = self._keep(context.framebuffer([self.losses]))
        self._frame.clear()
        self._cast = store.gl.program("shade_cast.vert", "shade_cast.frag")
        self._blob = store.gl.program("blob.vert", "blob.frag")
        square = np.array([-1, -1, 1, -1, 1, 1, -1, -1, 1, 1, -1, 1], np.float32)
        corners = self._keep(context.buffer(square.tobytes()))
        self._square = self._keep(context.vertex_array(self._blob, [(corners, "2f", "in_corner")]))

    def begin(self) -> None:
        """Sets what stays the same; other renderers use the same programs."""
        for program in (self._cast, self._blob):
            put(program, **lens_uniforms(self._store.view), store_depth=2, layers=4)

    def of(self, drawn: Drawn) -> Shade:
        """What a body darkens."""
        return Shade(drawn, Footprint.of(drawn), self._casting(drawn))

    def cover(self, tiles: Tiles, shade: Shade) -> None:
        """Marks what a body may darken."""
        for _, lamp in shade.casting:
            tiles.cover(_dropped(shade.drawn.box.corners_m, lamp))
        if shade.footprint is not None:
            tiles.cover(shade.footprint.corners_m)

    def draw(self, shades: Sequence[Shade], moment: Moment) -> None:
        """Into `losses`, which is empty where the bodies' windows are."""
        context = self._store.gl.context
        self._store.full.depth.use(2)
        self._layers.use(4)
        self._frame.use()
        context.enable_only(moderngl.BLEND)
        context.blend_func = moderngl.ONE, moderngl.ONE
        context.blend_equation = moderngl.MAX, moderngl.MAX
        put(self._blob, strengths=(moment.ambient, 0.25 * moment.infrared))
        casting: dict[int, tuple[Lamp, list[Drawn]]] = {}
        for shade in shades:
            if shade.footprint is not None:
                put(self._blob, place=shade.footprint.place, turn=shade.footprint.turn)
                self._square.render()
            for layer, lamp in shade.casting:
                casting.setdefault(layer, (lamp, []))[1].append(shade.drawn)
        for layer, (lamp, shaded) in casting.items():
            strength = moment.infrared if layer == _INFRARED else moment.lamps_on
            put(self._cast, **{"from": lamp.at[:3]}, layer=float(layer), strength=0.9 * strength)
            for body in shaded:
                body.mesh.flat.render()
        context.blend_equation = moderngl.FUNC_ADD, moderngl.FUNC_ADD

    def release(self) -> None:
        """Gives the textures back."""
        self._keep.release()

    def _casting(self, drawn: Drawn) -> list[tuple[int, Lamp]]:
        """Lamps above a body whose shadow of it shows, with their layers."""
        head_m = float(drawn.box.high_m[2]) + 0.3
        above = [lamp for lamp in self._posts if lamp.at[2] > head_m]
        chosen = [(self._posts.index(lamp) + _FIRST_POST, lamp) for lamp in drawn.brightest(above, _MOST, _CAST)]
        away_m = float(np.linalg.norm(drawn.middle_m - np.array(self._infrared.at[:3])))
        if self._infrared.at[2] > head_m and away_m < _RIM_M:
            chosen.append((_INFRARED, self._infrared))
        return chosen


def _dropped(points_m: F32, lamp: Lamp) -> F32:
    """Where the shadows of points [n, 3] fall on the ground."""
    place = np.array(lamp.at[:3])
    drop = np.maximum(place[2] - points_m[:, 2:], 0.3)
    flat = place + (points_m - place) * (place[2] / drop)
    flat[:, 2] = 0.0
    return np.asarray(flat, dtype=np.float32)
