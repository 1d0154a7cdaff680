"""The standing world's store of surfaces: at each pixel its normal, what it is made of and how far it is."""

from dataclasses import dataclass

import moderngl
import numpy as np

from simulator.moment import Ground, Standing
from simulator.optics import F32, View
from simulator.render import beam
from simulator.render.gl_context import Graphics, Keeper, Uniform, put
from simulator.render.gl_lens import lens_uniforms, padded
from simulator.render.gl_mesh import Cut

SKY_M = 1.0e9  # depth of the sky in the store


@dataclass(frozen=True, slots=True)
class Buffers:
    """Corners, their materials, indices."""

    corners: moderngl.Buffer
    made: moderngl.Buffer
    numbers: moderngl.Buffer


class Surfaces:
    """What is seen at each pixel of a picture `scale` times the view's size."""

    def __init__(self, gl: Graphics, view: View, scale: float, keep: Keeper) -> None:
        self._view, self._scale = view, scale
        width, height = padded(view)
        self.size = (int(width * scale), int(height * scale))
        kinds = ((4, "f2"), (4, "f2"), (1, "f4"))
        self.normal, self.made, self.depth = (
            keep(gl.context.texture(self.size, parts, dtype=dtype)) for parts, dtype in kinds
        )
        zbuffer = keep(gl.context.depth_texture(self.size))
        self.frame = keep(gl.context.framebuffer([self.normal, self.made, self.depth], zbuffer))

    def lens(self, shift_px: tuple[float, float] = (0.0, 0.0)) -> dict[str, Uniform]:
        """Of `camera.glsl`, sampled `shift_px` off the pixels' middles."""
        return lens_uniforms(self._view, self._scale, shift_px)

    def rays(self) -> F32:
        """World directions of depth 1 through the pixels' middles [h, w, 3]."""
        width, height = self.size
        right, down, ahead = self._view.axes
        focal = self._view.focal_px * self._scale
        x = (np.arange(width) + 0.5 - self._view.size.width_px * self._scale / 2) / focal
        y = (np.arange(height) + 0.5 - self._view.size.height_px * self._scale / 2) / focal
        return np.asarray(x[None, :, None] * right + y[:, None, None] * down + ahead, dtype=np.float32)

    def bind(self, program: moderngl.Program, first: int = 0) -> None:
        """Binds the textures of `store.glsl` from unit `first` on."""
        textures = {"store_normal": self.normal, "store_made": self.made, "store_depth": self.depth}
        for place, (name, texture) in enumerate(textures.items(), start=first):
            texture.use(place)
            put(program, **{name: place})


class Store:
    """Textures of one standing world from one view, `size` wide and high: a little more than the view (`seen`). Only on
    the context's thread."""

    def __init__(self, gl: Graphics, standing: Standing, view: View) -> None:
        self.gl, self.view, self.standing, self.keep = gl, view, standing, Keeper()
        self.size = padded(view)
        self.seen = (slice(view.size.height_px), slice(view.size.width_px))
        self._ground = _ground_texture(gl, standing.ground, self.keep)
        self._buffers = _standing_buffers(gl, standing, self.keep)
        self.full, self.half = (Surfaces(gl, view, scale, self.keep) for scale in (1.0, 0.5))

    @property
    def infrared(self) -> dict[str, Uniform]:
        """The infrared lamp's uniforms of `light.glsl`."""
        return {
            "infrared_at": beam.place_m(self.view),
            "infrared_aim": beam.aim(self.view),
            "beam_rad": self.standing.beam_rad,
        }

    def fill(self, shift_px: tuple[float, float] = (0.0, 0.0)) -> None:
        """Draws the world, sampled `shift_px` off the pixels' middles."""
        self._draw(self.full.frame, self.full.lens(shift_px))

    def settle(self) -> None:
        """Draws the world at the pixels' middles, for good, in full and in half size."""
        for surfaces in (self.full, self.half):
            self._draw(surfaces.frame, surfaces.lens())

    def fine_depth(self) -> moderngl.Texture:
        """A depth buffer twice as wide and high, to hold what moves against."""
        width, height = self.size
        texture = self.keep(self.gl.context.depth_texture((2 * width, 2 * height)))
        texture.compare_func = ""
        frame = self.gl.context.framebuffer([], texture)
        self._draw(frame, lens_uniforms(self.view, 2))
        frame.release()
        return texture

    def depth_m(self) -> F32:
        """Depth [h, w] at the pixels' middles inf: sky."""
        depth = np.frombuffer(self.full.depth.read(), np.float32).reshape(self.size[::-1])
        return np.where(depth > SKY_M / 2, np.float32(np.inf), depth).astype(np.float32)

    def casters(self, program: moderngl.Program) -> moderngl.VertexArray | None:
        """All standing bodies in full detail, for a program that takes only places."""
        if self._buffers is None:
            return None
        return self.gl.context.vertex_array(
            program, [(self._buffers.corners, "3f 16x", "in_at")], self._buffers.numbers
        )

    def release(self) -> None:
        """Gives everything back."""
        self.keep.release()

    def _draw(self, frame: moderngl.Framebuffer, lens: dict[str, Uniform]) -> None:
        context = self.gl.context
        frame.use()
        context.enable_only(moderngl.DEPTH_TEST)
        frame.clear(red=SKY_M, depth=1.0)
        self._draw_bodies(lens)
        self._draw_ground(lens)

    def _draw_bodies(self, lens: dict[str, Uniform]) -> None:
        if self._buffers is None:
            return
        program = self.gl.program("solid.vert", "still_solid.frag")
        put(program, **lens)
        parts = [
            (self._buffers.corners, "3f 3f 1f", "in_at", "in_normal", "in_albedo"),
            (self._buffers.made, "4f", "in_made"),
        ]
        array = self.gl.context.vertex_array(program, parts, self._buffers.numbers)
        array.render()
        array.release()

    def _draw_ground(self, lens: dict[str, Uniform]) -> None:
        program = self.gl.program("whole.vert", "still_ground.frag")
        ground = self.standing.ground
        rows, columns = ground.albedo.shape
        size_m = (columns * ground.cell_m, rows * ground.cell_m)
        self._ground.use(0)
        put(program, **lens, ground=0, patch_m=(*ground.origin_m, *size_m))
        array = self.gl.context.vertex_array(program, [])
        array.render(vertices=3)
        array.release()


def _ground_texture(gl: Graphics, ground: Ground, keep: Keeper) -> moderngl.Texture:
    """Albedo and gloss, with the smaller copies that far ground is read from."""
    rows, columns = ground.albedo.shape
    table = np.stack([ground.albedo, ground.gloss], axis=-1).astype(np.float32)
    texture = keep(gl.context.texture((columns, rows), 2, table.tobytes(), dtype="f4"))
    texture.build_mipmaps()
    texture.filter = (moderngl.LINEAR_MIPMAP_LINEAR, moderngl.LINEAR)
    texture.repeat_x = texture.repeat_y = False
    return texture


def _standing_buffers(gl: Graphics, standing: Standing, keep: Keeper) -> Buffers | None:
    """Body after body, each with finishes of its own: together they may have more than 256."""
    solids = [body.solid for body in standing.bodies if len(body.solid.triangles)]
    if not solids:
        return None
    cuts = [Cut.of(solid) for solid in solids]
    starts = np.cumsum([0] + [len(cut.source) for cut in cuts[:-1]])
    corners = np.concatenate([cut.corners(solid) for cut, solid in zip(cuts, solids, strict=True)])
    numbers = np.concatenate([cut.triangles + start for cut, start in zip(cuts, starts, strict=True)])
    made = np.concatenate([cut.made for cut in cuts])
    return Buffers(
        keep(gl.context.buffer(corners.tobytes())),
        keep(gl.context.buffer(made.tobytes())),
        keep(gl.context.buffer(numbers.astype(np.int32).tobytes())),
    )
