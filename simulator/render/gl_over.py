"""Lays what moves over the standing world, in the rectangles where it is."""

from collections.abc import Sequence
from dataclasses import replace

import moderngl
import numpy as np

from simulator.moment import Moment, Radiance
from simulator.optics import F32
from simulator.render.gl_context import Keeper, Uniform, put
from simulator.render.gl_lamps import SLACK_M, Lamps
from simulator.render.gl_lattice import Lattice
from simulator.render.gl_lens import TILE_PX, Tiles, lens_uniforms, middles
from simulator.render.gl_moving import Drawn, moving_program
from simulator.render.gl_shade import Shade, Shades
from simulator.render.gl_shadow import Lamp
from simulator.render.gl_store import SKY_M, Store
from simulator.solid import U8

_MOST_LAMPS = 8  # as many as `moving.frag` knows
_FAINT = 0.01  # irradiance; lamps that give a body less are left out
_ALWAYS, _LESS = "1", "<"


class Over:
    """Draws bodies at four samples a pixel against the standing world's depth. Only on the context's thread."""

    def __init__(self, store: Store, lamps: Lamps, shades: Shades) -> None:
        self._store, self._lamps, self._shades, self._keep = store, lamps, shades, Keeper()
        gl, context, keep = store.gl, store.gl.context, self._keep
        fine = (2 * store.size[0], 2 * store.size[1])
        self._still_depth = store.fine_depth()
        self._light, self._axis = (keep(context.texture(fine, 1, dtype="f4")) for _ in range(2))
        zbuffer = keep(context.depth_texture(fine))
        self._fine = keep(context.framebuffer([self._light, self._axis], zbuffer))
        self._base, self._sum, self._depth = (keep(context.texture(store.size, 1, dtype="f4")) for _ in range(3))
        self._sum_frame = keep(context.framebuffer([self._sum, self._depth]))
        self._empty_frame = keep(context.framebuffer([shades.losses]))
        self._corners = keep(context.buffer(reserve=store.size[0] * store.size[1] // 8, dynamic=True))
        self._moving = {soft: moving_program(gl, soft) for soft in (False, True)}
        names = ("restore", "clear", "mix")
        self._programs = {
            name: gl.program("restore.vert" if name == "restore" else "tile.vert", f"{name}.frag") for name in names
        }
        self._tile: dict[str, Uniform] = {"canvas": store.size, "side_px": float(TILE_PX)}
        self._quads = {
            name: keep(context.vertex_array(program, [(self._corners, "2f", "in_px")]))
            for name, program in self._programs.items()
        }

    def put_base(self, luminance: F32) -> None:
        """The standing world in the light of the picture to come."""
        self._base.write(np.ascontiguousarray(luminance, np.float32).tobytes())

    def draw(
        self, moments: Sequence[Moment], bodies: Sequence[Sequence[Drawn]], lamps: Sequence[Lamp], into: Radiance
    ) -> None:
        """Changes the standing world's picture where something moves."""
        shades = [self._shades.of(body) for body in bodies[-1]]
        moved, shaded = self._covered(bodies, shades)
        if not shaded.any():
            return
        self.begin()
        tiles = np.concatenate([middles(moved), middles(np.where(moved, np.uint8(0), shaded))])
        self._corners.orphan()
        self._corners.write(tiles.tobytes())
        counts = (int(moved.sum()), int(shaded.sum() - moved.sum()))
        lattice = Lattice(len(moments), self._store.size)
        self._restore(counts, lattice)
        for number, moment in enumerate(moments):
            self._draw_bodies(moment, bodies[number], lamps, lattice, number)
        self._shades.draw(shades, moments[-1])
        self._mix(counts, lattice, bool(lamps))
        self._read(shaded, into)

    def begin(self) -> None:
        """Sets what stays the same; other renderers use the same programs."""
        for program in self._moving.values():
            put(program, **lens_uniforms(self._store.view, 2), **self._store.infrared)
            put(program, atlas=4, side=self._lamps.maps.atlas.side, slack=SLACK_M)
        self._shades.begin()

    def release(self) -> None:
        """Gives everything back."""
        self._keep.release()

    def _covered(self, bodies: Sequence[Sequence[Drawn]], shades: Sequence[Shade]) -> tuple[U8, U8]:
        """Tiles with bodies in any moment; those and tiles with shadows."""
        moved, shaded = Tiles(self._store.view), Tiles(self._store.view)
        for drawn in bodies:
            for body in drawn:
                moved.cover(body.box.corners_m)
        for shade in shades:
            self._shades.cover(shaded, shade)
        return moved.grown(), moved.grown() | shaded.grown()

    def _fill(
        self, frame: moderngl.Framebuffer, name: str, span: tuple[int, int], instances: int, **values: Uniform
    ) -> None:
        """One of the programs over some of the windows: `span` is their first corner and how many there are."""
        if not span[1]:
            return
        program = self._programs[name]
        textures = {
            "still_depth": self._still_depth, "base": self._base, "lamps": self._lamps.added,
            "moving": self._light, "moving_depth": self._axis, "losses": self._shades.losses,
            "store_depth": self._store.full.depth,
        }  # fmt: skip
        for place, (key, texture) in enumerate(textures.items()):
            if key in program:
                texture.use(place)
                put(program, **{key: place})
        put(program, **values)
        frame.use()
        self._quads[name].render(moderngl.POINTS, vertices=span[1], first=span[0], instances=instances)

    def _restore(self, counts: tuple[int, int], lattice: Lattice) -> None:
        context = self._store.gl.context
        context.enable_only(moderngl.DEPTH_TEST | moderngl.PROGRAM_POINT_SIZE)
        context.depth_func = _ALWAYS
        wide, high = lattice.grow
        self._fine.viewport = (0, 0, *self._fine.size)
        values: dict[str, Uniform] = {"canvas": self._fine.size, "side_px": float(TILE_PX * high)}
        instances = lattice.moments * (wide // high)
        self._fill(self._fine, "restore", (0, counts[0]), instances, **values, **lattice.restoring)
        context.depth_func = _LESS
        context.enable_only(moderngl.PROGRAM_POINT_SIZE)
        self._fill(self._empty_frame, "clear", (0, sum(counts)), 1, **self._tile)

    def _draw_bodies(
        self, moment: Moment, drawn: Sequence[Drawn], lamps: Sequence[Lamp], lattice: Lattice, number: int
    ) -> None:
        self._fine.viewport = lattice.viewport(number)
        self._fine.use()
        self._store.gl.context.enable_only(moderngl.DEPTH_TEST)
        self._lamps.maps.atlas.texture.use(4)
        width, height = lattice.viewport(number)[2:]
        for program in self._moving.values():
            put(program, infrared=moment.infrared, ambient=moment.ambient)
            put(program, lattice=lattice.shift(number), size=(float(width), float(height)))
        posts = [replace(lamp, at=(*lamp.at[:3], lamp.at[3] * moment.lamps_on)) for lamp in self._lamps.posts]
        for body in drawn:
            _put_lamps(self._moving[body.mesh.soft], body.brightest([*posts, *lamps], _MOST_LAMPS, _FAINT))
            body.mesh.whole(self._pixel_m(body) * (1.0 if lattice.moments == 1 else 1.5)).render()

    def _pixel_m(self, body: Drawn) -> float:
        """How wide a pixel is at its nearest point."""
        away_m = float(np.linalg.norm(body.middle_m - self._store.view.origin_m)) - body.radius_m
        return max(away_m, 0.1) / self._store.view.focal_px

    def _mix(self, counts: tuple[int, int], lattice: Lattice, with_lamps: bool) -> None:
        self._store.gl.context.enable_only(moderngl.PROGRAM_POINT_SIZE)
        values: dict[str, Uniform] = {"with_lamps": float(with_lamps), **self._tile, **lattice.mixing}
        spans = ((0, counts[0]), (counts[0], counts[1]))
        for with_moving, span in zip((1.0, 0.0), spans, strict=True):
            self._fill(self._sum_frame, "mix", span, 1, with_moving=with_moving, **values)

    def _read(self, covered: U8, into: Radiance) -> None:
        """All that lies about the covered tiles at once; only those are taken."""
        rows, columns = np.nonzero(covered)
        top, left = int(rows.min()), int(columns.min())
        bottom, right = int(rows.max()) + 1, int(columns.max()) + 1
        height, width = (bottom - top) * TILE_PX, (right - left) * TILE_PX
        place = (left * TILE_PX, top * TILE_PX, width, height)
        pixels = np.repeat(np.repeat(covered[top:bottom, left:right], TILE_PX, axis=0), TILE_PX, axis=1).view(bool)
        window = (slice(place[1], place[1] + height), slice(place[0], place[0] + width))
        for part, whole in enumerate((into.luminance, into.depth_m)):
            data = self._sum_frame.read(viewport=place, components=1, attachment=part, dtype="f4", alignment=1)
            read = np.frombuffer(data, np.float32).reshape(height, width)
            if part == 1:
                read = np.where(read > SKY_M / 2, np.float32(np.inf), read)
            np.copyto(whole[window], read, where=pixels)


def _put_lamps(program: moderngl.Program, lamps: Sequence[Lamp]) -> None:
    places, aims, tiles, hoods, origins = (np.zeros((_MOST_LAMPS, width), np.float32) for width in (4, 4, 4, 1, 3))
    for number, lamp in enumerate(lamps):
        places[number], aims[number], tiles[number], hoods[number] = lamp.at, lamp.aim, lamp.tile, lamp.hood
        origins[number] = lamp.origin
    put(program, lamps=len(lamps), lamp_at=places, lamp_aim=aims, lamp_tile=tiles, lamp_hood=hoods, lamp_origin=origins)
