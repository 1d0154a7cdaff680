import numpy as np
import pytest

from firmware.core.ground import Ground
from firmware.messages import AlarmKind, ObjectKind, Size
from simulator.sensor import Exposer
from simulator.stories import SCENARIOS
from simulator.truth import TruthObject
from simulator.world import Scene, build_scene

SMALL = Size(448, 252)


@pytest.fixture(scope="module")
def prowling() -> Scene:
    return build_scene("prowling", 7, SMALL)


def people(scene: Scene, t_s: float) -> list[TruthObject]:
    return [thing for thing in scene.truth(t_s) if thing.kind is ObjectKind.PERSON]


def in_sight(scene: Scene) -> float:
    """A time at which somebody walks in full view."""
    for t_s in np.arange(0.0, scene.duration_s, 0.5):
        if any(person.visible_ratio > 0.95 and person.activity == "walk" for person in people(scene, float(t_s))):
            return float(t_s)
    raise AssertionError("nobody ever walks in full view")


def test_the_same_seed_gives_the_same_pixels_and_labels(prowling: Scene) -> None:
    again = build_scene("prowling", 7, SMALL)
    for t_s in (0.0, 13.3):
        assert (again.render(t_s) == prowling.render(t_s)).all()
        assert again.truth(t_s) == prowling.truth(t_s)
    assert again.incidents == prowling.incidents


def test_pictures_do_not_depend_on_those_before(prowling: Scene) -> None:
    first = prowling.render(20.0)
    prowling.render(3.0)
    assert (prowling.render(20.0) == first).all()


def test_another_seed_gives_another_world(prowling: Scene) -> None:
    other = build_scene("prowling", 8, SMALL)
    assert other.truth(0.0) != prowling.truth(0.0)
    assert other.incidents != prowling.incidents


def test_the_size_changes_sharpness_only(prowling: Scene) -> None:
    double = build_scene("prowling", 7, Size(896, 504))
    t_s = in_sight(prowling)
    assert double.incidents == prowling.incidents
    assert double.site() == prowling.site()
    for small, large in zip(prowling.truth(t_s), double.truth(t_s), strict=True):
        assert (small.track, small.visible_ratio, small.activity) == (large.track, large.visible_ratio, large.activity)
        ratios = (large.box.x_px / 2, large.box.y_px / 2, large.box.w_px / 2, large.box.h_px / 2)
        assert ratios == pytest.approx((small.box.x_px, small.box.y_px, small.box.w_px, small.box.h_px))


def test_truth_boxes_cover_the_pixels_that_change(prowling: Scene) -> None:
    t_s = in_sight(prowling)
    box = people(prowling, t_s)[0].box
    change = np.abs(prowling.render(t_s).astype(int) - prowling.render(0.0).astype(int)) > 40
    rows, columns = np.nonzero(change)
    inside = (columns >= box.x_px - 2) & (columns <= box.x_px + box.w_px + 2)
    inside &= (rows >= box.y_px - 2) & (rows <= box.y_px + box.h_px + 2)
    assert len(rows) > 0.08 * box.w_px * box.h_px
    assert inside.mean() > 0.97
    assert np.ptp(rows) > 0.4 * box.h_px


def test_a_person_is_as_high_as_the_distance_says(prowling: Scene) -> None:
    t_s = in_sight(prowling)
    person = people(prowling, t_s)[0]
    high_m = person.box.h_px * person.distance_m / prowling.stage.view.focal_px
    assert 1.35 < high_m < 2.4, person


def test_nobody_is_seen_before_they_come(prowling: Scene) -> None:
    assert people(prowling, 0.0) == []
    assert {thing.kind for thing in prowling.truth(0.0)} == {ObjectKind.VEHICLE}


def test_cars_shares_are_shares(prowling: Scene) -> None:
    cars = prowling.truth(0.0)
    assert 5 <= len(cars) <= 12
    assert all(0 <= car.visible_ratio <= 1 for car in cars)
    assert sum(car.visible_ratio > 0.7 for car in cars) >= 4
    for car in cars:
        assert car.shown.w_px <= car.box.w_px + 3
        assert car.shown.h_px <= car.box.h_px + 3


def test_the_calibration_reprojects_within_a_pixel(prowling: Scene) -> None:
    site = prowling.site()
    ground = Ground(site.calibration, SMALL)
    left, near, right, far = prowling.stage.lot.ground_m
    rng = np.random.default_rng(3)
    spots = np.stack([rng.uniform(left, right, 50), rng.uniform(near, far, 50)], axis=1)
    truly_px = prowling.ground_to_picture(spots) * np.array([SMALL.width_px, SMALL.height_px])
    for spot, (x_px, y_px) in zip(spots, truly_px, strict=True):
        back = ground.to_image(float(spot[0]), float(spot[1]))
        assert back == pytest.approx((x_px, y_px), abs=1.0)


def test_the_zone_holds_the_lane(prowling: Scene) -> None:
    (zone,) = prowling.site().zones
    assert zone.name == "lot"
    assert len(set(zone.polygon)) == len(zone.polygon) >= 4
    assert all(0 <= ratio <= 1 for point in zone.polygon for ratio in point)


@pytest.mark.parametrize("name", SCENARIOS)
@pytest.mark.parametrize("seed", [1, 2])
def test_every_story_is_whole(name: str, seed: int) -> None:
    scene = build_scene(name, seed, SMALL)
    for actor in scene.story.actors:
        assert actor.end_s <= scene.duration_s
        for before, after in zip(actor.acts[:-1], actor.acts[1:], strict=True):
            assert before.end_s == after.start_s
            end, start = actor.step(before.end_s - 1e-6), actor.step(after.start_s)
            assert end is not None and start is not None
            assert start.place_m == pytest.approx(end.place_m, abs=0.02)
    for incident in scene.incidents:
        assert 0 < incident.began_s < incident.start_s < incident.end_s <= scene.duration_s


@pytest.mark.parametrize("seed", [1, 3, 5, 6])
def test_nobody_walks_through_a_car(seed: int) -> None:
    for name in ("prowling", "tampering", "walk-through", "loitering"):
        scene = build_scene(name, seed, SMALL)
        for actor in scene.story.actors:
            for t_s in np.arange(actor.start_s, actor.end_s, 0.4):
                step = actor.step(float(t_s))
                assert step is not None
                spot = step.place_m[None].astype(np.float32)
                nearest_m = min(float(car.outside_m(spot)[0]) for car in scene.stage.lot.cars)
                assert nearest_m > 0.15, (name, seed, t_s, step.place_m)


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("quiet", []),
        ("walk-through", []),
        ("get-in", []),
        ("prowling", [AlarmKind.PROWLING]),
        ("demo", [AlarmKind.PROWLING]),
        ("tampering", [AlarmKind.TAMPERING]),
        ("loitering", [AlarmKind.LOITERING]),
        ("fire", [AlarmKind.FIRE]),
    ],
)
def test_what_ought_to_be_told(name: str, kinds: list[AlarmKind]) -> None:
    scene = build_scene(name, 4, SMALL)
    assert [incident.kind for incident in scene.incidents] == kinds


@pytest.mark.parametrize("seed", range(1, 7))
def test_the_demo_leaves_room_for_a_pre_roll(seed: int) -> None:
    scene = build_scene("demo", seed, SMALL)
    (incident,) = scene.incidents
    assert people(scene, 10.0) == []
    assert incident.start_s > 22.0
    assert scene.duration_s > incident.start_s + 10.0
    assert scene.duration_s < 75.0


def test_a_fire_starts_small_and_grows_bright() -> None:
    scene = build_scene("fire", 7, SMALL)
    (incident,) = scene.incidents
    sizes = []
    for since_s in (1.0, 10.0, 25.0):
        t_s = incident.began_s + since_s
        (fire,) = [thing for thing in scene.truth(t_s) if thing.kind is ObjectKind.FIRE]
        sizes.append(fire.box.h_px)
        rows = slice(int(fire.box.y_px), int(fire.box.y_px + fire.box.h_px) + 1)
        columns = slice(int(fire.box.x_px), int(fire.box.x_px + fire.box.w_px) + 1)
        assert scene.render(t_s)[rows, columns].max() > 240
    assert sizes[0] < sizes[1] < sizes[2]
    assert all(thing.kind is not ObjectKind.FIRE for thing in scene.truth(incident.began_s - 0.1))


def test_noise_grows_as_light_falls_away_from_full_scale(prowling: Scene) -> None:
    light = np.full((100, 200), 0.05, dtype=np.float32)
    light[:, 100:] = 0.5
    exposer = Exposer(prowling.sensor, light, seed=1)
    pictures = np.stack([exposer.picture(light, moment) for moment in range(12)]).astype(float)
    temporal = pictures.std(axis=0)
    assert temporal[:, :90].mean() > 0.3
    assert pictures[:, :, :90].mean() < pictures[:, :, 110:].mean()
