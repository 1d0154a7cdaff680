"""Snow under an infrared lamp beside the lens: near flakes big, soft and blazing, far ones a slow flicker."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from simulator.moment import Moment
from simulator.optics import F32
from simulator.weather import curtain, shower
from simulator.weather.sight import Sight
from simulator.weather.wind import Wind

_BACK = 0.3  # a white, ragged disc: albedo 0.9, a third of its outline filled
_FLUFF = 2.8  # diameter of a flake over that of its melted drop (density about 0.05; Brandes et al. 2007)
_LARGEST_MM = 4.0  # melted
_SLABS = (  # nearer than half a metre, hood and pole keep the air free
    (shower.Slab(0.6, 1.1), 1.0),
    (shower.Slab(1.1, 2.2), 1.2),
    (shower.Slab(2.2, 4.2), 1.8),
)
_CURTAINS_M = (4.2, 6.5, 10.0)
_CURTAIN_OVER_MM, _CURTAIN_THICK = 1.0, 0.3
_MOST = 1_500


def slope_per_mm(snow_mm_h: float) -> float:
    """Gunn and Marshall (1958): 2.55 R^-0.48 for melted diameters, R in mm of water an hour."""
    return float(2.55 * snow_mm_h**-0.48)


def flakes_per_m3(snow_mm_h: float, over_mm: float) -> float:
    """How many flakes of a melted diameter above `over_mm` hang in a cubic metre (N0 = 3800 R^-0.87)."""
    slope = slope_per_mm(snow_mm_h)
    return float(3_800.0 * snow_mm_h**-0.87 / slope * np.exp(-slope * over_mm))


def terminal_m_s(melted_mm: F32) -> F32:
    """Falling speed of dry flakes: 0.98 D^0.31 (Langleben 1954, dendrites)."""
    return np.asarray(0.98 * melted_mm**0.31, dtype=np.float32)


@dataclass(frozen=True)
class Snow:
    """Steady snowfall of `snow_mm_h` (as water)."""

    sight: Sight
    wind: Wind
    snow_mm_h: float
    seed: int

    @cached_property
    def _near(self) -> shower.Fall:
        return shower.Fall(tuple(self._fallers(number) for number in range(len(_SLABS))), _BACK)

    @cached_property
    def _curtains(self) -> tuple[curtain.Curtain, ...]:
        return tuple(self._curtain(number) for number in range(2 * len(_CURTAINS_M)))

    def _melted_mm(self, count: int, over_mm: float, rng: np.random.Generator) -> F32:
        drawn = over_mm + rng.exponential(1 / slope_per_mm(self.snow_mm_h), count)
        return np.asarray(np.minimum(drawn, _LARGEST_MM), dtype=np.float32)

    def _fallers(self, number: int) -> shower.Fallers:
        slab, over_mm = _SLABS[number]
        rng = np.random.default_rng([self.seed, 7200, number])
        low, sides = shower.box(self.sight, slab, 2.0 + self.wind.speed_m_s)
        count = min(int(rng.poisson(flakes_per_m3(self.snow_mm_h, over_mm) * float(np.prod(sides)))), 4 * _MOST)
        melted = self._melted_mm(count, over_mm, rng)
        return shower.Fallers(
            slab,
            (low + rng.random((count, 3)) * sides).T.astype(np.float32),
            low,
            sides,
            terminal_m_s(melted),
            melted * np.float32(_FLUFF / 1000),
            rng.uniform(0.02, 0.12, count).astype(np.float32),
            rng.uniform(1.5, 6.0, count).astype(np.float32),
            rng.uniform(0, 2 * np.pi, count).astype(np.float32),
        )

    def streaks(self, depth_m: F32, moment: Moment) -> tuple[shower.Streaks, ...]:
        """The near flakes that are in sight before a picture of depths [h, w], lit, slab by slab."""
        return self._near.before(depth_m, self.sight, self.wind, moment)

    def _curtain(self, number: int) -> curtain.Curtain:
        depth_m = _CURTAINS_M[number // 2] * (1.0 + 0.08 * (number % 2))
        rng = np.random.default_rng([self.seed, 7201, number])
        volume_m3 = curtain.tile_m2(depth_m, self.sight) * _CURTAIN_THICK * depth_m / 2
        count = min(int(rng.poisson(flakes_per_m3(self.snow_mm_h, _CURTAIN_OVER_MM) * volume_m3)), _MOST)
        melted = self._melted_mm(count, _CURTAIN_OVER_MM, rng)
        speed = terminal_m_s(melted) * np.float32(0.9 + 0.2 * (number % 2))
        sort = curtain.Sort(depth_m, melted * np.float32(_FLUFF / 1000), speed, 0.35, 0.15, _BACK)
        return curtain.hang(sort, self.sight, self.wind, rng)

    def add(self, luminance: F32, depth_m: F32, moment: Moment) -> None:
        """Add the snowfall before a picture of depths [h, w] to its luminance [h, w], in place."""
        curtain.hang_before(luminance, depth_m, self._curtains, curtain.Air(self.sight, self.wind, moment))
        near, middle, far = self.streaks(depth_m, moment)
        shower.add_soft(luminance, (near, middle))
        shower.add_sharp(luminance, far)
