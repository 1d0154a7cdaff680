"""Lays what moves over the standing world, in the rectangles where it is."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import moderngl
import numpy as np

from simulator.moment import Moment, Radiance
from simulator.optics import F32, Window
from simulator.render.gl_context import Keeper, Uniform, put
from simulator.render.gl_lamps import Lamps
from simulator.render.gl_lens import around, disjoint, lens_uniforms, quads
from simulator.render.gl_moving import Drawn
from simulator.render.gl_shade import Shades
from simulator.render.gl_shadow import Lamp
from simulator.render.gl_store import SKY_M, Store

_MOST_LAMPS = 8  # as many as `moving.frag` knows
_FAINT = 0.002
_MARGIN_PX = 2
_ALWAYS, _LESS = "1", "<"
_MOST_WINDOWS = 64


class Over:
    """Draws bodies at four samples a pixel against the standing world's depth. Only on the context's thread."""

    def __init__(self, store: Store, lamps: Lamps, shades: Shades) -> None:
        self._store, self._lamps, self._shades, self._keep = store, lamps, shades, Keeper()
        gl, context, keep = store.gl, store.gl.context, self._keep
        fine = (2 * store.size[0], 2 * store.size[1])
        self._still_depth = store.fine_depth()
        self._light, self._axis = keep(context.texture(fine, 2, dtype="f4")), keep(context.texture(fine, 1, dtype="f4"))
        zbuffer = keep(context.depth_texture(fine))
        self._fine = keep(context.framebuffer([self._light, self._axis], zbuffer))
        self._base, self._sum, self._depth = (keep(context.texture(store.size, 1, dtype="f4")) for _ in range(3))
        self._sum_frame = keep(context.framebuffer([self._sum]))
        self._depth_frame = keep(context.framebuffer([self._depth]))
        self._empty_frame = keep(context.framebuffer([shades.losses]))
        self._corners = keep(context.buffer(reserve=_MOST_WINDOWS * 48, dynamic=True))
        self._moving = gl.program("solid.vert", "moving.frag")
        names = ("restore", "clear", "mix", "mix_depth")
        self._programs = {name: gl.program("rectangle.vert", f"{name}.frag") for name in names}
        self._quads = {
            name: keep(context.vertex_array(program, [(self._corners, "2f", "in_px")]))
            for name, program in self._programs.items()
        }

    def put_base(self, luminance: F32) -> None:
        """The standing world in the light of the picture to come."""
        self._base.write(np.ascontiguousarray(luminance, np.float32).tobytes())

    def draw(
        self, moments: Sequence[Moment], bodies: Sequence[Sequence[Drawn]], lamps: Sequence[Lamp]
    ) -> Iterator[tuple[Window, Radiance]]:
        """The windows in which something moves, and what is seen there."""
        windows = disjoint(window for drawn in bodies for body in drawn for window in self._windows(body))
        if not windows:
            return
        if len(windows) > _MOST_WINDOWS:
            windows = [self._store.view.whole]
        count = self._corners_of(windows)
        for number, (moment, drawn) in enumerate(zip(moments, bodies, strict=True)):
            self._restore(count)
            self._draw_bodies(moment, drawn, lamps)
            self._shades.draw(drawn, moment)
            self._mix(count, 1 / len(moments), number == 0, bool(lamps))
        self._fill(self._depth_frame, "mix_depth", count)
        for window in windows:
            yield window, Radiance(self._read(self._sum_frame, window), self._read_depth(window))

    def release(self) -> None:
        """Gives everything back."""
        self._keep.release()

    def _windows(self, body: Drawn) -> list[Window]:
        own = around(self._store.view, body.box.corners_m, _MARGIN_PX)
        return [own, *self._shades.windows(body)]

    def _corners_of(self, windows: Sequence[Window]) -> int:
        corners = quads(windows)
        self._corners.orphan()
        self._corners.write(corners.tobytes())
        return len(corners)

    def _fill(self, frame: moderngl.Framebuffer, name: str, count: int, **values: Uniform) -> None:
        """One of the programs over all windows."""
        program = self._programs[name]
        textures = {
            "still_depth": self._still_depth, "base": self._base, "lamps": self._lamps.added, "moving": self._light,
            "losses": self._shades.losses, "store_depth": self._store.depth, "moving_depth": self._axis,
        }  # fmt: skip
        for place, (key, texture) in enumerate(textures.items()):
            if key in program:
                texture.use(place)
                put(program, **{key: place})
        put(program, canvas=tuple(float(side) for side in self._store.size), **values)
        frame.use()
        self._quads[name].render(vertices=count)

    def _restore(self, count: int) -> None:
        context = self._store.gl.context
        context.enable_only(moderngl.DEPTH_TEST)
        context.depth_func = _ALWAYS
        self._fill(self._fine, "restore", count)
        context.depth_func = _LESS
        context.enable_only(moderngl.NOTHING)
        self._fill(self._empty_frame, "clear", count)

    def _draw_bodies(self, moment: Moment, drawn: Sequence[Drawn], lamps: Sequence[Lamp]) -> None:
        self._fine.use()
        self._store.gl.context.enable_only(moderngl.DEPTH_TEST)
        self._lamps.atlas.texture.use(4)
        put(self._moving, **lens_uniforms(self._store.view, 2), **self._store.infrared)
        put(self._moving, atlas=4, side=self._lamps.atlas.side)
        put(self._moving, strengths=(moment.infrared, moment.ambient, 0.0, 0.0))
        posts = [replace(lamp, at=(*lamp.at[:3], lamp.at[3] * moment.lamps_on)) for lamp in self._lamps.posts]
        for body in drawn:
            _put_lamps(self._moving, body.brightest([*posts, *lamps], _MOST_LAMPS, _FAINT))
            body.mesh.whole.render()

    def _mix(self, count: int, share: float, first: bool, with_lamps: bool) -> None:
        context = self._store.gl.context
        context.enable_only(moderngl.BLEND)
        context.blend_func = moderngl.ONE, moderngl.ZERO if first else moderngl.ONE
        self._fill(self._sum_frame, "mix", count, share=share, with_lamps=float(with_lamps))
        context.enable_only(moderngl.NOTHING)

    def _read(self, frame: moderngl.Framebuffer, window: Window) -> F32:
        width, height = window.right_px - window.left_px, window.bottom_px - window.top_px
        place = (window.left_px, window.top_px, width, height)
        data = frame.read(viewport=place, components=1, dtype="f4", alignment=1)
        return np.frombuffer(data, np.float32).reshape(height, width)

    def _read_depth(self, window: Window) -> F32:
        depth = self._read(self._depth_frame, window)
        return np.where(depth > SKY_M / 2, np.float32(np.inf), depth).astype(np.float32)


def _put_lamps(program: moderngl.Program, lamps: Sequence[Lamp]) -> None:
    places, aims, tiles, hoods = (np.zeros((_MOST_LAMPS, width), np.float32) for width in (4, 4, 4, 1))
    for number, lamp in enumerate(lamps):
        places[number], aims[number], tiles[number], hoods[number] = lamp.at, lamp.aim, lamp.tile, lamp.hood
    put(program, lamps=len(lamps), lamp_at=places, lamp_aim=aims, lamp_tile=tiles, lamp_hood=hoods)
