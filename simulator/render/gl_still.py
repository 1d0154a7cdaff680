"""The standing world in light: layers of luminance that lamps' strengths are factors of, drawn once."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import moderngl
import numpy as np

from simulator.optics import F32, F64
from simulator.render.gl_context import PATCHES, Graphics, Keeper, Uniform, put
from simulator.render.gl_shadow import Atlas, Casters, Lamp
from simulator.render.gl_store import Store

_HALF_M, _DEEP_M = 42.0, 70.0  # of the box that the sky's shadow maps cover
_AHEAD_M = 20.0  # from the pole to its middle
_SKY_TEXELS, _LAMP_TEXELS, _INFRARED_TEXELS = 1024, 1024, 2048
_SLACK_M = 0.02
_POST_HEADS = 16  # as many as `still_light.frag` knows


@dataclass(frozen=True, slots=True)
class Layers:
    """Mean luminance [h, w] under an infrared lamp, a sky and post lamps of strength 1; what glows by itself, and what
    glows with the post lamps; the share of sky in each pixel, and the mean
    albedo. `posts` [n, h, w]: each lamp's part of `all_posts`."""

    infrared: F32
    sky_light: F32
    albedo: F32
    glow: F32
    post_glow: F32
    sky: F32
    posts: F32
    all_posts: F32


def light(store: Store, casters: Casters, lamps: list[Lamp], samples: int) -> Layers:
    """Samples the world at `samples` places of each pixel, every time under other patches of the sky. Leaves the store
    filled at the last of them."""
    baker = _Baker(store, casters, lamps)
    try:
        patches = _sky_patches(samples * PATCHES)
        lamp_share = 1 / -(-samples // 2)
        for number, shift_px in enumerate(_shifts(samples)):
            baker.sample(shift_px, patches[number::samples], 1 / samples)
            if number % 2 == 0:  # their light is soft, half the samples will do
                baker.sample_lamps(shift_px, lamp_share)
        return baker.layers()
    finally:
        baker.release()


def _shifts(samples: int) -> Iterator[tuple[float, float]]:
    """Places in a pixel, evenly spread (the R2 sequence of Roberts, 2018)."""
    for number in range(samples):
        across, down = (0.5 + (number + 0.5) * step for step in (0.7548776662, 0.5698402910))
        yield across % 1 - 0.5, down % 1 - 0.5


def _sky_patches(count: int) -> F64:
    """Unit vectors [count, 3] spread evenly over the upper half sphere (a Fibonacci lattice)."""
    number = np.arange(count) + 0.5
    z = number / count
    around = number * np.pi * (3 - np.sqrt(5))
    flat = np.sqrt(1 - z**2)
    return np.stack([flat * np.cos(around), flat * np.sin(around), z], axis=1)


class _Baker:
    """Sums up the layers on the graphics driver."""

    def __init__(self, store: Store, casters: Casters, lamps: list[Lamp]) -> None:
        self._store, self._casters, self._keep = store, casters, Keeper()
        self._lamps = [replace(lamp, tile=(float(number), *lamp.tile[1:])) for number, lamp in enumerate(lamps)]
        self._gl: Graphics = store.gl
        context = self._gl.context
        self._sums = self._sum(4)
        self._sky = self._sum(2)
        self._posts = [self._sum(1) for _ in lamps]
        self._infrared_map = self._keep(Atlas(self._gl, 1, _INFRARED_TEXELS))
        across = max(1, int(np.ceil(np.sqrt(len(lamps)))))
        self._lamp_maps = self._keep(Atlas(self._gl, across, _LAMP_TEXELS))
        self._map_lamps()
        self._sky_map = self._keep(context.depth_texture((PATCHES * _SKY_TEXELS, _SKY_TEXELS)))
        self._sky_map.compare_func = "<="
        self._sky_map.filter = (moderngl.NEAREST, moderngl.NEAREST)  # many patches make it soft
        self._sky_frame = self._keep(context.framebuffer([], self._sky_map))
        self._whole: dict[str, moderngl.VertexArray] = {}
        self._infrared_lamp = self._map_infrared()

    def sample(self, shift_px: tuple[float, float], patches: F64, share: float) -> None:
        """Fills the store and adds one sample to every layer but those of post lamps."""
        self._store.fill(shift_px)
        lens = self._store.full.lens(shift_px)
        self._add_light(lens, share)
        self._add_sky(lens, patches, share)

    def sample_lamps(self, shift_px: tuple[float, float], share: float) -> None:
        """Adds one sample to every post lamp's layer, from the store as `sample` filled it."""
        lens = self._store.full.lens(shift_px)
        for lamp, (_, frame) in zip(self._lamps, self._posts, strict=True):
            self._add_lamp(lens, lamp, frame, share)

    def layers(self) -> Layers:
        """Everything summed up."""
        shape = self._store.size[::-1]

        def read(texture: moderngl.Texture, parts: int) -> F32:
            return np.frombuffer(texture.read(), np.float32).reshape(*shape, parts)

        infrared, glow, post_glow, sky = np.moveaxis(read(self._sums[0], 4), -1, 0)
        posts = np.array([read(texture, 1)[..., 0] for texture, _ in self._posts], np.float32).reshape(-1, *shape)
        sky_light, albedo = np.moveaxis(read(self._sky[0], 2), -1, 0)
        return Layers(
            infrared.copy(), sky_light.copy(), albedo.copy(), glow.copy(), post_glow.copy(), sky.copy(), posts,
            posts.sum(axis=0),
        )  # fmt: skip

    def release(self) -> None:
        """Gives everything back."""
        for array in self._whole.values():
            array.release()
        self._keep.release()

    def _sum(self, components: int) -> tuple[moderngl.Texture, moderngl.Framebuffer]:
        texture = self._keep(self._gl.context.texture(self._store.size, components, dtype="f4"))
        frame = self._keep(self._gl.context.framebuffer([texture]))
        frame.clear()
        return texture, frame

    def _cast(self, program: moderngl.Program) -> None:
        array = self._store.casters(program)
        if array is not None:
            array.render()
            array.release()

    def _map_lamps(self) -> None:
        for number, lamp in enumerate(self._lamps):
            if lamp.tiles:
                self._lamp_maps.aim_at(number, lamp, lamp.aim[:3])
                self._cast(self._lamp_maps.program)

    def _map_infrared(self) -> Lamp:
        """The lamp's shadow map looks along the lens' axis, wide enough for the picture's corners."""
        view, at = self._store.view, self._store.infrared["infrared_at"]
        assert isinstance(at, np.ndarray)
        half = max(self._store.size) / 2 / view.focal_px * 1.02
        ahead = tuple(float(part) for part in view.axes[2])
        place = tuple(float(part) for part in at)
        lamp = Lamp((*place[:3], 1.0), (*ahead[:3], 4.0), 0.0, (0.0, 1.0, half, 0.3), place[:3])  # type: ignore[arg-type]
        self._infrared_map.aim_at(0, lamp, ahead)
        self._cast(self._infrared_map.program)
        return lamp

    def _add(self, frame: moderngl.Framebuffer, fragment: str, values: dict[str, Uniform]) -> None:
        context = self._gl.context
        program = self._gl.program("whole.vert", fragment)
        put(program, **values)
        self._store.full.bind(program)
        frame.use()
        context.enable_only(moderngl.BLEND)
        context.blend_func = moderngl.ONE, moderngl.ONE
        if fragment not in self._whole:
            self._whole[fragment] = context.vertex_array(program, [])
        self._whole[fragment].render(vertices=3)

    def _add_light(self, lens: dict[str, Uniform], share: float) -> None:
        heads = np.zeros((_POST_HEADS, 4), np.float32)
        for place, lamp in enumerate(self._lamps[:_POST_HEADS]):
            heads[place] = (*lamp.at[:3], 1.0)
        self._infrared_map.texture.use(4)
        values: dict[str, Uniform] = {
            "share": share,
            "posts": heads,
            "infrared_tile": self._infrared_lamp.tile,
            "atlas": 4,
        }
        side = self._infrared_map.side
        self._add(
            self._sums[1],
            "still_light.frag",
            {**lens, **self._store.infrared, **values, "side": side, "slack": _SLACK_M},
        )

    def _add_sky(self, lens: dict[str, Uniform], patches: F64, share: float) -> None:
        plans = np.stack([self._plan(patch).T for patch in patches])
        context = self._gl.context
        program = self._gl.program("parallel.vert", "nothing.frag")
        self._sky_frame.use()
        context.enable_only(moderngl.DEPTH_TEST)
        self._sky_frame.clear(depth=1.0)
        for number, plan in enumerate(plans):
            self._sky_frame.viewport = (number * _SKY_TEXELS, 0, _SKY_TEXELS, _SKY_TEXELS)
            put(program, plan=plan)
            self._casters.draw(program)
        self._sky_map.use(4)
        values: dict[str, Uniform] = {"share": share, "plans": plans, "patch_aims": patches, "patch_maps": 4}
        self._add(self._sky[1], "still_sky.frag", {**lens, **values})

    def _plan(self, patch: F64) -> F64:
        """World to the sky's map, from -1 to 1 (depth: smaller is nearer to the patch), [4, 4]."""
        ahead = self._store.view.axes[2][:2]
        middle = np.array([*(self._store.view.origin_m[:2] + _AHEAD_M * ahead / np.linalg.norm(ahead)), 0.0])
        across = np.cross(patch, (0.0, 0.0, 1.0) if patch[2] < 0.9 else (1.0, 0.0, 0.0))
        across /= np.linalg.norm(across)
        rows = np.stack([across / _HALF_M, np.cross(across, patch) / _HALF_M, -patch / _DEEP_M])
        plan = np.eye(4)
        plan[:3, :3], plan[:3, 3] = rows, -rows @ middle
        return plan

    def _add_lamp(self, lens: dict[str, Uniform], lamp: Lamp, frame: moderngl.Framebuffer, share: float) -> None:
        self._lamp_maps.texture.use(4)
        values = {
            **lamp.uniforms,
            "share": share * lamp.at[3],
            "atlas": 4,
            "side": self._lamp_maps.side,
            "slack": _SLACK_M,
        }
        self._add(frame, "lamp.frag", {**lens, **values})
