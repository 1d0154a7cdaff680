"""Light that comes and goes: a fire that starts small and grows, a car's lamps that come on."""

import numpy as np

from firmware.messages import Box
from simulator.backplate import SAMPLES
from simulator.cars import Car
from simulator.optics import F32, F64, View
from simulator.stories import Blaze

_FLAME = 7.0
_TONGUES = 6
_SPREAD = 0.45
_HEAD_LAMP = 14.0
_TAIL_LAMP = 2.5


def flame_height_m(blaze: Blaze, t_s: float) -> float:
    """How high the fire stands: from 0.1 m, growing as a fire of spilt fuel and then plastics does, with a flicker."""
    since_s = t_s - blaze.start_s
    if since_s < 0:
        return 0.0
    share = min(1.0, since_s / blaze.growth_s)
    flicker = 1 + 0.12 * np.sin(17.3 * t_s) + 0.10 * np.sin(7.9 * t_s + 1) + 0.06 * np.sin(29.0 * t_s + 2)
    return float((0.10 + (blaze.height_m - 0.10) * share**1.5) * flicker)


def flame_box(view: View, blaze: Blaze, t_s: float) -> Box | None:
    """The flames' rectangle in pixels, not cut to the picture. None while nothing burns."""
    high = flame_height_m(blaze, t_s)
    foot_px, depth = view.project(np.array([[*blaze.place_m, 0.0]]))
    if high <= 0.0 or depth[0] < 0.5:
        return None
    scale = view.focal_px / float(depth[0])
    return Box(
        float(foot_px[0, 0]) - _SPREAD * high * scale, float(foot_px[0, 1]) - high * scale,
        2 * _SPREAD * high * scale, high * scale,
    )  # fmt: skip


def add_flames(view: View, light: F32, depth_m: F32, blaze: Blaze, t_s: float) -> None:
    """Add the fire's own light, in place: tongues that lick and wander, clipped white in any night exposure."""
    box = flame_box(view, blaze, t_s)
    if box is None:
        return
    low = np.array([box.x_px - 0.3 * box.w_px, box.y_px - 0.3 * box.h_px])
    window = view.clip(low, np.array([box.x_px + 1.3 * box.w_px, box.y_px + box.h_px * 1.1]), margin_px=2)
    if window.empty:
        return
    high, scale = flame_height_m(blaze, t_s), box.h_px / flame_height_m(blaze, t_s)
    across = (np.arange(window.left_px, window.right_px) + 0.5 - box.x_px - box.w_px / 2) / scale
    above = (box.y_px + box.h_px - np.arange(window.top_px, window.bottom_px) - 0.5) / scale
    flame = _tongues(across[None, :], above[:, None], high, t_s)
    depth = float(view.project(np.array([[*blaze.place_m, 0.0]]))[1][0])
    before = depth_m[::SAMPLES, ::SAMPLES][window.slices] > depth - 0.5
    light[window.slices] += np.asarray(_FLAME * flame * before, dtype=np.float32)


def _tongues(across_m: F64, above_m: F64, high_m: float, t_s: float) -> F64:
    flame = np.zeros(np.broadcast_shapes(across_m.shape, above_m.shape))
    for number in range(_TONGUES):
        phase = 2.4 * number
        top = high_m * (0.6 + 0.4 * abs(np.sin(5.1 * t_s + phase) * np.cos(2.3 * t_s + 3 * phase)))
        share = np.clip(above_m / max(top, 1e-3), 0, 1)
        middle = high_m * _SPREAD * 0.6 * ((number + 0.5) / _TONGUES * 2 - 1) * (1 - 0.5 * share)
        middle = middle + 0.12 * high_m * share * np.sin(6.0 * t_s + phase - 4 * share)
        width = high_m * 0.16 * (1 - share) ** 0.6 + 0.01
        flame += np.exp(-(((across_m - middle) / width) ** 2)) * (1 - share) ** 0.4 * (above_m > -0.03)
    return flame


def fire_light(blaze: Blaze, t_s: float) -> float:
    """How strongly the fire lights what is around it: with the area of its flames."""
    return 2.2 * flame_height_m(blaze, t_s) ** 2


def add_lamps(view: View, light: F32, depth_m: F32, car: Car) -> None:
    """Head and tail lamps that burn: small discs of light where the lens sees them, in place."""
    shape = car.shape
    ahead, side = shape.length_m / 2 - 0.05, shape.width_m / 2 - 0.28
    nose, tail = shape.outline[0][1] + 0.07, shape.belt_m - 0.08
    spots = np.array([(ahead, side, nose), (ahead, -side, nose), (-ahead, side, tail), (-ahead, -side, tail)])
    points_px, depth = view.project(car.to_world(spots))
    for number, (point, away) in enumerate(zip(points_px, depth, strict=True)):
        radius_px = 0.09 * view.focal_px / max(float(away), 0.5)
        window = view.clip(point - 3 * radius_px, point + 3 * radius_px)
        if away < 0.5 or window.empty:
            continue
        x = np.arange(window.left_px, window.right_px) + 0.5 - point[0]
        y = np.arange(window.top_px, window.bottom_px) + 0.5 - point[1]
        disc = np.exp(-((x[None] ** 2 + y[:, None] ** 2) / radius_px**2))
        seen = depth_m[::SAMPLES, ::SAMPLES][window.slices] > away - 0.25
        light[window.slices] += np.asarray((_HEAD_LAMP if number < 2 else _TAIL_LAMP) * disc * seen, dtype=np.float32)
