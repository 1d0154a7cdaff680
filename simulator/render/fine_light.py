"""How surfaces answer to light, as formulas that Mitsuba compiles: `shaders/light.glsl` in another language.

No minimum or maximum of floating-point numbers in here (see `fine_kit`): `at_least` and `at_most` compare.
"""

from dataclasses import dataclass

from simulator.moment import INFRARED_STRENGTH
from simulator.render import beam
from simulator.render.fine_jit import Real, Truth, Vector, dr, mi

_BRIGHTEST_GLINT = 40.0
_FLATTER = 0.6  # exponent of the cosine under the infrared lamp; 1 would be Lambert's law


@dataclass(frozen=True, slots=True)
class Spot:
    """Where rays meet a surface (`hit`; elsewhere the sky): place, unit normal turned to where the rays come from,
    flat normal likewise, unit vector back along the ray, ray length in its own steps, and what the surface is."""

    hit: Truth
    reach: Real
    at: Vector
    normal: Vector
    face: Vector
    back: Vector
    albedo: Real
    gloss: Real
    roughness: Real
    retro: Real
    glow: Real


@dataclass(frozen=True, slots=True)
class Infrared:
    """The lamp beside the lens: place, axis, strength (1: as new), and its profile at `steps` angles up to pi."""

    at: Vector
    aim: Vector
    strength: Real
    profile: Real
    steps: Real


def at_least(value: Real, low: float) -> Real:
    """The greater of both."""
    return dr.select(value > low, value, low)


def at_most(value: Real, high: float) -> Real:
    """The smaller of both."""
    return dr.select(value < high, value, high)


def smooth_step(low: float, high: float, value: Real) -> Real:
    """0 below `low`, 1 above `high`, a cubic between."""
    share = at_most(at_least((value - low) / (high - low), 0.0), 1.0)
    return share * share * (3 - 2 * share)


def infrared_irradiance(lamp: Infrared, at: Vector) -> Real:
    """On surfaces square to its rays (`beam.irradiance`)."""
    away = mi.Vector3f(at - lamp.at)
    far = at_least(dr.norm(away), 1e-6)
    step = _angle(away / far - lamp.aim) * (1 / dr.pi) * lamp.steps
    number = mi.UInt32(step)
    below: Real = dr.gather(mi.Float, lamp.profile, number)
    above: Real = dr.gather(mi.Float, lamp.profile, number + 1)
    profile = below + (above - below) * (step - mi.Float(number))
    far = at_least(far, beam.NEAREST_M)
    return lamp.strength * INFRARED_STRENGTH * profile / (far * far)


def _angle(chord: Vector) -> Real:
    """Between two unit vectors, from their difference: acos() is coarse where they are nearly the same."""
    return 2 * dr.asin(at_most(dr.norm(chord) * 0.5, 0.9999))


def _fifth(value: Real) -> Real:
    """1 - value to the power of five (Schlick 1994)."""
    grazing = 1 - at_least(value, 0.0)
    squared = grazing * grazing
    return squared * squared * grazing


def glint(spot: Spot, towards: Vector) -> Real:
    """A lobe about the mirror's direction (Blinn-Phong, normalised), stronger at grazing angles."""
    between = dr.normalize(towards + spot.back)
    mirror = spot.gloss * (0.20 + 0.80 * _fifth(dr.dot(spot.back, between)))
    power = lobe_power(spot)
    facing = at_most(at_least(dr.dot(spot.normal, between), 1e-6), 1.0)
    lobe = (power + 2) * 0.125 * dr.power(facing, power)
    return at_most(mirror * lobe, _BRIGHTEST_GLINT) * smooth_step(0.0, 0.05, dr.dot(spot.normal, towards))


def lobe_power(spot: Spot) -> Real:
    """Blinn and Phong's exponent of a roughness."""
    width = at_most(at_least(spot.roughness, 0.07), 1.0)
    return 2 / (width * width)


def mirror_share(spot: Spot) -> Real:
    """How much of what stands about is mirrored, beside `spot.albedo`."""
    return spot.gloss * (0.06 + 0.6 * _fifth(dr.dot(spot.normal, spot.back)))


def infrared_answer(spot: Spot) -> Real:
    """Luminance seen from the lens under unit irradiance from beside it. Rough surfaces look flatter than Lambert's law
    says (Oren, Nayar 1994); reflectors throw light straight back, which no BSDF of Mitsuba does."""
    facing = at_least(dr.dot(spot.normal, spot.back), 0.0)
    diffuse = dr.select(facing > 1e-4, spot.albedo * dr.power(at_least(facing, 1e-4), _FLATTER), 0.0)
    return diffuse + spot.retro * smooth_step(0.03, 0.45, facing) + glint(spot, spot.back)


def lamp_answer(spot: Spot, towards: Vector) -> Real:
    """Luminance under unit irradiance from a lamp elsewhere."""
    return spot.albedo * at_least(dr.dot(spot.normal, towards), 0.0) + glint(spot, towards)


def lamp_reach(towards: Vector, aim: Vector, cone_rad: Real, hood: Real) -> Real:
    """The share of a lamp's strength that goes to a spot: its cone, and a post lamp's hood."""
    share = 1 - hood + hood * at_most(at_least(towards.z * 1.6, 0.0), 1.0)
    angle = _angle(-towards - aim)
    beyond = at_most(at_least((angle - cone_rad) / (cone_rad * 0.3), 0.0), 1.0)
    return share * (1 - beyond * beyond * (3 - 2 * beyond))
