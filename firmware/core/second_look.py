"""How two looks at a frame become one.

The first look sees the whole picture at the network's size: a person 25 px high in 1280 x 720 is 10 px there. The
second sees one window of the main picture, `CLOSER` times as large; `attention` chooses it.
"""

import math
from dataclasses import dataclass

from firmware.core.animals import undisguised
from firmware.core.boxes import inside, overlap
from firmware.messages import SEEN_SCORE, Box, Detection, Grey, ObjectKind, Size

CLOSER = 2.5
"""How much larger than the first look, at most: 25 px of 1280 x 720 stay 25 px. On six rendered stretches of far people
the first model followed 11 of 192 without a second look, 19 with one 1.6 times as large, 25 at 2.0 and 58 at 2.5."""

LEAST_GAIN = 1.25
"""A main picture that is hardly larger than the network's input has nothing more to show."""

SMALL_INPUT_PX = 32.0
"""What is higher than this in the first look is its own matter; below, detectors begin to lose things (COCO's
"small" ends here, too)."""

LEAST_INPUT_PX = 8.0
"""Whoever is lower than this even in the closer look is not looked for."""

EDGE_INPUT_PX = 4.0
"""A box that comes so near to the window's edge may be cut by it."""

ROUNDED_PX = 0.01

SAME_IOU = 0.4
"""Two looks' boxes of one small thing: two pixels of the first look's error on a box 10 px high leave about this."""

FRAGMENT_INSIDE, FRAGMENT_SHARE = 0.8, 0.35
"""A box that lies by so much in one that the first look is sure of, and is so small beside it, is a piece of it."""


@dataclass(frozen=True, slots=True)
class Window:
    """A part of the main picture, in whole pixels and inside it."""

    x_px: int
    y_px: int
    w_px: int
    h_px: int

    def holds(self, box: Box) -> bool:
        """Whether all of a box of the main picture lies in it, but for what floats round."""
        left_px, top_px = box.x_px - self.x_px + ROUNDED_PX, box.y_px - self.y_px + ROUNDED_PX
        across = 0 <= left_px <= self.w_px - box.w_px + 2 * ROUNDED_PX
        return across and 0 <= top_px <= self.h_px - box.h_px + 2 * ROUNDED_PX

    def of(self, picture: Grey) -> Grey:
        """That part of a picture [h, w]; a view, not a copy."""
        return picture[self.y_px : self.y_px + self.h_px, self.x_px : self.x_px + self.w_px]


@dataclass(frozen=True, slots=True)
class Scale:
    """Main picture pixels that the two looks come to."""

    main: Size
    window: Size
    small_px: float
    """Up to this height a thing is the second look's matter."""
    least_px: float
    edge_px: int

    @classmethod
    def of(cls, main: Size, input_size: Size) -> "Scale | None":
        """None where a closer look has nothing more to show."""
        first = min(input_size.width_px / main.width_px, input_size.height_px / main.height_px)
        close = min(1.0, CLOSER * first)
        if close < LEAST_GAIN * first:
            return None
        window = Size(
            min(main.width_px, round(input_size.width_px / close)),
            min(main.height_px, round(input_size.height_px / close)),
        )
        return cls(main, window, SMALL_INPUT_PX / first, LEAST_INPUT_PX / close, math.ceil(EDGE_INPUT_PX / close))

    def uncut(self, window: Window) -> Window:
        """The part of a window in which its edge cuts nothing. The picture's own edge is no edge."""
        left_px = window.x_px + self.edge_px * (window.x_px > 0)
        top_px = window.y_px + self.edge_px * (window.y_px > 0)
        right_px, bottom_px = window.x_px + window.w_px, window.y_px + window.h_px
        right_px -= self.edge_px * (right_px < self.main.width_px)
        bottom_px -= self.edge_px * (bottom_px < self.main.height_px)
        return Window(left_px, top_px, right_px - left_px, bottom_px - top_px)


@dataclass(frozen=True, slots=True)
class Overlooked:
    """Where one look at a frame may have overlooked what is small: everywhere but in `close` (None: everywhere)."""

    small_px: float = 0.0
    close: Window | None = None

    def excuses(self, box: Box) -> bool:
        """Whether a thing that was not seen there is not missed either."""
        return box.h_px <= self.small_px and (self.close is None or not self.close.holds(box))


NOTHING = Overlooked()
"""One look at a whole picture that is all there is to see."""


def merged(
    first: tuple[Detection, ...], second: tuple[Detection, ...], window: Window, scale: Scale
) -> tuple[Detection, ...]:
    """Both looks' detections in pixels of the main picture, by kind and best first; scores are as they were.

    `second` has boxes in pixels of the window. What is not small there, or may be cut by the window's edge, is left to
    the first look. Where both see one thing, the closer look's box stays if it sees the thing at all. A person that is
    more of an animal in either look is left out.
    """
    uncut = scale.uncut(window)
    close = [_moved(d, window) for d in second if d.box.h_px <= scale.small_px]
    close = [d for d in close if uncut.holds(d.box) and not any(_piece(d, whole) for whole in first)]
    kept: list[Detection] = []
    for far in first:
        twins = [d for d in close if d.kind is far.kind and overlap(d.box, far.box) > SAME_IOU]
        if any(d.score >= min(far.score, SEEN_SCORE) for d in twins):
            continue
        close = [d for d in close if d not in twins]
        kept.append(far)
    order = {kind: n for n, kind in enumerate(ObjectKind)}
    return undisguised(tuple(sorted(kept + close, key=lambda d: (order[d.kind], -d.score))))


def _moved(detection: Detection, window: Window) -> Detection:
    box = detection.box
    moved = Box(box.x_px + window.x_px, box.y_px + window.y_px, box.w_px, box.h_px)
    return Detection(detection.kind, detection.score, moved)


def _piece(part: Detection, whole: Detection) -> bool:
    """Whether one is a piece of the other, which the first look is sure of."""
    if part.kind is not whole.kind or whole.score < SEEN_SCORE:
        return False
    little = part.box.w_px * part.box.h_px < FRAGMENT_SHARE * whole.box.w_px * whole.box.h_px
    return little and inside(part.box, whole.box) > FRAGMENT_INSIDE
