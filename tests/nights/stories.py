"""The stories of the recorded nights. The row of cars stands 15 m from the pole, nose on, 2.6 m apart."""

from firmware.messages import ObjectKind
from tests.nights.world import Body, Noise, Story, Way, flame, go, lamp, smoke, stand, walk

ROW_M = 15.0
NEAR_M = ROW_M - 2.25
"""The side of the row that the camera sees: the lane is before it."""

SPACE_M = 2.6


def car(x_m: float, y_m: float = ROW_M) -> Body:
    """A parked car."""
    return Body(stand(x_m, y_m), ObjectKind.VEHICLE)


def row(count: int) -> tuple[Body, ...]:
    """Parked cars, the middle one before the pole."""
    return tuple(car((n - (count - 1) / 2) * SPACE_M) for n in range(count))


def person(way: Way) -> Body:
    """Somebody."""
    return Body(way)


def drive(*stations: tuple[float, float, float]) -> Body:
    """A car that drives."""
    return Body(go(*stations), ObjectKind.VEHICLE)


def prowling() -> Story:
    """Along the lane, three seconds at the left corner of each of five cars."""
    stops = [(x + 1.2, NEAR_M + 0.6, 3.0) for x in (-5.2, -2.6, 0.0, 2.6)]
    return Story(75, (*row(5), person(walk(8, 1.2, (-9, 11.5, 0), *stops, (10, 11.5, 0)))))


def prowling_behind() -> Story:
    """The same on the far side of the row, where legs are hidden."""
    stops = [(x, ROW_M + 2.8, 3.5) for x in (-5.2, -2.6, 0.0, 2.6)]
    return Story(70, (*row(5), person(walk(8, 1.2, (-9, 19, 0), *stops, (10, 19, 0)))))


def tampering() -> Story:
    """To the middle car's door, half a minute there, and away."""
    way = walk(8, 1.3, (-9, 11.5, 0), (1.2, 13.2, 0), (1.25, 14.5, 30), (9, 11.5, 0))
    return Story(90, (*row(5), person(way)))


def loitering() -> Story:
    """Around the lane for a minute and a half: stands, strolls, stands."""
    way = walk(6, 0.6, (-6, 9.5, 0), (-3, 9, 20), (3, 9.5, 25), (-1, 9, 25), (4, 9.2, 5), (9, 9, 0))
    return Story(130, (*row(3), person(way)))


def fire() -> Story:
    """A flame at the second car that grows for ten seconds."""
    return Story(45, row(4), (flame(-1.3, NEAR_M + 0.8, 12),))


def smouldering() -> Story:
    """Smoke without flame."""
    return Story(50, row(4), (smoke(1.3, ROW_M, 10),))


def arson() -> Story:
    """Somebody at a car for a while, then it burns: one incident that grows."""
    way = walk(8, 1.3, (-9, 11.5, 0), (-1.3, NEAR_M - 0.5, 22), (-9, 11.5, 0))
    return Story(75, (*row(4), person(way)), (flame(-1.3, NEAR_M + 0.8, 34),))


def walk_through() -> Story:
    """Five people through the lot and along the row, one after the other, at their paces."""
    paces = (1.2, 1.35, 1.5, 1.0, 1.3)
    lanes = (11.5, 12.2, 11.8, 18.5, 12.4)
    ways = [walk(7 + 7 * n, pace, (-9, y, 0), (9, y, 0)) for n, (pace, y) in enumerate(zip(paces, lanes, strict=True))]
    return Story(60, (*row(5), *(person(way) for way in ways)))


def drive_off() -> Story:
    """To one's car, eight seconds at the door, in, half a minute, and off."""
    walk_in = walk(7, 1.3, (-9, 11.5, 0), (1.2, 13.2, 0), (1.25, 14.2, 8))
    off = drive((0, 0, ROW_M), (45, 0, ROW_M), (49, 0, 9.5), (55, 12, 9))
    return Story(62, (car(-2.6), car(2.6), off, person(walk_in)))


def unloading() -> Story:
    """A car comes, somebody gets out and goes to and fro between it and the house for two minutes."""
    comes = drive((2, 12, 9), (8, 0, 9.5), (12, 0, ROW_M), (170, 0, ROW_M))
    carries = walk(
        16, 1.2, (1.25, 14.2, 6), (1.2, 17.8, 10), (-8, 19, 15), (1.2, 17.8, 12), (-8, 19, 15), (1.2, 17.8, 12),
        (1.25, 14, 6), (-9, 12, 0),
    )  # fmt: skip
    return Story(130, (car(-2.6), car(2.6), comes, person(carries)))


def headlights() -> Story:
    """A4: headlights sweep ten parked cars, three times."""
    back = tuple(car(body_x, 24.0) for body_x in (-5.2, -2.6, 0.0, 2.6, 5.2))
    return Story(60, (*row(5), *back), sweeps=((15, 17), (28, 30.2), (41, 43)))


def four_people() -> Story:
    """A5: four people for three minutes, from car to car and at them."""
    ways = []
    for n in range(4):
        start = -5.2 + 2.6 * n
        # Between two cars, before the next one's bonnet, between it and the one after, and so on.
        sides = (0.4, -0.4, 0.4)
        stops = [(start + (k % 3) * 1.3, NEAR_M + sides[k % 3], 11.0 + 2 * n) for k in range(12 - n)]
        ways.append(walk(8 + 2 * n, 1.0, (-9, 11, 0), *stops))
    return Story(230, (*row(4), *(person(way) for way in ways)))


def lamps() -> Story:
    """A17 in small: brake lights of a car that comes and one that waits, hazard flashers, a steady lamp."""
    comes = go((2, 12, 9), (10, -6, 9.5))
    return Story(
        45,
        (*row(3), drive((2, 12, 9), (10, -6, 9.5))),
        (
            lamp(lambda t: (p[0] + 0.7, p[1] - 0.9) if (p := comes(t)) else None, lambda t: t > 6),
            lamp(stand(0.7, NEAR_M), lambda t: 12 < t < 30),
            lamp(stand(-2.0, NEAR_M), lambda t: t > 10 and (t * 1.5) % 1 < 0.5),
            lamp(stand(6, 20), lambda t: True, size_m=0.5),
        ),
        noise=Noise(missed=0.1),
    )


STORIES = {
    story.__name__.replace("_", "-"): story
    for story in (
        prowling, prowling_behind, tampering, loitering, fire, smouldering, arson, walk_through, drive_off, unloading,
        headlights, four_people, lamps,
    )
}  # fmt: skip
