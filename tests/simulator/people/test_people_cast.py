import numpy as np
import pytest

from firmware.messages import Size
from simulator.optics import F64, PolePose, View
from simulator.people import cast
from simulator.people.gait import walk_duration_s
from simulator.people.motion import movement
from simulator.play import Act, Activity, Role, Species
from simulator.solid import Solid

WAYS = (Activity.WALK, Activity.RUN, Activity.CARRY, Activity.PUSH_PRAM, Activity.WALK_DOG)
GUISES = ("any", "child", "old", "hood", "vest", "guard")
VIEW = View(PolePose(5.0, 0.0, 0.3, 1.2, (0.0, -14.0)), Size(1280, 720))
PATH = np.array([[-4.0, 0.0], [1.0, 0.0], [2.0, 3.0]])


def somebody(activity: Activity, seed: int, guise: str = "any", lasts_s: float = 10.0) -> Role:
    if activity in WAYS:
        speed_m_s = 3.0 if activity is Activity.RUN else 1.3
        end_s = walk_duration_s(PATH, speed_m_s)
        return Role(101, seed, (Act(activity, 0.0, end_s, PATH[0], 0.0, PATH, speed_m_s),), guise)
    return Role(101, seed, (Act(activity, 0.0, lasts_s, np.array([0.5, 0.2]), 0.7),), guise)


def evening(seed: int) -> Role:
    """Walks, turns, crouches, looks in, and runs away."""
    there, away = np.array([[-6.0, 0.0], [0.0, 0.0]]), np.array([[0.0, 0.0], [-3.0, -5.0]])
    first = walk_duration_s(there, 1.4)
    acts = (
        Act(Activity.WALK, 1.0, 1.0 + first, there[0], 0.0, there, 1.4),
        Act(Activity.CROUCH, 1.0 + first, 5.0 + first, there[1], 1.9),
        Act(Activity.LOOK_IN, 5.0 + first, 9.0 + first, there[1], 1.1),
        Act(
            Activity.RUN, 9.0 + first, 9.0 + first + walk_duration_s(away, 3.0), there[1], 0.0, away, 3.0
        ),
    )  # fmt: skip
    return Role(102, seed, acts)


def drawn(role: Role, t_s: float) -> Solid:
    solid = cast.figure(role, t_s)
    assert solid is not None
    return solid


def box_of(solid: Solid) -> F64:
    seen, _ = VIEW.project(solid.vertices_m[np.unique(solid.triangles)].astype(np.float64))
    return np.concatenate([seen.min(axis=0), seen.max(axis=0)])


def overlap(a: F64, b: F64) -> float:
    sides = np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2])
    shared = float(np.prod(np.maximum(sides, 0.0)))
    return shared / float(np.prod(a[2:] - a[:2]) + np.prod(b[2:] - b[:2]) - shared)


@pytest.mark.parametrize("activity", list(Activity))
def test_every_activity_gives_a_body_of_sane_size_on_the_ground(activity: Activity) -> None:
    for seed, guise in enumerate(GUISES[: 6 if activity is Activity.WALK else 3]):
        role = somebody(activity, seed, guise)
        for t_s in (0.0, 1.37, 2.9):
            solid = drawn(role, t_s)
            assert np.isfinite(solid.vertices_m).all() and np.isfinite(solid.normals).all()
            assert np.abs(np.linalg.norm(solid.normals, axis=1) - 1.0).max() < 1e-3
            spread = solid.vertices_m.max(axis=0) - solid.vertices_m.min(axis=0)
            # A pram or a bar reaches out; nobody is taller than two metres and a swung bar.
            assert spread.max() < 2.75
            if activity is not Activity.LIE:
                assert spread[2] > 0.55
            place = cast.place(role, np.array([t_s]))[0]
            away = np.linalg.norm(solid.vertices_m[:, :2].mean(axis=0) - place)
            assert away < 0.6


@pytest.mark.parametrize("activity", sorted(set(Activity) - {Activity.CLIMB, Activity.LIE, Activity.SIT}))
def test_feet_stand_on_the_ground_and_not_in_it(activity: Activity) -> None:
    role = somebody(activity, 5)
    for t_s in (1.1, 2.3):
        low = float(drawn(role, t_s).vertices_m[:, 2].min())
        assert low > -0.03
        assert low < (0.12 if activity is Activity.RUN else 0.02)


def test_shoes_do_not_slide_while_they_carry() -> None:
    role = evening(3)
    times = np.arange(role.start_s, role.end_s, 0.02)
    moves = movement(role, times)
    feet = moves.stance.feet
    assert moves.present.all()
    stays = feet.carries[1:] & feet.carries[:-1]
    slid_m = np.linalg.norm(np.diff(feet.ball_m[..., :2], axis=0), axis=2)[stays]
    assert len(slid_m) > 300
    assert slid_m.max() < 1e-6


def test_nothing_jumps_from_one_act_to_the_next() -> None:
    role = evening(4)
    times = np.arange(role.start_s + 0.02, role.end_s - 0.02, 0.02)
    points = cast.skeleton(role, times).points_m
    assert np.linalg.norm(np.diff(points, axis=0), axis=2).max() / 0.02 < 14.0  # m/s: a runner's swinging foot


@pytest.mark.parametrize("guise", GUISES)
def test_the_skeletons_box_fits_the_meshs_box(guise: str) -> None:
    shares = []
    for activity in Activity:
        role = somebody(activity, 40, guise)
        t_s = 2.6
        spheres = cast.skeleton(role, np.array([t_s]))
        seen, depth = VIEW.project(spheres.points_m[0])
        reach = (spheres.radius_m * VIEW.focal_px / depth)[:, None]
        box = np.concatenate([(seen - reach).min(axis=0), (seen + reach).max(axis=0)])
        shares.append(overlap(box, box_of(drawn(role, t_s))))
    assert np.mean(shares) > 0.92
    assert min(shares) > 0.80


def test_before_and_after_they_are_not_there() -> None:
    role = evening(5)
    for t_s in (role.start_s - 0.1, role.end_s + 0.1):
        assert cast.figure(role, t_s) is None
        assert cast.lights(role, t_s) == ()
        assert np.isnan(cast.place(role, np.array([t_s]))).all()
        spheres = cast.skeleton(role, np.array([t_s]))
        assert not spheres.present.any() and not spheres.points_m.any()


def test_the_same_seed_gives_the_same_person_and_another_another() -> None:
    first, again, other = (drawn(somebody(Activity.PRY, seed), 2.2) for seed in (8, 8, 9))
    assert np.array_equal(first.vertices_m, again.vertices_m)
    assert first.finishes == again.finishes
    assert first.finishes != other.finishes


def test_one_time_alone_gives_the_same_as_many() -> None:
    role = evening(6)
    times = np.linspace(role.start_s, role.end_s - 0.01, 40)
    together = cast.skeleton(role, times).points_m
    alone = np.concatenate([cast.skeleton(role, times[k : k + 1]).points_m for k in range(0, 40, 7)])
    assert together[::7] == pytest.approx(alone, abs=1e-9)


def test_children_are_small_and_vests_blaze() -> None:
    heights = {
        guise: np.mean(
            [np.ptp(drawn(somebody(Activity.STAND, seed, guise), 1.0).vertices_m[:, 2]) for seed in range(6)]
        )
        for guise in ("child", "any")
    }
    assert heights["child"] < 1.5 < heights["any"]
    solid = drawn(somebody(Activity.STAND, 1, "vest"), 1.0)
    retro = np.array([finish.retro for finish in solid.finishes])[solid.finish]
    assert (retro > 5.0).sum() > 80
    plain = drawn(Role(1, 1, (somebody(Activity.STAND, 1).acts[0],), "hood"), 1.0)
    assert max(finish.albedo for finish in plain.finishes) <= 0.85


def test_most_jackets_are_brighter_than_the_ground() -> None:
    from simulator.people.wardrobe import wardrobe_of

    jackets = np.array([wardrobe_of(somebody(Activity.STAND, seed)).jacket for seed in range(300)])
    assert 0.80 < float((jackets > 0.21).mean()) < 0.95


def test_lamps_shine_where_they_are_pointed() -> None:
    torch = cast.lights(somebody(Activity.SHINE_TORCH, 2), 3.0)
    assert len(torch) == 1 and torch[0].aim is not None and torch[0].shadows
    assert np.linalg.norm(torch[0].aim) == pytest.approx(1.0)
    assert np.dot(torch[0].aim[:2], [np.cos(0.7), np.sin(0.7)]) > 0.5
    assert torch[0].aim[2] < 0.0
    assert cast.lights(somebody(Activity.STAND, 2), 3.0) == ()
    assert cast.lights(somebody(Activity.WALK, 2, "guard"), 3.0)
    cigarette = cast.lights(somebody(Activity.SMOKE, 2), 3.0)[0]
    assert cigarette.strength < 0.01 < cast.lights(somebody(Activity.LIGHT_FIRE, 2), 3.0)[0].strength


@pytest.mark.parametrize("species", list(Species))
@pytest.mark.parametrize("speed_m_s", [0.8, 3.0])
def test_animals_go_on_their_feet(species: Species, speed_m_s: float) -> None:
    end_s = walk_duration_s(PATH, speed_m_s)
    role = Role(300, 7, (Act(Activity.WALK, 0.0, end_s, PATH[0], 0.0, PATH, speed_m_s),), species=species)
    lows = []
    for t_s in np.linspace(0.1, end_s - 0.1, 12):
        solid = drawn(role, float(t_s))
        assert np.isfinite(solid.vertices_m).all()
        assert np.ptp(solid.vertices_m, axis=0).max() < 1.9
        lows.append(float(solid.vertices_m[:, 2].min()))
        spheres = cast.skeleton(role, np.array([t_s]))
        gap = np.abs(spheres.points_m[0].mean(axis=0) - solid.vertices_m.mean(axis=0))
        assert gap.max() < 0.25
    assert min(lows) > -0.08
    if not (species is Species.BIRD and speed_m_s > 2.0):
        assert np.median(lows) < 0.06
    assert any(finish.retro > 3.0 for finish in drawn(role, 1.0).finishes)


def test_an_animals_feet_do_not_slide() -> None:
    path = np.array([[0.0, 0.0], [8.0, 0.0]])
    role = Role(
        300, 7, (Act(Activity.WALK, 0.0, walk_duration_s(path, 0.9), path[0], 0.0, path, 0.9),), species=Species.DOG
    )
    times = np.arange(3.0, 6.0, 0.02)
    paws = np.stack([drawn(role, float(t_s)).vertices_m for t_s in times])
    low = paws[..., 2].min(axis=0) < 0.02
    stands = (paws[1:, low, 2] < 0.012) & (paws[:-1, low, 2] < 0.012)
    slid_m = np.linalg.norm(np.diff(paws[:, low, :2], axis=0), axis=2)[stands]
    assert len(slid_m) > 200
    assert np.median(slid_m) < 0.004
