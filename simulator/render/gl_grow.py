"""Light drawn at half the size, brought to the whole size without bleeding over the edges of things."""

import cv2
import numpy as np
from numpy.typing import NDArray

from simulator.optics import F32
from simulator.render.gl_store import SKY_M, Store, Surfaces

_OFF_M, _OFF = 0.04, 0.004  # off the pixel's plane, in metres and of the distance: another thing
_TURNED = 0.9  # cosine between normals


class Growth:
    """Which pixel of the half size each pixel at an edge takes its light from; elsewhere it is blended from four."""

    def __init__(self, store: Store) -> None:
        self._size = store.size
        width, height = store.size
        normal, place, depth = _surfaces(store.full)
        half_normal, half_place, half_depth = _surfaces(store.half)
        rows, columns = np.indices((height, width))
        best = np.full((height, width), np.inf, np.float32)
        source = np.zeros((height, width), np.int64)
        torn = np.zeros((height, width), bool)
        reach = _OFF_M + _OFF * depth
        for down in (0, 1):
            for right in (0, 1):
                row = np.clip((rows - 1) // 2 + down, 0, store.half.size[1] - 1)
                column = np.clip((columns - 1) // 2 + right, 0, store.half.size[0] - 1)
                off = np.abs(((half_place[row, column] - place) * normal).sum(axis=-1))
                turned = (half_normal[row, column] * normal).sum(axis=-1)
                apart = off / reach + np.where(turned < _TURNED, 2.0, 0.0) + np.abs(half_depth[row, column] / depth - 1)
                torn |= apart > 1.5
                nearer = apart < best
                best = np.where(nearer, apart, best)
                source = np.where(nearer, row * store.half.size[0] + column, source)
        self._torn: NDArray[np.int64] = np.flatnonzero(torn & (depth < SKY_M / 2))
        self._source: NDArray[np.int64] = source.reshape(-1)[self._torn]

    def grown(self, parts: F32) -> F32:
        """[h / 2, w / 2, n] to [h, w, n]."""
        height, width, count = parts.shape
        blended = cv2.resize(parts, (2 * width, 2 * height), interpolation=cv2.INTER_LINEAR)
        whole = np.ascontiguousarray(blended[: self._size[1], : self._size[0]])
        whole.reshape(-1, count)[self._torn] = parts.reshape(-1, count)[self._source]
        return np.asarray(whole, dtype=np.float32)


def _surfaces(surfaces: Surfaces) -> tuple[F32, F32, F32]:
    """Normals, places from the lens [h, w, 3], depths [h, w]."""
    width, height = surfaces.size
    normal = np.frombuffer(surfaces.normal.read(), np.float16).reshape(height, width, 4)[..., :3].astype(np.float32)
    depth = np.frombuffer(surfaces.depth.read(), np.float32).reshape(height, width)
    return normal, surfaces.rays() * depth[..., None], depth
