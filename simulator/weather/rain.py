"""Rain under an infrared lamp beside the lens: near drops blaze as streaks, far ones make thin curtains."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from simulator.moment import Moment
from simulator.optics import F32
from simulator.weather import curtain, shower
from simulator.weather.sight import Sight
from simulator.weather.splash import Splashes
from simulator.weather.wind import Wind

_INTERCEPT = 8_000.0  # drops per cubic metre and mm of diameter (Marshall and Palmer 1948)
_BACK = 0.07  # what a drop throws back, as a white disc's share (one inner reflection, 150-180 degrees; with glints)
_LARGEST_MM = 5.5  # larger ones break up (Pruppacher and Klett 1997)
_SLABS = ((shower.Slab(0.35, 1.2), 1.0), (shower.Slab(1.2, 3.2), 1.8))
_CURTAINS_M = (3.6, 5.0, 7.0)
_CURTAIN_OVER_MM, _CURTAIN_THICK = 1.5, 0.35
_MOST = 3_000


def slope_per_mm(rain_mm_h: float) -> float:
    """Marshall and Palmer (1948): 4.1 R^-0.21; drops of diameter D mm number N0 exp(-slope D)."""
    return float(4.1 * rain_mm_h**-0.21)


def drops_per_m3(rain_mm_h: float, over_mm: float) -> float:
    """How many drops larger than `over_mm` hang in a cubic metre."""
    slope = slope_per_mm(rain_mm_h)
    return float(_INTERCEPT / slope * np.exp(-slope * over_mm))


def terminal_m_s(diameter_mm: F32) -> F32:
    """Falling speed of drops: Gunn and Kinzer (1949) as fitted by Atlas et al. (1973), 9.65 - 10.3 exp(-0.6 D)."""
    return np.asarray(np.maximum(9.65 - 10.3 * np.exp(-0.6 * diameter_mm), 0.3), dtype=np.float32)


@dataclass(frozen=True)
class Rain:
    """Steady rain of `rain_mm_h`."""

    sight: Sight
    wind: Wind
    rain_mm_h: float
    seed: int

    @cached_property
    def _near(self) -> shower.Fall:
        return shower.Fall(tuple(self._fallers(number) for number in range(len(_SLABS))), _BACK)

    @cached_property
    def _splashes(self) -> Splashes:
        return Splashes(self.sight, self.rain_mm_h, self.seed)

    @cached_property
    def _curtains(self) -> tuple[curtain.Curtain, ...]:
        return tuple(self._curtain(number) for number in range(len(_CURTAINS_M)))

    def _diameters_mm(self, count: int, over_mm: float, rng: np.random.Generator) -> F32:
        drawn = over_mm + rng.exponential(1 / slope_per_mm(self.rain_mm_h), count)
        return np.asarray(np.minimum(drawn, _LARGEST_MM), dtype=np.float32)

    def _fallers(self, number: int) -> shower.Fallers:
        slab, over_mm = _SLABS[number]
        rng = np.random.default_rng([self.seed, 7100, number])
        low, sides = shower.box(self.sight, slab, 9.0 + self.wind.speed_m_s)
        count = min(rng.poisson(drops_per_m3(self.rain_mm_h, over_mm) * float(np.prod(sides))), 4 * _MOST)
        size_mm = self._diameters_mm(count, over_mm, rng)
        still = np.zeros(count, dtype=np.float32)
        return shower.Fallers(
            slab,
            (low + rng.random((count, 3)) * sides).T.astype(np.float32),
            low,
            sides,
            terminal_m_s(size_mm),
            size_mm / 1000,
            still,
            still,
            still,
        )

    def streaks(self, depth_m: F32, moment: Moment) -> tuple[shower.Streaks, ...]:
        """The near drops that are in sight before a picture of depths [h, w], lit, slab by slab."""
        return self._near.before(depth_m, self.sight, self.wind, moment)

    def _curtain(self, number: int) -> curtain.Curtain:
        depth_m = _CURTAINS_M[number]
        rng = np.random.default_rng([self.seed, 7101, number])
        volume_m3 = curtain.tile_m2(depth_m, self.sight) * _CURTAIN_THICK * depth_m
        count = min(int(rng.poisson(drops_per_m3(self.rain_mm_h, _CURTAIN_OVER_MM) * volume_m3)), _MOST)
        size_mm = self._diameters_mm(count, _CURTAIN_OVER_MM, rng)
        sort = curtain.Sort(depth_m, size_mm / 1000, terminal_m_s(size_mm), 0.15, 0.0, _BACK)
        return curtain.hang(sort, self.sight, self.wind, rng)

    def add(self, luminance: F32, depth_m: F32, moment: Moment) -> None:
        """Add the rain before a picture of depths [h, w] to its luminance [h, w], in place."""
        curtain.hang_before(luminance, depth_m, self._curtains, curtain.Air(self.sight, self.wind, moment))
        near, far = self.streaks(depth_m, moment)
        shower.add_soft(luminance, (near,))
        shower.add_sharp(luminance, far)
        self._splashes.add(luminance, depth_m, moment)
