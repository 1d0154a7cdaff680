"""Lamps of the moment (head lamps, torches, fires): their shadow maps, and what they add to the standing world."""

from collections.abc import Sequence
from dataclasses import replace

import moderngl
import numpy as np

from simulator.moment import Kind, Light
from simulator.optics import F32, Window
from simulator.render.gl_context import Keeper, put
from simulator.render.gl_lens import around, lens_uniforms
from simulator.render.gl_mesh import Box
from simulator.render.gl_moving import Drawn
from simulator.render.gl_shadow import Atlas, Casters, Lamp, in_way
from simulator.render.gl_store import Store

_FAINT = 0.004  # irradiance; what a lamp adds below it is left out
_MOST = 12  # lamps of the moment; the faintest of more are left out
_FARTHEST_M = 30.0  # beyond it nothing casts a shadow
_POST_TILES = 8


class Lamps:
    """Draws the lamps of the moment. The atlas holds the post lamps' maps too, for what moves."""

    def __init__(self, store: Store, casters: Casters, posts: list[Lamp]) -> None:
        self._store, self._casters, self._keep = store, casters, Keeper()
        context = store.gl.context
        self.atlas = self._keep(Atlas(store.gl, 5, 512))
        self.added = self._keep(context.texture(store.size, 1, dtype="f4"))
        self._frame = self._keep(context.framebuffer([self.added]))
        self._program = store.gl.program("whole.vert", "lamp.frag")
        self._whole = self._keep(context.vertex_array(self._program, []))
        self._coarse = self._keep(casters.array(self.atlas.program)) if casters.triangles else None
        self.posts = [self._map_post(lamp, tile) for tile, lamp in enumerate(posts)]

    def _map_post(self, lamp: Lamp, tile: int) -> Lamp:
        """A post lamp with its map, or without shadows where there is no room for one."""
        if tile >= _POST_TILES or not lamp.tiles:
            return replace(lamp, tile=(0.0, 0.0, *lamp.tile[2:]))
        mapped = replace(lamp, tile=(float(tile), *lamp.tile[1:]))
        self.atlas.aim_at(tile, mapped, mapped.aim[:3])
        array = self._store.casters(self.atlas.program)
        if array is not None:
            array.render()
            array.release()
        return mapped

    def mapped(self, lights: Sequence[Light], bodies: Sequence[Drawn]) -> list[Lamp]:
        """The brightest lights, each with its shadow map drawn."""
        free, most = _POST_TILES, self.atlas.across**2
        lamps = []
        for light in sorted(lights, key=lambda light: -light.strength)[:_MOST]:
            if light.strength <= 0:
                continue
            lamp = Lamp.of(light, free, False)
            if free + lamp.tiles > most:
                lamp = replace(lamp, tile=(0.0, 0.0, *lamp.tile[2:]))
            free += lamp.tiles
            self._map(lamp, bodies)
            lamps.append(lamp)
        return lamps

    def add(self, lamps: Sequence[Lamp]) -> F32:
        """What they add to the standing world [h, w]; on the driver it stands in `added`."""
        context, store = self._store.gl.context, self._store
        self._frame.use()
        self._frame.scissor = self._frame.viewport
        self._frame.clear()
        put(self._program, **lens_uniforms(store.view), side=self.atlas.side, atlas=4, share=1.0)
        store.bind(self._program)
        self.atlas.texture.use(4)
        context.enable_only(moderngl.BLEND)
        context.blend_func = moderngl.ONE, moderngl.ONE
        for lamp in lamps:
            window = self._reach(lamp)
            if window.empty:
                continue
            self._frame.scissor = (
                window.left_px, window.top_px, window.right_px - window.left_px, window.bottom_px - window.top_px
            )  # fmt: skip
            put(self._program, **{**lamp.uniforms, "share": lamp.at[3]})
            self._whole.render(vertices=3)
        self._frame.scissor = self._frame.viewport
        return np.frombuffer(self.added.read(), np.float32).reshape(store.size[::-1])

    def release(self) -> None:
        """Gives everything back."""
        self._keep.release()

    def _map(self, lamp: Lamp, bodies: Sequence[Drawn]) -> None:
        """Standing and moving bodies in its way; not the one that a cone shines out of."""
        for face, axis in enumerate(lamp.axes[: lamp.tiles]):
            self.atlas.aim_at(int(lamp.tile[0]) + face, lamp, axis)
            for reach in self._casters.reaches:
                if self._coarse is not None and self._blocks(lamp, axis, reach.box, True):
                    self._coarse.render(first=reach.first, vertices=reach.count)
            for body in bodies:
                if self._blocks(lamp, axis, body.box, body.body.kind is Kind.VEHICLE):
                    body.mesh.mapped.render()

    def _blocks(self, lamp: Lamp, axis: Sequence[float], box: Box, may_carry: bool) -> bool:
        carried = may_carry and lamp.tiles == 1 and box.radius_m < 4.5 and box.holds(lamp.at[:3], 0.15)
        return not carried and in_way(lamp, axis, box, _FARTHEST_M)

    def _reach(self, lamp: Lamp) -> Window:
        """The part of the picture it can light."""
        radius = np.sqrt(lamp.at[3] / _FAINT)
        middle = np.array(lamp.at[:3])
        if radius > 25.0:
            return self._store.view.whole
        return around(self._store.view, Box(middle - radius, middle + radius).corners_m, 1)
