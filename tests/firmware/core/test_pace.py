"""Time that is owed is paid back before anything is done that could be left out."""

from firmware.core.pace import MOST_OWED_S, Pace


def luxuries(pace: Pace, needful_s: float, luxury_s: float, frames: int = 60) -> int:
    """In how many of the frames there was time for more."""
    had = 0
    for _ in range(frames):
        more = not pace.hurried
        had += more
        pace.spent(needful_s + luxury_s * more)
    return had


def test_who_has_time_always_has_time() -> None:
    assert luxuries(Pace(0.1), 0.04, 0.05) == 60


def test_who_has_time_for_some_gets_as_much_as_there_is_time_for() -> None:
    assert luxuries(Pace(0.1), 0.06, 0.06) == 30  # 20 ms are owed after each, and paid back in the next
    assert luxuries(Pace(0.1), 0.06, 0.11) == 20  # 70 ms


def test_who_is_late_without_it_goes_without() -> None:
    assert luxuries(Pace(0.1), 0.15, 0.05) == 1


def test_one_long_stall_is_soon_forgotten() -> None:
    pace = Pace(0.1)
    pace.spent(30.0)
    waits = 0
    while pace.hurried:
        pace.spent(0.05)
        waits += 1
    assert waits * 0.05 <= MOST_OWED_S + 0.05
