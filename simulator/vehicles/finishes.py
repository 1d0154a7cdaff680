"""What vehicles are made of, and how brightly their lamps glow."""

from dataclasses import replace

from simulator.solid import Finish, Solid

GLASS = Finish(0.022, gloss=0.5, roughness=0.08)
TRIM = Finish(0.045, gloss=0.10, roughness=0.5)
BLACK = Finish(0.018)
SEAM = Finish(0.030)
TYRE = Finish(0.055, gloss=0.03, roughness=0.6)
RIM = Finish(0.42, gloss=0.35, roughness=0.22)
STEEL = Finish(0.16, gloss=0.15, roughness=0.35)
CHROME = Finish(0.38, gloss=0.7, roughness=0.15)
SNOW = Finish(0.80, gloss=0.02, roughness=0.6)
BOARD = Finish(0.30, gloss=0.05)
LEATHER = Finish(0.14, gloss=0.06, roughness=0.5)

# Lamps: each a finish of its own, so that it can glow alone. A lens throws part of the light back where it came from.
HEAD = Finish(0.30, gloss=0.7, roughness=0.12, retro=0.16)
FRONT_INDICATOR = Finish(0.32, gloss=0.6, roughness=0.16, retro=0.12)
BRAKE = Finish(0.20, gloss=0.40, roughness=0.15, retro=0.75)
REVERSE = Finish(0.34, gloss=0.45, roughness=0.15, retro=0.20)
REAR_INDICATOR = Finish(0.28, gloss=0.45, roughness=0.15, retro=0.30)
REFLECTOR = Finish(0.25, retro=3.5)

# Luminance of lamps in use, beside a white wall at the beam's centre 12 m away (1). All are far over full scale.
_GLOWS: dict[str, dict[Finish, float]] = {
    "head": {HEAD: 60.0, BRAKE: 2.0},
    "brake": {BRAKE: 9.0},
    "reverse": {REVERSE: 24.0},
    "hazard": {FRONT_INDICATOR: 14.0, REAR_INDICATOR: 12.0},
    "cabin": {GLASS: 0.16},
}
LAMPS = frozenset(_GLOWS)


def glowing(solid: Solid, lamps: frozenset[str]) -> Solid:
    """The same with lamps of those names on. KeyError: there is no such lamp."""
    glows: dict[Finish, float] = {}
    for lamp in sorted(lamps):
        for finish, glow in _GLOWS[lamp].items():
            glows[finish] = max(glow, glows.get(finish, 0.0))
    lit = tuple(replace(finish, glow=glows[finish]) if finish in glows else finish for finish in solid.finishes)
    return replace(solid, finishes=lit)
