"""Loads `node.toml` and `site.toml` and checks what no single value can tell."""

from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import msgspec

from firmware.config import (
    BrokerConfig,
    Calibration,
    CameraConfig,
    GroundPoint,
    NodeConfig,
    Point,
    Polygon,
    SiteConfig,
    ZoneConfig,
    Zones,
)
from firmware.tables import Checks, load_table


def load_node(path: Path) -> NodeConfig:
    """Read `node.toml`; relative paths in it come back resolved against its folder. Raises ConfigError."""
    node = load_table(path, NodeConfig, _CHECKS)
    folder = path.absolute().parent

    def resolved(name: str) -> str:
        return str(folder / name) if name else ""

    return msgspec.structs.replace(
        node,
        state_dir=resolved(node.state_dir),
        runtime_dir=resolved(node.runtime_dir),
        site_file=resolved(node.site_file),
        permit_file=resolved(node.permit_file),
        permit_key=resolved(node.permit_key),
        model_dir=resolved(node.model_dir),
        broker=_resolve_broker(node.broker, resolved),
        camera=_resolve_camera(node.camera, resolved),
    )


def load_site(path: Path) -> SiteConfig:
    """Read `site.toml`. Raises ConfigError."""
    return load_table(path, SiteConfig, _CHECKS)


def _resolve_broker(broker: BrokerConfig, resolved: Callable[[str], str]) -> BrokerConfig:
    return msgspec.structs.replace(broker, ca=resolved(broker.ca), cert=resolved(broker.cert), key=resolved(broker.key))


def _resolve_camera(camera: CameraConfig, resolved: Callable[[str], str]) -> CameraConfig:
    if camera.driver != "file":  # a scene's name is not a path
        return camera
    return msgspec.structs.replace(camera, source=resolved(camera.source))


def _check_camera(camera: CameraConfig) -> list[str]:
    if camera.driver in ("file", "scene") and not camera.source:
        what = "the path of a video" if camera.driver == "file" else "the name of a scene"
        return [f'source: missing, and driver = "{camera.driver}" needs it; write {what}']
    return []


def _check_broker(broker: BrokerConfig) -> list[str]:
    if bool(broker.cert) != bool(broker.key):
        given, missing = ("cert", "key") if broker.cert else ("key", "cert")
        return [f"{missing}: missing, while {given} is given; a certificate and its key go together"]
    return []


def _check_zones(zones: tuple[ZoneConfig, ...]) -> list[str]:
    problems: list[str] = []
    first: dict[str, int] = {}
    for i, zone in enumerate(zones):
        if zone.name in first:
            problems.append(f'[{i}].name = "{zone.name}": zones[{first[zone.name]}] has this name; choose another')
        first.setdefault(zone.name, i)
    return problems


def _check_calibration(points: tuple[GroundPoint, ...]) -> list[str]:
    if not points:
        return []
    if len(points) < 4:
        return [f": {len(points)} points; give at least 4, or none for an uncalibrated site"]
    for what, places in (
        ("image", [point.image for point in points]),
        ("ground-m", [point.ground_m for point in points]),
    ):
        if not any(_spread(four) for four in combinations(places, 4)):
            return [f": of every four points three lie on one line in {what}; spread at least 4 over the lot"]
    return []


def _spread(places: tuple[tuple[float, float], ...]) -> bool:
    """Whether no three of these lie on one line (a homography needs four such points: Hartley & Zisserman, 4.1)."""
    scale = max(max(abs(a[0] - b[0]), abs(a[1] - b[1])) for a, b in combinations(places, 2))
    return all(abs(_turn(a, b, c)) > 1e-4 * scale * scale for a, b, c in combinations(places, 3))


def _check_polygon(polygon: Polygon) -> list[str]:
    """A polygon must not cross or touch itself; its sides are walked pair by pair."""
    n = len(polygon)
    if len(set(polygon)) != n:
        return [": a corner stands there twice; name each corner once (the polygon closes by itself)"]
    for i, j in combinations(range(n), 2):
        if j - i in (1, n - 1):
            continue
        if _cross(polygon[i], polygon[(i + 1) % n], polygon[j], polygon[(j + 1) % n]):
            return [
                f": side {i + 1} (from {_at(polygon[i])}) crosses side {j + 1} (from {_at(polygon[j])}); "
                "list the corners in order around the area"
            ]
    area = sum(_turn((0.0, 0.0), polygon[i], polygon[(i + 1) % n]) for i in range(n)) / 2
    if abs(area) < 1e-6:
        return [": all corners lie on one line; it must enclose an area"]
    return []


def _turn(a: Point, b: Point, c: Point) -> float:
    """Twice the signed area of the triangle a b c."""
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _cross(a: Point, b: Point, c: Point, d: Point) -> bool:
    """Whether the segments a b and c d have a point in common."""
    if _turn(a, b, c) * _turn(a, b, d) < 0 and _turn(c, d, a) * _turn(c, d, b) < 0:
        return True
    return _on(a, b, c) or _on(a, b, d) or _on(c, d, a) or _on(c, d, b)


def _on(a: Point, b: Point, point: Point) -> bool:
    inside = min(a[0], b[0]) <= point[0] <= max(a[0], b[0]) and min(a[1], b[1]) <= point[1] <= max(a[1], b[1])
    return inside and _turn(a, b, point) == 0


def _at(point: Point) -> str:
    return f"[{point[0]:g}, {point[1]:g}]"


_CHECKS: Checks = {
    CameraConfig: _check_camera,
    BrokerConfig: _check_broker,
    Polygon: _check_polygon,
    Zones: _check_zones,
    Calibration: _check_calibration,
}
