"""Lamps of the moment (head lamps, torches, fires): their shadow maps, and what they add to the standing world."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace

import moderngl
import numpy as np

from simulator.moment import Kind, Light
from simulator.optics import F32, F64
from simulator.render.gl_context import Keeper, Uniform, put
from simulator.render.gl_grow import Growth
from simulator.render.gl_lens import TILE_PX, Tiles, middles
from simulator.render.gl_mesh import Box
from simulator.render.gl_moving import Drawn
from simulator.render.gl_shadow import Atlas, Casters, Lamp, Vec4, in_way
from simulator.render.gl_store import Store
from simulator.solid import U8

_FAINT = 0.005  # irradiance; what a lamp adds below it is left out
_MOST = 12  # lamps of the moment; the faintest of more are left out
_FARTHEST_M = 30.0  # beyond it nothing casts a shadow
_SNAP_M = 0.1  # a flame's shadow map is drawn anew when it has moved so far
_ACROSS, _TEXELS = 6, 512
_LAMP_TILE_PX = 32  # of the picture: many small points cost more than some pixels too many
SLACK_M = 0.12  # of shadows that coarse copies cast
# Tiles: post lamps; what moves, before one lamp after another; what stands, before lamps all round (six each), cones.
_POSTS = range(6)
_MOVING = range(6, 18)
_ROUND = (18, 24)
_CONES = tuple(range(30, 36))


class Maps:
    """Shadow maps in an atlas. Those of what stands are kept for as long as their lamp stays."""

    def __init__(self, store: Store, casters: Casters) -> None:
        self._store, self._casters, self._keep = store, casters, Keeper()
        self.atlas = self._keep(Atlas(store.gl, _ACROSS, _TEXELS))
        self._coarse = self._keep(casters.array(self.atlas.program)) if casters.triangles else None
        self._held: OrderedDict[Lamp, int] = OrderedDict()

    def of_post(self, lamp: Lamp, number: int) -> Lamp:
        """A post lamp with its map, or without shadows where there is no room for one."""
        if number not in _POSTS or not lamp.tiles:
            return _without(lamp)
        mapped = _at_tile(lamp, number)
        self.atlas.aim_at(number, mapped, mapped.aim[:3])
        array = self._store.casters(self.atlas.program)
        if array is not None:
            array.render()
            array.release()
        return mapped

    def of_standing(self, lamp: Lamp, busy: set[int]) -> Lamp:
        """A lamp with its map of the standing world; `busy`: tiles of other lamps of this picture."""
        if not lamp.tiles:
            return lamp
        pool = _CONES if lamp.tiles == 1 else _ROUND
        key = replace(lamp, at=(*lamp.origin, 1.0))
        tile = self._held.get(key)
        if tile is None:
            free = [place for place in pool if place not in self._held.values()]
            tile = free[0] if free else self._oldest(set(pool) - busy)
            if tile is None:
                return _without(lamp)
            self._held[key] = tile
            self._draw_standing(_at_tile(lamp, tile))
        self._held.move_to_end(key)
        busy.add(tile)
        return _at_tile(lamp, tile)

    def of_moving(self, lamp: Lamp, bodies: Sequence[Drawn], first: int) -> Vec4 | None:
        """Draws what moves into tiles from `first` on. None: nothing moves in the lamp's way, or there is no room."""
        if not lamp.tiles or first + lamp.tiles > _MOVING.stop:
            return None
        blocking = [
            [body for body in bodies if _blocks(lamp, axis, body.box, body.body.kind is Kind.VEHICLE)]
            for axis in lamp.axes
        ]
        if not any(blocking):
            return None
        for face, (axis, in_front) in enumerate(zip(lamp.axes, blocking, strict=True)):
            self.atlas.aim_at(first + face, lamp, axis)
            for body in in_front:
                body.mesh.mapped.render()
        return (float(first), *lamp.tile[1:])

    def release(self) -> None:
        """Gives the atlas back."""
        self._keep.release()

    def _oldest(self, tiles: set[int]) -> int | None:
        for key, tile in self._held.items():
            if tile in tiles:
                del self._held[key]
                return tile
        return None

    def _draw_standing(self, lamp: Lamp) -> None:
        for face, axis in enumerate(lamp.axes):
            self.atlas.aim_at(int(lamp.tile[0]) + face, lamp, axis)
            for reach in self._casters.reaches:
                if self._coarse is not None and _blocks(lamp, axis, reach.box, True):
                    self._coarse.render(first=reach.first, vertices=reach.count)


class Lamps:
    """Draws the lamps of the moment."""

    def __init__(self, store: Store, casters: Casters, posts: list[Lamp]) -> None:
        self._store, self._keep = store, Keeper()
        self.maps = self._keep(Maps(store, casters))
        self.posts = [self.maps.of_post(lamp, number) for number, lamp in enumerate(posts)]
        context = store.gl.context
        self._parts = self._keep(context.texture(store.half.size, 2, dtype="f4"))
        self._frame = self._keep(context.framebuffer([self._parts]))
        self.added = self._keep(context.texture(store.size, 1, dtype="f4"))
        self._corners = self._keep(context.buffer(reserve=store.size[0] * store.size[1] // 8, dynamic=True))
        self._program = store.gl.program("tile.vert", "lamps.frag")
        self._quads = self._keep(context.vertex_array(self._program, [(self._corners, "2f", "in_px")]))
        self._growth: Growth | None = None

    def mapped(self, lights: Sequence[Light]) -> list[Lamp]:
        """The brightest lights, each with its shadow map of the standing world."""
        busy: set[int] = set()
        lamps = []
        for light in sorted(lights, key=lambda light: -light.strength)[:_MOST]:
            if light.strength > 0:
                lamp = Lamp.of(light, 0, False)
                snap_m = _SNAP_M if light.aim is None else 1e-6
                x, y, z = (round(part / snap_m) * snap_m for part in light.place_m)
                lamps.append(self.maps.of_standing(replace(lamp, origin=(x, y, max(z, 0.05))), busy))
        return lamps

    def add(self, lamps: Sequence[Lamp], bodies: Sequence[Drawn], albedo: F32) -> F32:
        """The luminance that they add to the standing world [h, w]; on the driver it stands in `added`. Drawn at half
        the size, without the surfaces' albedo: light alone changes slowly but for soft edges of shadows."""
        store = self._store
        first = _MOVING.start
        moving = []
        for lamp in lamps:
            tile = self.maps.of_moving(lamp, bodies, first)
            first += lamp.tiles if tile is not None else 0
            moving.append(tile)
        self._draw(lamps, moving)
        width, height = store.half.size
        parts = np.frombuffer(self._parts.read(), np.float32).reshape(height, width, 2)
        if self._growth is None:
            self._growth = Growth(store)
        grown = self._growth.grown(parts)
        total = grown[..., 0] * albedo + grown[..., 1]
        self.added.write(total.tobytes())
        return total

    def release(self) -> None:
        """Gives everything back."""
        self._keep.release()

    def _draw(self, lamps: Sequence[Lamp], moving: Sequence[Vec4 | None]) -> None:
        context, store, program = self._store.gl.context, self._store, self._program
        tiles = middles(self._reach(lamps), _LAMP_TILE_PX)
        self._corners.orphan()
        self._corners.write(tiles.tobytes())
        put(program, **store.half.lens(), side=self.maps.atlas.side, slack=SLACK_M, atlas=4)
        put(program, canvas=store.size, side_px=_LAMP_TILE_PX / 2)
        put(program, **_tables(lamps, moving))
        store.half.bind(program)
        self.maps.atlas.texture.use(4)
        self._frame.use()
        self._frame.clear()
        context.enable_only(moderngl.PROGRAM_POINT_SIZE)
        self._quads.render(moderngl.POINTS, vertices=len(tiles))

    def _reach(self, lamps: Sequence[Lamp]) -> U8:
        """The parts of the picture that they can light, in tiles of their own size."""
        tiles = Tiles(self._store.view)
        for lamp in lamps:
            tiles.cover(_extent(lamp, min(float(np.sqrt(lamp.at[3] / _FAINT)), 80.0)))
        times = _LAMP_TILE_PX // TILE_PX
        height, width = tiles.covered.shape
        grown = np.zeros((-(-height // times) * times, -(-width // times) * times), np.uint8)
        grown[:height, :width] = tiles.grown()
        return np.asarray(grown.reshape(len(grown) // times, times, -1, times).max(axis=(1, 3)), dtype=np.uint8)


def _tables(lamps: Sequence[Lamp], moving: Sequence[Vec4 | None]) -> dict[str, Uniform]:
    """Of `lamps.frag`."""
    at, aim, tile, moved = (np.zeros((_MOST, 4), np.float32) for _ in range(4))
    origin, maps = np.zeros((_MOST, 3), np.float32), np.zeros(_MOST, np.int32)
    for number, (lamp, moving_tile) in enumerate(zip(lamps, moving, strict=True)):
        at[number], aim[number], tile[number], origin[number] = lamp.at, lamp.aim, lamp.tile, lamp.origin
        moved[number] = moving_tile or (0.0, 0.0, 0.0, 0.0)
        maps[number] = 0 if not lamp.tiles else 1 if moving_tile is None else 2
    return {
        "lamps": len(lamps), "lamp_at": at, "lamp_aim": aim, "lamp_tile": tile, "moving_tile": moved,
        "lamp_origin": origin, "lamp_maps": maps,
    }  # fmt: skip


def _extent(lamp: Lamp, radius_m: float) -> F64:
    """Points whose hull holds all that a lamp lights up to a distance [n, 3]."""
    place = np.array(lamp.at[:3])
    half_rad = 1.3 * lamp.aim[3]
    if half_rad > 1.2:
        return Box(place - radius_m, place + radius_m).corners_m.astype(np.float64)
    aim = np.array(lamp.aim[:3])
    across = np.cross(aim, (0.0, 0.0, 1.0) if abs(aim[2]) < 0.9 else (1.0, 0.0, 0.0))
    across /= np.linalg.norm(across)
    angle = np.arange(8)[:, None] * (np.pi / 4)
    ring = np.cos(angle) * across + np.sin(angle) * np.cross(across, aim)
    # 1.09: an octagon around the circle
    rim = place + radius_m * (aim + 1.09 * np.tan(half_rad) * ring)
    return np.concatenate([place[None], rim])


def _at_tile(lamp: Lamp, tile: int) -> Lamp:
    return replace(lamp, tile=(float(tile), *lamp.tile[1:]))


def _without(lamp: Lamp) -> Lamp:
    return replace(lamp, tile=(0.0, 0.0, *lamp.tile[2:]))


def _blocks(lamp: Lamp, axis: Sequence[float], box: Box, may_carry: bool) -> bool:
    """Whether a body may cast a shadow; not the vehicle that a cone shines out of."""
    carried = may_carry and lamp.tiles == 1 and box.radius_m < 4.5 and box.holds(lamp.at[:3], 0.15)
    return not carried and in_way(lamp, axis, box, _FARTHEST_M)
