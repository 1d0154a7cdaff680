"""The life of an alarm after it was raised, as a table: raised -> received -> acknowledged -> closed."""

from enum import StrEnum

from firmware.errors import NodeError


class Life(StrEnum):
    """How far the alarm centre has come with an alarm."""

    RAISED = "raised"
    RECEIVED = "received"
    ACKNOWLEDGED = "acknowledged"
    CLOSED = "closed"


class LifeEvent(StrEnum):
    """What the alarm centre tells."""

    RECEIPT = "received"
    ACKNOWLEDGE = "acknowledge"
    CLOSE = "close"


class LifeError(NodeError):
    """The alarm centre tells what cannot be; the text goes back to it."""


# Commands come at least once, so a repeated one changes nothing. A receipt may have expired on its way while the
# operator already looks: an acknowledgement says as much. An alarm is never closed by somebody who has not seen it.
LIVES: dict[tuple[Life, LifeEvent], Life] = {
    (Life.RAISED, LifeEvent.RECEIPT): Life.RECEIVED,
    (Life.RAISED, LifeEvent.ACKNOWLEDGE): Life.ACKNOWLEDGED,
    (Life.RECEIVED, LifeEvent.RECEIPT): Life.RECEIVED,
    (Life.RECEIVED, LifeEvent.ACKNOWLEDGE): Life.ACKNOWLEDGED,
    (Life.ACKNOWLEDGED, LifeEvent.RECEIPT): Life.ACKNOWLEDGED,
    (Life.ACKNOWLEDGED, LifeEvent.ACKNOWLEDGE): Life.ACKNOWLEDGED,
    (Life.ACKNOWLEDGED, LifeEvent.CLOSE): Life.CLOSED,
    (Life.CLOSED, LifeEvent.RECEIPT): Life.CLOSED,
    (Life.CLOSED, LifeEvent.CLOSE): Life.CLOSED,
}


def after(life: Life, event: LifeEvent) -> Life:
    """The next state. Raises LifeError for a pair that is not in the table."""
    try:
        return LIVES[life, event]
    except KeyError:
        right = ", ".join(known.value for state, known in LIVES if state is life)
        raise LifeError(f"{event.value!r} does not follow on {life.value!r}; possible now: {right}") from None
