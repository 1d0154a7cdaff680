import pytest

from firmware.config import ZoneConfig
from firmware.core.zones import WHOLE, Zones
from firmware.messages import AlarmKind, Box, Size

SIZE = Size(1000, 500)
# An L: the upper right quarter is missing.
ELL = ((0.1, 0.1), (0.5, 0.1), (0.5, 0.5), (0.9, 0.5), (0.9, 0.9), (0.1, 0.9))


def at(x_px: float, y_px: float) -> Box:
    return Box(x_px - 10, y_px - 40, 20, 40)


@pytest.mark.parametrize(
    ("foot", "inside"),
    [
        ((200, 100), True),
        ((200, 400), True),
        ((800, 400), True),
        ((800, 100), False),
        ((50, 250), False),
        ((950, 400), False),
    ],
)
def test_a_thing_is_where_its_foot_is(foot: tuple[float, float], inside: bool) -> None:
    zones = Zones((ZoneConfig(name="row", polygon=ELL),), SIZE)
    assert zones.where(AlarmKind.FIRE, at(*foot)) == ("row" if inside else None)


def test_without_zones_the_whole_picture_is_one() -> None:
    assert Zones((), SIZE).where(AlarmKind.LOITERING, at(5, 5)) == WHOLE == "lot"


def test_a_rule_holds_only_where_it_is_wanted() -> None:
    whole = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
    quiet = ZoneConfig(name="bench", polygon=whole, rules=("fire",))
    zones = Zones((quiet, ZoneConfig(name="all", polygon=whole)), SIZE)
    assert zones.where(AlarmKind.FIRE, at(500, 250)) == "bench"
    assert zones.where(AlarmKind.LOITERING, at(500, 250)) == "all"
