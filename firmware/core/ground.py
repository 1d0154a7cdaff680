"""Where on the ground a thing stands that the camera sees.

With a calibration the ground is a plane in metres and a homography leads from picture to ground. Without one, pixels
are the ground, and whoever needs metres takes them from the size of people (`PERSON_M`).
"""

import math

import numpy as np
from numpy.typing import NDArray

from firmware.config import GroundPoint
from firmware.messages import Box, Size

Array = NDArray[np.float64]

PERSON_M = 1.7
"""Height of a grown person, between the means of women (1.67) and men (1.80) in Sweden, in shoes, a little bent."""

FORESHORTENING = 1 / 3
"""Without calibration: pixels per metre away from the camera over pixels per metre across. The sine of the angle at
which the camera looks down; a camera 5 m up sees what stands 15 m away at 18 degrees."""

FARTHEST = 20.0
"""Ground more than so many times as far away as the calibrated places is as good as the horizon: there one pixel is
several metres, and a tiny fault in the calibration is more than the distance itself."""

MISFIT_M = 1.5
"""More than this between a calibrated place and where the others put it is a slip of the pen, not of the tape."""


class Ground:
    """From pixels of the main picture to the ground and back."""

    def __init__(self, calibration: tuple[GroundPoint, ...], size: Size) -> None:
        """Raises ValueError where the calibration's points cannot tell where the ground is."""
        self.size = size
        self._forward: Array = np.eye(3)
        self._far = 0.0
        self.calibrated = bool(calibration)
        if calibration:
            self._calibrate(calibration)
        self._back: Array = np.linalg.inv(self._forward)

    def _calibrate(self, calibration: tuple[GroundPoint, ...]) -> None:
        if len(calibration) < 4:
            raise ValueError(f"calibration has {len(calibration)} points: give none, or at least 4")
        scale = np.array([self.size.width_px, self.size.height_px], dtype=np.float64)
        image: Array = np.array([point.image for point in calibration], dtype=np.float64) * scale
        ground: Array = np.array([point.ground_m for point in calibration], dtype=np.float64)
        forward = homography(image, ground)
        _check_fit(forward, image, ground)
        depth = image @ forward[2, :2] + forward[2, 2]
        if depth.sum() < 0:
            forward, depth = -forward, -depth
        if depth.min() <= 0:
            raise ValueError(
                "calibration puts its own points on both sides of the horizon: "
                "check that each image point belongs to its ground-m"
            )
        self._forward = forward / depth.mean()
        self._far = 1 / FARTHEST

    def points(self, pixels: Array) -> tuple[Array, NDArray[np.bool_]]:
        """Pixels [n, 2] to ground [n, 2], and [n] whether there is ground there at all.

        A pixel at or above the horizon has none; its ground is then that of the horizon's edge straight below it.
        """
        row = self._forward[2]
        depth = pixels @ row[:2] + row[2]
        ok = depth > self._far
        if not ok.all():
            # Straight down in the picture until the depth is just enough (row[1] > 0: lower is nearer).
            lower = pixels[:, 1] + np.where(ok, 0.0, (self._far * 1.001 - depth) / (row[1] or 1e-12))
            pixels = np.stack([pixels[:, 0], lower], axis=1)
            depth = np.maximum(pixels @ row[:2] + row[2], self._far)
        ground = (pixels @ self._forward[:2, :2].T + self._forward[:2, 2]) / depth[:, None]
        return ground, ok

    def to_ground(self, x_px: float, y_px: float) -> tuple[float, float] | None:
        """The ground under a pixel in metres (uncalibrated: the pixel itself); None at or above the horizon."""
        ground, ok = self.points(np.array([[x_px, y_px]], dtype=float))
        return (float(ground[0, 0]), float(ground[0, 1])) if ok[0] else None

    def pixels(self, ground: Array) -> Array:
        """Ground [n, 2] to pixels [n, 2]. Ground behind the camera gives pixels far outside the picture."""
        depth = ground @ self._back[2, :2] + self._back[2, 2]
        depth = np.where(np.abs(depth) < 1e-9, 1e-9, depth)
        result: Array = (ground @ self._back[:2, :2].T + self._back[:2, 2]) / depth[:, None]
        return result

    def to_image(self, x: float, y: float) -> tuple[float, float]:
        """The pixel in which a place on the ground is seen."""
        pixel = self.pixels(np.array([[x, y]], dtype=float))
        return float(pixel[0, 0]), float(pixel[0, 1])

    def jacobians(self, pixels: Array, ground: Array) -> Array:
        """How the ground moves with the pixel, [n, 2, 2]: ground units per pixel at these places."""
        depth = np.maximum(pixels @ self._forward[2, :2] + self._forward[2, 2], self._far or 1.0)
        lean = ground[:, :, None] * self._forward[2, :2]
        result: Array = (self._forward[:2, :2] - lean) / depth[:, None, None]
        return result

    def px_per_m(self, x_px: float, y_px: float) -> tuple[float, float]:
        """Pixels per metre on the calibrated ground at a pixel: across the picture, and away from the camera.

        For a camera that is not tilted sideways: what lies in one row is equally far.
        """
        pixel = np.array([[x_px, y_px]], dtype=float)
        ground, _ = self.points(pixel)
        (a, b), (c, d) = self.jacobians(pixel, ground)[0].tolist()
        m_per_px = max(math.hypot(a, c), 1e-9)
        return 1 / m_per_px, m_per_px / max(abs(a * d - b * c), 1e-12)

    def upright_px(self, x_px: float, y_px: float, high_m: float = PERSON_M) -> float:
        """How many pixels high something upright is that stands at this pixel of the calibrated ground.

        Across, a metre is f / Z pixels; along f sin(a) / Z; upright f cos(a) / Z, with a the angle at which the camera
        looks down there (square pixels). A head is nearer than the feet by high_m sin(a), and how fast things grow as
        they come near is seen from the scale a metre behind.
        """
        across, along = self.px_per_m(x_px, y_px)
        farther, _ = self.px_per_m(x_px, y_px - along)
        cosine = math.sqrt(max(1 - (along / across) ** 2, 0.05))
        nearer = high_m * along / across / cosine * math.log(across / farther)
        return across * cosine * high_m / max(1 - nearer, 0.5)

    def foot_from_head(self, box: Box) -> float:
        """In which row the feet of a grown, upright person stand whose head is the box's upper edge. Calibrated only.

        For somebody whose legs are hidden. A fixed point: the farther down the feet, the taller the person.
        """
        x_px, row_px = box.foot
        for _ in range(5):
            row_px = box.y_px + self.upright_px(x_px, row_px)
        return min(row_px, float(self.size.height_px))


def homography(image: Array, ground: Array) -> Array:
    """The 3 x 3 matrix that leads from image [n, 2] to ground [n, 2], n >= 4: normalised direct linear transform.

    Least squares in the algebraic sense. Hartley and Zisserman, Multiple View Geometry, 2nd ed., algorithm 4.2.
    Raises ValueError where the points do not fix a plane.
    """
    from_image, from_ground = _normaliser(image), _normaliser(ground)
    p = image @ from_image[:2, :2].T + from_image[:2, 2]
    q = ground @ from_ground[:2, :2].T + from_ground[:2, 2]
    rows = []
    for (x, y), (u, v) in zip(p, q, strict=True):
        rows.append([-x, -y, -1, 0, 0, 0, u * x, u * y, u])
        rows.append([0, 0, 0, -x, -y, -1, v * x, v * y, v])
    _, strengths, vectors = np.linalg.svd(np.array(rows), full_matrices=True)
    if strengths[7] < 1e-3 * strengths[0]:
        raise ValueError(
            "calibration points lie too nearly on one line, or on one another, to fix a plane: "
            "give at least 4 of which no 3 are in line, spread over the lot (a rectangle of parking spaces is good)"
        )
    result: Array = np.linalg.inv(from_ground) @ vectors[8].reshape(3, 3) @ from_image
    return result


def _misfits_m(forward: Array, image: Array, ground: Array) -> Array:
    """How far each image point lands from its place [n]."""
    seen = image @ forward[:, :2].T + forward[:, 2]
    depth = np.where(np.abs(seen[:, 2:]) < 1e-12, 1e-12, seen[:, 2:])
    result: Array = np.hypot(*(seen[:, :2] / depth - ground).T)
    return result


def _check_fit(forward: Array, image: Array, ground: Array) -> None:
    """Raise ValueError where the points contradict one another, and name the one without which the others agree."""
    worst_m = float(_misfits_m(forward, image, ground).max())
    if worst_m <= MISFIT_M:
        return
    if len(image) >= 6:  # any four points agree with themselves
        trials = [_without(k, image, ground) for k in range(len(image))]
        k = min(range(len(image)), key=lambda k: trials[k][0])
        left_m, off_m = trials[k]
        if left_m <= MISFIT_M:
            x, y = ground[k]
            raise ValueError(
                f"calibration point {k + 1} (ground-m {x:g}, {y:g}) is {off_m:.1f} m from where the other "
                f"{len(image) - 1} put it: at most {MISFIT_M} m; measure it again, or it is not on the same plane"
            )
    raise ValueError(
        f"calibration points contradict one another by up to {worst_m:.1f} m: at most {MISFIT_M} m; measure again "
        "(with 6 points or more, the wrong one is named)"
    )


def _without(k: int, image: Array, ground: Array) -> tuple[float, float]:
    """The worst misfit among the other points when they fix the plane alone, and that of point `k` then."""
    others = np.arange(len(image)) != k
    misfits_m = _misfits_m(homography(image[others], ground[others]), image, ground)
    return float(misfits_m[others].max()), float(misfits_m[k])


def _normaliser(points: Array) -> Array:
    """A similarity that brings points [n, 2] to mean 0 and a mean distance of sqrt(2)."""
    middle = points.mean(axis=0)
    spread = float(np.hypot(*(points - middle).T).mean())
    if spread < 1e-9:
        raise ValueError("calibration points are all the same point: give at least 4 that are spread over the lot")
    scale = math.sqrt(2) / spread
    return np.array([[scale, 0, -scale * middle[0]], [0, scale, -scale * middle[1]], [0, 0, 1]])
