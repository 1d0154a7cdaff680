"""How vehicles drive: along rounded corners, with bounded acceleration, from where they stood to where they stop."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from simulator.lots.lot import Bay, Lot
from simulator.optics import F64
from simulator.play import Drive
from simulator.vehicles.vehicle import Vehicle

_SPEED_UP_M_S2, _BRAKE_M_S2 = 1.1, 1.4  # easy driving on a lot; a hard start is 3
_ACROSS_M_S2 = 1.3
_RADIUS_M = 4.6  # of the middle of a car that turns sharply
_STEP_M = 0.08
_JOIN_M = 2.5  # within which a start that is off the path comes onto it
_LEAST_M_S = 0.25
_BEYOND_M = 7.0


@dataclass(frozen=True, slots=True)
class Track:
    """Where a vehicle is at n times: its middle [n, 2] and its nose's heading [n] from x."""

    place_m: F64
    heading_rad: F64


@dataclass(frozen=True, slots=True)
class Way:
    """A way to drive, for a `play.Drive`: corners [n, 2] of the vehicle's middle, nose or tail first."""

    path_m: F64
    backwards: bool = False


@dataclass(frozen=True, slots=True)
class _Line:
    """A path in fine steps: places [n, 2], how far along [n], direction [n] (without jumps), and per step when it is
    reached [n] and how fast [n]."""

    place_m: F64
    along_m: F64
    direction_rad: F64
    time_s: F64
    speed_m_s: F64

    def along(self, t_s: F64) -> F64:
        """How far it has come [n] at times from its start [n]."""
        step = np.clip(np.searchsorted(self.time_s, t_s, side="right") - 1, 0, max(len(self.time_s) - 2, 0))
        within = np.clip(t_s - self.time_s[step], 0.0, np.diff(self.time_s)[step])
        speed, last = self.speed_m_s[step], self.speed_m_s[step + 1]
        gain = (last - speed) / np.maximum(np.diff(self.time_s)[step], 1e-9)
        return np.asarray(np.clip(self.along_m[step] + speed * within + 0.5 * gain * within**2, 0, self.along_m[-1]))


def drive_duration_s(drive: Drive) -> float:
    """Seconds from its start to standing still; 0 for a path of no length. ValueError: no speed."""
    return float(_line_of(drive).time_s[-1])


def pose_at(vehicle: Vehicle, drives: tuple[Drive, ...], t_s: F64) -> Track:
    """Where it is at times [n], by its drives in order of time (others' are left out)."""
    times = np.asarray(t_s, dtype=np.float64)
    own = sorted((drive for drive in drives if drive.vehicle == vehicle.number), key=lambda drive: drive.start_s)
    place = np.broadcast_to(np.array(vehicle.place_m, dtype=np.float64), (len(times), 2)).copy()
    heading = np.full(len(times), vehicle.heading_rad)
    stands: tuple[F64, float] | None = None
    for number, drive in enumerate(own):
        line = _line_of(drive)
        if number == 0:
            stands = _first_stand(vehicle, drive, line)
            place[:], heading[:] = stands[0], stands[1]
        assert stands is not None
        after = times >= drive.start_s
        on_way = _on_way(drive, line, stands, np.append(times[after] - drive.start_s, line.time_s[-1] + 1.0))
        place[after], heading[after] = on_way.place_m[:-1], on_way.heading_rad[:-1]
        stands = on_way.place_m[-1], float(on_way.heading_rad[-1])
    return Track(place, heading)


def _first_stand(vehicle: Vehicle, drive: Drive, line: _Line) -> tuple[F64, float]:
    """Where it stands before its first drive: as the lot has it where the drive begins there, else at its start."""
    start = line.place_m[0]
    if float(np.linalg.norm(start - np.array(vehicle.place_m))) < 1.0:
        return np.array(vehicle.place_m, dtype=np.float64), vehicle.heading_rad
    return start, float(line.direction_rad[0]) + (np.pi if drive.backwards else 0.0)


def _on_way(drive: Drive, line: _Line, stands: tuple[F64, float], since_s: F64) -> Track:
    """Along one drive; where it starts off the path or turned away from it, it eases onto it."""
    along = line.along(since_s)
    x = np.interp(along, line.along_m, line.place_m[:, 0])
    y = np.interp(along, line.along_m, line.place_m[:, 1])
    heading = np.interp(along, line.along_m, line.direction_rad) + (np.pi if drive.backwards else 0.0)
    share = np.clip(along / min(_JOIN_M, max(float(line.along_m[-1]), 1e-6)), 0.0, 1.0)
    left = 1 - share * share * (3 - 2 * share)
    first = float(line.direction_rad[0]) + (np.pi if drive.backwards else 0.0)
    off = stands[0] - line.place_m[0]
    turned = (stands[1] - first + np.pi) % (2 * np.pi) - np.pi
    # Headings go on from where it stood, so that they have no jump of a whole turn.
    base = stands[1] - turned - first
    return Track(np.stack([x, y], -1) + left[:, None] * off, heading + base + left * turned)


def _line_of(drive: Drive) -> _Line:
    path = np.ascontiguousarray(drive.path_m, dtype=np.float64).reshape(-1, 2)
    return _line(path.tobytes(), float(drive.speed_m_s))


@lru_cache(maxsize=512)
def _line(path: bytes, speed_m_s: float) -> _Line:
    if not speed_m_s > 0:
        raise ValueError(f"nothing drives at {speed_m_s} m/s")
    corners = np.frombuffer(path).reshape(-1, 2)
    apart = np.linalg.norm(np.diff(corners, axis=0), axis=1) > 1e-6
    points = rounded(corners[np.concatenate([[True], apart])])
    if len(points) < 2:
        zero = np.zeros(2)
        return _Line(np.repeat(points[:1], 2, axis=0), zero, zero, zero, zero)
    along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])
    steps = np.linspace(0.0, along[-1], max(3, int(np.ceil(along[-1] / _STEP_M)) + 1))
    place = np.stack([np.interp(steps, along, points[:, axis]) for axis in (0, 1)], axis=-1)
    across = np.gradient(place, steps, axis=0)
    direction = np.unwrap(np.arctan2(across[:, 1], across[:, 0]))
    speed, times = _timed(steps, direction, speed_m_s)
    return _Line(place, steps, direction, times, speed)


def rounded(corners: F64) -> F64:
    """Corners cut by arcs of up to `_RADIUS_M`, at most half of either side used."""
    parts = [corners[:1]]
    for before, at, after in zip(corners[:-2], corners[1:-1], corners[2:], strict=True):
        one, other = before - at, after - at
        long_one, long_other = float(np.linalg.norm(one)), float(np.linalg.norm(other))
        one, other = one / long_one, other / long_other
        half = 0.5 * float(np.arccos(np.clip(one @ other, -1, 1)))
        if half > 1.565 or half < 0.02:
            parts.append(at[None])
            continue
        cut = min(_RADIUS_M / np.tan(half), 0.499 * long_one, 0.499 * long_other)
        radius = cut * np.tan(half)
        middle = at + (one + other) / np.linalg.norm(one + other) * radius / np.sin(half)
        start = at + cut * one - middle
        turn = (np.pi - 2 * half) * (1.0 if one[0] * other[1] - one[1] * other[0] < 0 else -1.0)
        angles = np.linspace(0.0, turn, max(3, int(abs(turn) * radius / 0.05) + 2))
        cos, sin = np.cos(angles), np.sin(angles)
        arc = np.stack([start[0] * cos - start[1] * sin, start[0] * sin + start[1] * cos], axis=-1)
        parts.append(middle + arc)
    return np.concatenate([*parts, corners[-1:]]) if len(corners) > 1 else corners


def _timed(along: F64, direction: F64, speed_m_s: float) -> tuple[F64, F64]:
    """Speeds [n] and times [n] at steps: no faster than `speed_m_s`, slower in bends, bounded acceleration."""
    bend = np.abs(np.gradient(direction, along))
    bend = np.convolve(np.pad(bend, 6, mode="edge"), np.ones(13) / 13, mode="valid")
    limit = np.minimum(speed_m_s, np.sqrt(_ACROSS_M_S2 / np.maximum(bend, 1e-6)))
    squared = np.maximum(limit, _LEAST_M_S) ** 2
    squared[0] = squared[-1] = 0.0
    steps = np.diff(along)
    for i in range(1, len(squared)):
        squared[i] = min(squared[i], squared[i - 1] + 2 * _SPEED_UP_M_S2 * steps[i - 1])
    for i in range(len(squared) - 2, -1, -1):
        squared[i] = min(squared[i], squared[i + 1] + 2 * _BRAKE_M_S2 * steps[i])
    speed = np.sqrt(squared)
    times = np.concatenate([[0.0], np.cumsum(2 * steps / np.maximum(speed[1:] + speed[:-1], 1e-9))])
    return speed, times


def way_out(lot: Lot, vehicle: Vehicle) -> tuple[Way, ...]:
    """Out of its bay and away: backwards into the lane first if it stands nose in, then along the lane, through its
    mouth and out of sight. ValueError: it stands in no bay."""
    bay = _bay(lot, vehicle)
    lane = lot.lanes[bay.lane]
    lane_y = sum(lane.y_m) / 2
    place = np.array(vehicle.place_m)
    out = 1.0 if bay.opening_y_m > bay.inner_y_m else -1.0
    mouth = np.sign(lane.mouth_x_m - place[0]) or 1.0
    away = np.array([out_of_sight_x_m(lot, bay.lane), lane_y])
    if np.sin(vehicle.heading_rad) * out > 0:
        return (Way(np.stack([place, [place[0], lane_y], away])),)
    # Backwards, the tail turns away from the mouth, so that the nose looks to it.
    turn = np.array([place[0] - mouth * 5.0, lane_y])
    back = np.stack([place, [place[0], lane_y], turn])
    return Way(back, backwards=True), Way(np.stack([turn, away]))


def way_in(lot: Lot, bay: Bay, nose_in: bool) -> tuple[Way, ...]:
    """From out of sight through the lane's mouth into a bay: straight in, or past it and back in."""
    lane = lot.lanes[bay.lane]
    lane_y = sum(lane.y_m) / 2
    middle = np.array([bay.middle_x_m, (bay.opening_y_m + bay.inner_y_m) / 2])
    start = np.array([out_of_sight_x_m(lot, bay.lane), lane_y])
    corner = np.array([bay.middle_x_m, lane_y])
    if nose_in:
        return (Way(np.stack([start, corner, middle])),)
    past = corner + [np.sign(corner[0] - start[0]) * 5.0, 0.0]
    return Way(np.stack([start, past])), Way(np.stack([past, corner, middle]), backwards=True)


def out_of_sight_x_m(lot: Lot, lane: int) -> float:
    """Where on the lane's line, beyond its mouth, no part of a car is in the camera's picture any more; at most 70 m
    off the lot's middle (a camera that looks along the lane sees it all)."""
    way, pose = lot.lanes[lane], lot.pose
    lane_y = sum(way.y_m) / 2
    left, _, right, _ = lot.ground_m
    sign = 1.0 if way.mouth_x_m > (left + right) / 2 else -1.0
    half = pose.horizontal_view_rad / 2 + 0.08
    for off in np.arange(abs(way.mouth_x_m - (left + right) / 2) + _BEYOND_M, 70.0, 1.0):
        x = (left + right) / 2 + sign * float(off)
        corners = np.array([(x + dx, lane_y + dy) for dx in (-3.5, 3.5) for dy in (-1.0, 1.0)]) - np.array(pose.foot_m)
        angle = np.arctan2(corners[:, 0], corners[:, 1]) - pose.azimuth_rad
        angle = (angle + np.pi) % (2 * np.pi) - np.pi
        if np.all(np.abs(angle) > half):
            return x
    return (left + right) / 2 + sign * 70.0


def _bay(lot: Lot, vehicle: Vehicle) -> Bay:
    if vehicle.bay is None:
        raise ValueError(f"vehicle {vehicle.number} stands in no bay")
    return lot.bays[vehicle.bay]
