"""Fire: flame or smoke that lasts, stays where it is, and lives.

Networks take lamps for fire ("any car tail lamp in night is detected as fire"). A lamp has one size: brake lights and
hazard flashers come and go but are as large each time, a sodium lamp hums on. A flame's outline changes all the time
(1 to 13 times a second: Toreyin et al., Pattern Recognition Letters 27, 2006; a pool of 1 m puffs 1.5 times a second:
Cetegen and Ahmed, Combustion and Flame 93, 1993), or it grows. So a hearth must change in height or width by more than
a box jitters, or grow, or it is no alarm. It must not travel, and not ride on a vehicle that moves.

What this cannot tell yet: steam of a cold engine at a vehicle that grows like smoke; a flame so small and so even that
the detector's jitter is as large as its flicker (it counts once it grows).
"""

from collections import deque
from dataclasses import dataclass, field
from math import hypot
from statistics import median

from firmware.config import FireRule
from firmware.core.behaviour.scene import Scene
from firmware.core.boxes import overlap, shared_px2
from firmware.core.finding import Finding
from firmware.core.trail import NOMINAL_M
from firmware.core.zones import Zones
from firmware.messages import AlarmKind, AlarmObject, Box, ObjectKind, Severity, Size, Track

MEMORY_S = 10.0
"""A hearth is judged by its last seconds."""

SAMPLES = 128
"""Sightings kept of them; the oldest go first. 10 looks a second for 10 s are 100."""

COLD_S = 4.0
"""A hearth that was not seen for so long is out."""

LAG_S = 0.3
"""Sizes so far apart in time are compared, at any rate of looks: long enough for a flame to be another one."""

FLICKER_RATIO = 0.1
"""Median change of height or width that a flame exceeds, and a lamp does not."""

JITTER_PX = 5.0
"""Median change that a steady box may show in a picture 1280 pixels wide: two pixels of the detector's. Edges that
jitter by 1.2 pixels each (standard deviation) make a height change by more than 5 once in 27 times."""

PAIRS = 6
"""Fewer changes have no median worth the name."""

SURE_S = 1.0
"""It must look alive for so long without a break, so that one lucky look is not enough."""

GROWTH = 1.15
"""Each third of the memory must be larger than the one before by so much. One step (a brake light over a tail lamp)
lifts one third only."""

COVER_RATIO = 0.4
"""Share of its time in which a hearth was seen."""

GLIMPSE_S = 0.5
"""One sighting covers so much time at most."""


@dataclass(slots=True)
class Hearth:
    """One place that burns, or seems to."""

    kind: ObjectKind
    id: int
    """Its first track's: flames are lost and found, the hearth stays."""
    track: Track
    first_s: float
    last_s: float
    covered_s: float = 0.0
    vehicle: int | None = None
    """Where it began to look like a fire."""
    alive_s: float | None = None
    """Since when it has looked alive."""
    samples: deque[tuple[float, Box]] = field(default_factory=lambda: deque(maxlen=SAMPLES))

    def see(self, track: Track, t_s: float) -> None:
        """A new sighting."""
        self.covered_s += min(t_s - self.last_s, GLIMPSE_S)
        self.track, self.last_s = track, t_s
        self.samples.append((t_s, track.box))
        while t_s - self.samples[0][0] > MEMORY_S:
            self.samples.popleft()

    def near(self, box: Box) -> bool:
        """Whether a box is at the same place: it reaches into the hearth's, widened by half on every side."""
        mine = self.track.box
        wide = Box(mine.x_px - mine.w_px / 2, mine.y_px - mine.h_px / 2, 2 * mine.w_px, 2 * mine.h_px)
        return shared_px2(wide, box) > 0

    @property
    def lasted_s(self) -> float:
        """From first sight to last."""
        return self.last_s - self.first_s

    @property
    def steady_sight(self) -> bool:
        """Whether it was seen often enough in that time."""
        return self.covered_s >= COVER_RATIO * self.lasted_s

    def growth(self) -> float:
        """How many times the area of the first third of its memory the last third has; 1 where it has not grown."""
        third = len(self.samples) // 3
        if third < 3:
            return 1.0
        areas = [box.w_px * box.h_px for _, box in self.samples]
        first, second, last = median(areas[:third]), median(areas[third:-third]), median(areas[-third:])
        return last / max(first, 1.0) if second >= GROWTH * first and last >= GROWTH * second else 1.0

    def flickers(self, jitter_px: float) -> bool:
        """Whether its size keeps changing by more than a steady box does."""
        pairs = _apart(list(self.samples))
        if len(pairs) < PAIRS:
            return False
        high = median(abs(a.h_px - b.h_px) for a, b in pairs) - max(
            FLICKER_RATIO * median(b.h_px for _, b in pairs), jitter_px
        )
        wide = median(abs(a.w_px - b.w_px) for a, b in pairs) - max(
            FLICKER_RATIO * median(b.w_px for _, b in pairs), jitter_px
        )
        return max(high, wide) > 0

    def stays_alive(self, alive: bool) -> bool:
        """Whether it has looked alive for long enough, with this sighting."""
        if not alive:
            self.alive_s = None
        elif self.alive_s is None:
            self.alive_s = self.last_s
        return self.alive_s is not None and self.last_s - self.alive_s >= SURE_S

    def travels(self) -> bool:
        """Whether its foot has wandered by more than its own size: flames lean and leap, their seat stays."""
        feet = [box.foot for _, box in self.samples]
        third = max(len(feet) // 3, 1)
        dx = median(x for x, _ in feet[-third:]) - median(x for x, _ in feet[:third])
        dy = median(y for _, y in feet[-third:]) - median(y for _, y in feet[:third])
        size = max(max(box.w_px, box.h_px) for _, box in self.samples)
        return hypot(dx, dy) > size


class Fire:
    """All hearths."""

    def __init__(self, rule: FireRule, zones: Zones, size: Size) -> None:
        self._rule = rule
        self._zones = zones
        self._jitter_px = JITTER_PX * size.width_px / 1280
        self._hearths: list[Hearth] = []

    def look(self, scene: Scene, t_s: float) -> list[Finding]:
        """Every hearth that burns now."""
        self._hearths = [hearth for hearth in self._hearths if t_s - hearth.last_s <= COLD_S]
        burning = []
        for track in scene.heat:
            if self._rides(track, scene, t_s):
                continue
            hearth = self._hearth(track, t_s)
            hearth.see(track, t_s)
            burning.append(hearth)
        return [finding for hearth in burning for finding in self._judge(hearth, scene)]

    def _rides(self, track: Track, scene: Scene, t_s: float) -> bool:
        vehicle = _vehicle_at(track.box, scene)
        return vehicle is not None and not scene.vehicles[vehicle].standstill.parked(t_s)

    def _hearth(self, track: Track, t_s: float) -> Hearth:
        for hearth in self._hearths:
            if hearth.kind is track.kind and (hearth.track.id == track.id or hearth.near(track.box)):
                return hearth
        self._hearths.append(Hearth(track.kind, track.id, track, track.first_s, track.first_s))
        return self._hearths[-1]

    def _judge(self, hearth: Hearth, scene: Scene) -> list[Finding]:
        flame = hearth.kind is ObjectKind.FIRE
        zone = self._zones.where(AlarmKind.FIRE, hearth.track.box)
        lasted = hearth.lasted_s >= (self._rule.confirm_s if flame else self._rule.smoke_confirm_s)
        growth = hearth.growth()
        # Smoke's edge is soft, so that its box always flickers; smoke must grow.
        alive = hearth.stays_alive(growth > 1.0 or (flame and hearth.flickers(self._jitter_px)))
        if zone is None or not lasted or not alive or not hearth.steady_sight or hearth.travels():
            return []
        if hearth.vehicle not in scene.vehicles:
            hearth.vehicle = _vehicle_at(hearth.track.box, scene)
        things = [AlarmObject(hearth.kind, hearth.id)]
        if hearth.vehicle is not None:
            things.append(AlarmObject(ObjectKind.VEHICLE, hearth.vehicle))
        what = "flames" if flame else "smoke"
        where = " at a vehicle" if hearth.vehicle is not None else ""
        grown = f", {growth:.1f} times as large as before" if growth > 1.0 else ""
        return [
            Finding(
                kind=AlarmKind.FIRE,
                severity=Severity.HIGH if flame else Severity.MEDIUM,
                began_s=hearth.first_s,
                zone=zone,
                reason=f"{what}{where} for {hearth.lasted_s:.0f} s{grown}",
                objects=tuple(things),
                spot=scene.nearness.spot(hearth.track, NOMINAL_M[hearth.kind]),
            )
        ]


def _apart(samples: list[tuple[float, Box]]) -> list[tuple[Box, Box]]:
    """Pairs of sightings that are at least `LAG_S` apart, and not much more."""
    pairs, start = [], 0
    for t_s, box in samples:
        while start < len(samples) and t_s - samples[start][0] > 3 * LAG_S:
            start += 1
        before = [b for s, b in samples[start:] if LAG_S - 1e-6 <= t_s - s <= 3 * LAG_S]
        if before:
            pairs.append((before[-1], box))
    return pairs


def _vehicle_at(box: Box, scene: Scene) -> int | None:
    """The vehicle that a box overlaps most."""
    touching = {v: overlap(vehicle.track.box, box) for v, vehicle in scene.vehicles.items()}
    vehicle = max(touching, key=lambda v: (touching[v], v), default=None)
    return vehicle if vehicle is not None and touching[vehicle] > 0 else None
