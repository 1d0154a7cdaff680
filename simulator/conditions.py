"""Weather and states of the camera, by name. A scenario can be played in each of them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Condition:
    """Everything that is not the lot, the people or the script.

    `rain_mm_h` and `snow_mm_h` (as water) fall; `visibility_m` is the meteorological range in fog; `wet` and
    `snow_cover` (0..1) say how the ground lies; `ambient` and `ambient_end` are the sky's irradiance at the scene's
    start and end (dusk, dawn); `insects` fly near the lens; `web`, `dirt` and `drops` are on it; `lamps` are those on
    posts; `headlight_traffic` are cars that pass on the road behind per minute.
    """

    name: str
    says: str
    rain_mm_h: float = 0.0
    snow_mm_h: float = 0.0
    visibility_m: float = 20_000.0
    wind_m_s: float = 1.0
    wet: float = 0.0
    snow_cover: float = 0.0
    ambient: float = 0.02
    ambient_end: float = 0.02
    insects: int = 0
    web: bool = False
    dirt: float = 0.0
    drops: int = 0
    lightning_per_min: float = 0.0
    headlight_traffic: float = 0.0
    infrared: float = 1.0
    lamps: float = 1.0


_ALL = (
    Condition("clear", "a dry, clear night"),
    Condition("rain-light", "drizzle", rain_mm_h=1.0, wet=0.5, visibility_m=8_000.0, drops=2),
    Condition("rain", "steady rain", rain_mm_h=5.0, wet=0.8, visibility_m=4_000.0, drops=6, wind_m_s=4.0),
    Condition("rain-heavy", "a downpour", rain_mm_h=25.0, wet=1.0, visibility_m=1_000.0, drops=14, wind_m_s=7.0),
    Condition("snow-light", "single flakes on bare ground", snow_mm_h=0.4, snow_cover=0.15, visibility_m=3_000.0),
    Condition("snow", "steady snowfall on a white ground", snow_mm_h=1.5, snow_cover=0.8, visibility_m=1_000.0),
    Condition("snow-heavy", "thick snowfall in wind", snow_mm_h=4.0, snow_cover=1.0, visibility_m=300.0, wind_m_s=6.0),
    Condition("fog-light", "mist", visibility_m=400.0),
    Condition("fog", "fog", visibility_m=120.0, wet=0.3),
    Condition("fog-dense", "dense fog", visibility_m=50.0, wet=0.4),
    Condition("dusk", "the last daylight goes", ambient=0.5, ambient_end=0.06),
    Condition("dawn", "day comes", ambient=0.05, ambient_end=0.6),
    Condition("wind", "branches and the pole move", wind_m_s=12.0),
    Condition("lightning", "a thunderstorm far away", lightning_per_min=6.0, wind_m_s=5.0),
    Condition("headlights", "cars pass behind and sweep the lot", headlight_traffic=6.0),
    Condition("insects", "moths fly about the lamp", insects=12),
    Condition("web", "a spider and its web before the lens", insects=4, web=True),
    Condition("dirty", "a dirty lens", dirt=0.7),
    Condition("ir-off", "the infrared lamp is dead", infrared=0.0),
    Condition("lamps-off", "the lamps on posts are out", lamps=0.0),
)
CONDITIONS = {condition.name: condition for condition in _ALL}
