"""Paths of up to three legs from the lens, shaded by the formulas of `fine_light`; Mitsuba finds what they hit.

Each sample of a pixel lights what it hits by the infrared lamp and by one of the other lamps, chosen by how much it
would give there (Talbot's resampling, 2005), each behind a shadow ray; then one more ray, in the mirror's direction or
any, brings what lies there: the sky, or a surface lit by one lamp in its turn.
"""

from dataclasses import dataclass

from simulator.render.fine_jit import Count, Four, Ray, Real, Shapes, Truth, Vector, dr, mi
from simulator.render.fine_light import (
    Infrared,
    Spot,
    at_least,
    at_most,
    infrared_answer,
    infrared_irradiance,
    lamp_answer,
    lamp_reach,
    lobe_power,
    mirror_share,
)

_FARTHEST_M = 3900.0  # the ground ends here, and the sky begins
_GROUND_WINS_M = 2e-3  # a face that lies on the ground is seen, not the ground in it
_BRIGHTEST, _BRIGHTEST_MIRRORED = 0.6, 3.0  # luminance that a second leg brings at most; more is a grain of light
_MIRRORED_SKY = 0.8  # of the sky's irradiance, as in `light.glsl`


@dataclass(frozen=True, slots=True)
class Columns:
    """`fine_world.Table`, flat."""

    corners: Real
    triangles: Count
    faces: Real
    finishes: Real


@dataclass(frozen=True, slots=True)
class Texture:
    """The ground: albedo and gloss of its cells in turn (flat), columns and rows, (x, y) of the first cell's middle and
    1 / cell."""

    cells: Real
    size: Count
    place: Vector


@dataclass(frozen=True, slots=True)
class World:
    """Everything that rays may hit: the standing and the moving mesh (None: nothing), their joint columns,
    `first_moving` the number of the first moving triangle, and the ground."""

    still: Shapes | None
    moving: Shapes | None
    first_moving: Count
    columns: Columns
    ground: Texture


@dataclass(frozen=True, slots=True)
class Light:
    """All light of a moment: the infrared lamp, other lamps (`fine_world.lamp_table`, flat) and their count, the sky's
    irradiance, its luminance, and the factor of what glows with the post lamps."""

    infrared: Infrared
    lamps: Real
    count: Count
    ambient: Real
    sky: Real
    posts: Real


def meet(world: World, ray: Ray, posts: Real, coherent: bool, active: Truth) -> Spot:
    """What rays hit first. Rays that are not `active` hit nothing."""
    reach, triangle, across, along = _nearest(world, ray, coherent, active)
    down = dr.select(ray.d.z < -1e-5, ray.d.z, -1e-5)
    to_ground = -ray.o.z / down
    ground = active & (ray.d.z < -1e-5) & (to_ground < _FARTHEST_M)
    body = (reach < dr.inf) & (~ground | (reach < to_ground + _GROUND_WINS_M))
    ground &= ~body
    reach = dr.select(body, reach, dr.select(ground, to_ground, _FARTHEST_M))
    at = ray.o + ray.d * reach
    back = -dr.normalize(ray.d)
    numbers: Count = dr.gather(mi.Vector4u, world.columns.triangles, triangle, body)
    corner: list[Four] = [
        dr.gather(mi.Vector4f, world.columns.corners, n, body) for n in (numbers.x, numbers.y, numbers.z)
    ]
    mixed = corner[0] * (1 - across - along) + corner[1] * across + corner[2] * along
    flat: Four = dr.gather(mi.Vector4f, world.columns.faces, triangle, body)
    face = dr.select(body, mi.Vector3f(flat.x, flat.y, flat.z), mi.Vector3f(0, 0, 1))
    face = dr.select(dr.dot(face, back) < 0, -face, face)
    smooth = mi.Vector3f(mixed.x, mixed.y, mixed.z)
    smooth /= at_least(dr.norm(smooth), 1e-6)
    smooth = dr.select(dr.dot(smooth, face) < 0, -smooth, smooth)
    made: list[Real] = [
        dr.gather(mi.Float, world.columns.finishes, numbers.w * 6 + column, body) for column in range(6)
    ]
    albedo, gloss = _ground(world, at, ground)
    return Spot(
        hit=body | ground,
        reach=reach,
        at=at,
        normal=dr.select(body, smooth, mi.Vector3f(0, 0, 1)),
        face=face,
        back=back,
        albedo=dr.select(body, made[0] * mixed.w, albedo),
        gloss=dr.select(body, made[1], gloss),
        roughness=dr.select(body, made[2], 0.45 - 0.33 * at_most(gloss, 1.0)),
        retro=made[3],
        glow=made[4] + made[5] * posts,
    )


def _nearest(world: World, ray: Ray, coherent: bool, active: Truth) -> tuple[Real, Count, Real, Real]:
    """Reach (inf: nothing), triangle and its barycentric coordinates of the nearest body."""
    nothing = dr.zeros(mi.Float, dr.width(ray.d))
    reach, triangle, across, along = nothing + dr.inf, mi.UInt32(0), nothing, nothing
    if world.still is not None:
        near = world.still.ray_intersect_preliminary(ray, mi.Bool(coherent), active=active)
        reach, triangle, across, along = near.t, near.prim_index, near.prim_uv.x, near.prim_uv.y
    if world.moving is not None:
        rest = mi.Ray3f(ray)
        rest.maxt = reach
        near = world.moving.ray_intersect_preliminary(rest, mi.Bool(coherent), active=active)
        closer = near.t < reach
        reach = dr.select(closer, near.t, reach)
        triangle = dr.select(closer, near.prim_index + world.first_moving, triangle)
        across = dr.select(closer, near.prim_uv.x, across)
        along = dr.select(closer, near.prim_uv.y, along)
    return reach, triangle, across, along


def _ground(world: World, at: Vector, active: Truth) -> tuple[Real, Real]:
    """Albedo and gloss of the ground, between the middles of its cells."""
    place, size = world.ground.place, world.ground.size
    right = at_most(at_least((at.x - place.x) * place.z, 0.0), mi.Float(size.x) - 1.001)
    far = at_most(at_least((at.y - place.y) * place.z, 0.0), mi.Float(size.y) - 1.001)
    column, row = mi.UInt32(right), mi.UInt32(far)
    right, far = right - mi.Float(column), far - mi.Float(row)
    first = row * size.x + column
    four: list[Real] = [
        dr.gather(mi.Vector2f, world.ground.cells, first + step, active) for step in (0, 1, size.x, size.x + 1)
    ]
    near = four[0] * (1 - right) + four[1] * right
    mixed = near * (1 - far) + (four[2] * (1 - right) + four[3] * right) * far
    return mixed.x, mixed.y


def seen(world: World, spot: Spot, towards: Vector, until_m: Real, active: Truth) -> Truth:
    """Whether nothing stands between spots and places `until_m` away in directions."""
    off = 2e-3 + 2e-4 * spot.reach
    start = spot.at + spot.face * off
    ray = mi.Ray3f(start, towards)
    ray.maxt = until_m - off
    active &= ray.maxt > 0
    shut = dr.zeros(mi.Bool, dr.width(towards))
    for scene in (world.still, world.moving):
        if scene is not None:
            shut |= scene.ray_test(ray, active & ~shut)
    return ~shut


def _one_lamp(world: World, light: Light, spot: Spot, first: Real, dice: Vector) -> Real:
    """Luminance by lamps. `first` (>= 0) is what the infrared lamp would give, as one more to choose from."""
    lamps, count = light.lamps, light.count

    def choose(number: Count, total: Real, chosen: Count, die: Real) -> tuple[Count, Real, Count, Real]:
        gives = _lamp_gives(lamps, number, spot)
        total += gives
        share = dr.select(total > 0, gives / total, 0.0)
        taken = die < share
        die = dr.select(taken, die / share, (die - share) / (1 - share))
        return number + 1, total, dr.select(taken, number, chosen), at_most(at_least(die, 0.0), 0.99999)

    start = (
        dr.zeros(mi.UInt32, dr.width(spot.at)),
        mi.Float(first),
        count + dr.zeros(mi.UInt32, dr.width(spot.at)),
        dice.x,
    )
    _, total, chosen, _ = dr.while_loop(start, lambda number, total, chosen, die: number < count, choose)
    infrared = chosen == count
    active = spot.hit & (total > 1e-7)
    at, casts, nearest = _lamp_place(lamps, chosen, dice, active & ~infrared)
    towards = mi.Vector3f(dr.select(infrared, light.infrared.at, at) - spot.at)
    far = at_least(dr.norm(towards), 1e-4)
    open_way = seen(world, spot, towards / far, far - dr.select(infrared, 0.02, nearest), active & (casts | infrared))
    return dr.select(active & open_way, total, 0.0)


def _lamp_gives(lamps: Real, number: Count, spot: Spot) -> Real:
    """What a lamp would give if nothing stood in its way."""
    place: Four = dr.gather(mi.Vector4f, lamps, number * 3)
    aim: Four = dr.gather(mi.Vector4f, lamps, number * 3 + 1)
    hood: Real = dr.gather(mi.Float, lamps, number * 12 + 8)
    off = mi.Vector3f(place.x, place.y, place.z) - mi.Vector3f(spot.at)
    squared = dr.squared_norm(off)
    towards = off * dr.rsqrt(at_least(squared, 1e-6))
    reach = place.w * lamp_reach(towards, mi.Vector3f(aim.x, aim.y, aim.z), aim.w, hood) / at_least(squared, 0.04)
    return reach * lamp_answer(spot, towards)


def _lamp_place(lamps: Real, number: Count, dice: Vector, active: Truth) -> tuple[Vector, Truth, Real]:
    """A place on a lamp, whether it casts shadows, and how near it nothing does."""
    place: Four = dr.gather(mi.Vector4f, lamps, number * 3, active)
    made: Four = dr.gather(mi.Vector4f, lamps, number * 3 + 2, active)
    up, around = 1 - 2 * dice.y, 2 * dr.pi * dice.z
    flat = dr.sqrt(at_least(1 - up * up, 0.0))
    off = mi.Vector3f(flat * dr.cos(around), flat * dr.sin(around), up) * made.w
    return mi.Point3f(place.x, place.y, place.z) + off, made.y > 0.5, made.z


def luminance(world: World, light: Light, ray: Ray, dice: Vector, more: Four, leg: Real) -> tuple[Real, Real, Real]:
    """Along rays from the lens: the part that is exact in every sample, the part that chance decides on, and what share
    of light surfaces give back there. `dice` and `more` are random numbers, 0 to 1; `leg` is the weight of a second
    leg, 0: none is drawn."""
    spot = meet(world, ray, light.posts, True, mi.Bool(True))
    lamp = light.infrared
    away = mi.Vector3f(lamp.at - spot.at)
    far = at_least(dr.norm(away), 1e-4)
    beam = infrared_irradiance(lamp, spot.at) * infrared_answer(spot)
    lit = seen(world, spot, away / far, far - 0.02, spot.hit & (beam > 1e-7))
    clear = dr.select(spot.hit, spot.glow + dr.select(lit, beam, 0.0), light.sky)
    grainy = _one_lamp(world, light, spot, mi.Float(0.0), dice)
    grainy += dr.if_stmt(
        (leg,), leg > 0, lambda leg: leg * _second_leg(world, light, spot, more), lambda leg: dr.zeros(mi.Float)
    )
    answer = spot.albedo + mirror_share(spot)
    return clear, dr.select(spot.hit, grainy, 0.0), dr.select(spot.hit, answer, 0.0)


def _second_leg(world: World, light: Light, spot: Spot, dice: Four) -> Real:
    """What comes from the sky and from other surfaces: one ray, mirrored or not."""
    mirror, dull = mirror_share(spot), spot.albedo
    whole = mirror + dull
    mirrored = dice.x * whole < mirror
    around = 2 * dr.pi * dice.z
    up = dr.select(mirrored, dr.power(at_least(1 - dice.y, 1e-6), 1 / (lobe_power(spot) + 2)), dr.sqrt(1 - dice.y))
    flat = dr.sqrt(at_least(1 - up * up, 0.0))
    one, other = _across(spot.normal)
    leaning = one * (dr.cos(around) * flat) + other * (dr.sin(around) * flat) + spot.normal * up
    way = dr.select(mirrored, 2 * dr.dot(spot.back, leaning) * leaning - spot.back, leaning)
    active = spot.hit & (dr.dot(way, spot.face) > 0) & (whole > 1e-4)
    start = spot.at + spot.face * (2e-3 + 2e-4 * spot.reach)
    met = meet(world, mi.Ray3f(start, way), mi.Float(0.0), False, active)  # a post lamp's image is its glint
    cosine = at_least(dr.dot(met.normal, dr.normalize(mi.Vector3f(light.infrared.at - met.at))), 0.0)
    beam = infrared_irradiance(light.infrared, met.at) * met.albedo * cosine
    lit = _one_lamp(world, light, met, beam, mi.Vector3f(dice.w, dice.y, dice.z))
    lit = at_most(lit, _BRIGHTEST)
    lit += 0.5 * light.ambient * met.albedo + dr.select(mirrored, at_most(met.glow, _BRIGHTEST_MIRRORED), 0.0)
    sky = light.ambient * dr.select(mirrored, _MIRRORED_SKY, 1.0)
    return dr.select(active, whole * dr.select(met.hit, lit, sky), 0.0)


def _across(normal: Vector) -> tuple[Vector, Vector]:
    """Two unit vectors square to a unit vector and to each other (Duff et al. 2017)."""
    sign = dr.select(normal.z >= 0, mi.Float(1.0), mi.Float(-1.0))
    a = -1 / (sign + normal.z)
    b = normal.x * normal.y * a
    return (
        mi.Vector3f(1 + sign * normal.x * normal.x * a, sign * b, -sign * normal.x),
        mi.Vector3f(b, sign + normal.y * normal.y * a, -normal.y),
    )
