"""Development library: animals, and what the wind drives."""

from simulator.optics import F64
from simulator.play import Drifter, Species
from simulator.scripts.draft import THINGS, Draft
from simulator.scripts.itinerary import Itinerary
from simulator.scripts.scenario import Often, Scenario

SPEEDS_M_S = {
    # Trotting pace; a hare and a bird on the ground hop along.
    Species.CAT: (0.6, 1.1),
    Species.FOX: (1.4, 2.2),
    Species.HARE: (1.5, 3.0),
    Species.BIRD: (0.3, 0.6),
    Species.DOG: (1.0, 1.6),
}


def _cat(draft: Draft) -> None:
    """Along the cars; it sits, and looks under one."""
    cat = _comes(draft, Species.CAT, draft.between(1.0, 3.0))
    for _ in range(draft.count(2, 4)):
        spot = draft.pick(draft.plain_spots() or draft.any_spots())
        cat.go(spot.place_m)
        cat.stay(draft.between(3.0, 15.0), facing_m=spot.face_m)
    draft.leave(cat)


def _fox(draft: Draft) -> None:
    fox = _comes(draft, Species.FOX, draft.between(1.0, 3.0))
    for _ in range(draft.count(1, 3)):
        fox.go(draft.in_lane())
        fox.stay(draft.between(0.5, 4.0))
    draft.leave(fox)


def _hare(draft: Draft) -> None:
    hare = _comes(draft, Species.HARE, draft.between(1.0, 3.0))
    for _ in range(draft.count(2, 5)):
        hare.go(draft.in_lane(), speed_m_s=draft.between(*SPEEDS_M_S[Species.HARE]))
        hare.stay(draft.between(2.0, 10.0))
    draft.leave(hare, draft.between(3.0, 5.0))


def _birds(draft: Draft) -> None:
    """They pick about on the asphalt."""
    middle = draft.in_lane()
    for _ in range(draft.count(2, 5)):
        place = middle + draft.rng.normal(0.0, 1.2, 2)
        bird = draft.animal(Species.BIRD, _clear(draft, place, middle), draft.between(0.5, 5.0), 0.4)
        for _ in range(draft.count(3, 8)):
            bird.stay(draft.between(1.0, 4.0))
            hop = bird.place_m + draft.rng.normal(0.0, 0.6, 2)
            bird.go(_clear(draft, hop, bird.place_m), speed_m_s=draft.between(*SPEEDS_M_S[Species.BIRD]))
        draft.done(bird)


def _clear(draft: Draft, place: F64, otherwise: F64) -> F64:
    return place if draft.sites.ways.clearance_m(place) > 0.4 else otherwise


def _bag(draft: Draft) -> None:
    lasts = draft.between(25.0, 40.0)
    for number in range(draft.count(1, 2)):
        start = draft.between(0.5, 4.0)
        seed = int(draft.rng.integers(1, 2**31))
        draft.drifters.append(Drifter(THINGS + number, start, start + lasts, seed))
    draft.duration_s = lasts + 6.0


def _flapping(draft: Draft) -> None:
    """Bags and leaves are about for minutes: something moves without being anybody."""
    draft.duration_s = draft.between(120.0, 150.0)
    for number in range(4):
        seed = int(draft.rng.integers(1, 2**31))
        start = 1.0 + number * draft.duration_s / 5
        draft.drifters.append(Drifter(THINGS + number, start, min(start + 60.0, draft.duration_s), seed))


def _comes(draft: Draft, species: Species, start_s: float) -> Itinerary:
    """An animal comes from outside as people do."""
    return draft.animal(species, draft.way_in()[0], start_s, draft.between(*SPEEDS_M_S[species]))


SCENARIOS = (
    Scenario("cat", "a cat goes along the cars and sits", _cat, often=Often(2, 2, 2)),
    Scenario("fox", "a fox trots through", _fox, often=Often(0.5, 1.5, 0.7)),
    Scenario("hare", "a hare hops about", _hare, often=Often(0.3, 1, 0.5)),
    Scenario("birds", "birds pick about on the asphalt", _birds, often=Often(0.1, 0.1, 2)),
    Scenario("drifting-bag", "the wind drives a bag over the lot", _bag, often=Often(0.5, 0.5, 0.5)),
    Scenario("flapping", "bags and leaves move about for minutes", _flapping),
)
