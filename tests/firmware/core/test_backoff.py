from hypothesis import given
from hypothesis import strategies as st

from firmware.core.backoff import Backoff


def test_waits_double_up_to_a_minute() -> None:
    backoff = Backoff(lambda: 0.0)
    assert [backoff.lost(0.0) for _ in range(8)] == [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0]


def test_a_connection_that_held_begins_the_count_anew_and_one_that_was_thrown_out_does_not() -> None:
    backoff = Backoff(lambda: 0.0)
    assert [backoff.lost(held_s) for held_s in (0.0, 0.0, 9.9, 10.0, 0.0)] == [1.0, 2.0, 4.0, 1.0, 2.0]


@given(st.lists(st.floats(0.0, 1.0), min_size=1, max_size=40))
def test_jitter_takes_away_at_most_half(dice: list[float]) -> None:
    thrown = iter(dice)
    backoff, steady = Backoff(lambda: next(thrown)), Backoff(lambda: 0.0)
    for _ in dice:
        full_s = steady.lost(0.0)
        assert full_s / 2 <= backoff.lost(0.0) <= full_s
