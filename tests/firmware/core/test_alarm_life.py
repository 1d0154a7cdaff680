from itertools import product

import pytest

from firmware.core.alarm_life import LIVES, Life, LifeError, LifeEvent, after

IMPOSSIBLE = {
    (Life.RAISED, LifeEvent.CLOSE),
    (Life.RECEIVED, LifeEvent.CLOSE),
    (Life.CLOSED, LifeEvent.ACKNOWLEDGE),
}


@pytest.mark.parametrize(("life", "event"), list(product(Life, LifeEvent)))
def test_every_pair_either_leads_on_or_is_refused(life: Life, event: LifeEvent) -> None:
    if (life, event) in IMPOSSIBLE:
        with pytest.raises(LifeError, match=f"'{event.value}' does not follow on '{life.value}'; possible now: "):
            after(life, event)
    else:
        assert after(life, event) is LIVES[life, event]


def test_the_table_and_the_impossible_pairs_make_up_the_product() -> None:
    assert set(LIVES) | IMPOSSIBLE == set(product(Life, LifeEvent))
    assert not set(LIVES) & IMPOSSIBLE


@pytest.mark.parametrize(("life", "event"), list(LIVES))
def test_no_life_goes_backwards_and_a_repeated_command_changes_nothing(life: Life, event: LifeEvent) -> None:
    order = list(Life)
    reached = after(life, event)
    assert order.index(reached) >= order.index(life)
    assert after(reached, event) is reached


def test_an_alarm_is_closed_only_by_somebody_who_has_acknowledged_it() -> None:
    assert {life for (life, event) in LIVES if event is LifeEvent.CLOSE} == {Life.ACKNOWLEDGED, Life.CLOSED}
