"""One watch's eyes with a detector that finds whatever is bright and high enough in the picture it is given."""

import numpy as np

from firmware.core.boxes import overlap
from firmware.core.decode import Decoder, letterboxed_size
from firmware.core.ground import Ground
from firmware.core.looker import Look, Looker, Network
from firmware.core.tracker import Tracker
from firmware.drivers.scaling import detector_luma, scaled
from firmware.messages import Box, Frame, Grey, ObjectKind, RawDetections, Size, Track
from tests.nights.world import SIZE, calibration, cuboid

INPUT, STRIDE = Size(512, 288), 8
LEAST_PX = 15  # what is lower in the network's own picture, it does not see
DECODER = Decoder(INPUT, (STRIDE,), tuple(ObjectKind), (0.5,) * len(ObjectKind), 0.5)
NOISE = np.random.default_rng(3).integers(40, 60, (4, SIZE.height_px, SIZE.width_px), dtype=np.uint8)


class Bright:
    """Takes runs of columns with something bright in them for people; counts its looks."""

    input_size = INPUT

    def __init__(self) -> None:
        self.looks = 0

    def infer(self, luma: Grey) -> RawDetections:
        self.looks += 1
        height_px, width_px = luma.shape
        bright = scaled(luma, letterboxed_size(Size(width_px, height_px), INPUT)) > 140
        cells = (INPUT.height_px // STRIDE, INPUT.width_px // STRIDE)
        boxes = np.zeros((*cells, 4), np.float32)
        scores = np.full((*cells, 1 + len(ObjectKind)), -20, np.float32)
        edges = np.flatnonzero(np.diff(np.pad(bright.any(axis=0), 1).astype(int)))
        for left, right in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
            rows = np.flatnonzero(bright[:, left:right].any(axis=1))
            top, high = int(rows[0]), int(rows[-1] - rows[0] + 1)
            if high < LEAST_PX:
                continue
            x, y = (left + right) / 2 / STRIDE, (top + high / 2) / STRIDE
            cell = int(y), int(x)
            boxes[cell] = x - cell[1], y - cell[0], np.log((right - left) / STRIDE), np.log(high / STRIDE)
            scores[cell][[0, 1]] = 3.0
        return RawDetections(boxes.reshape(-1, 4), scores.reshape(-1, 1 + len(ObjectKind)))


class Watch:
    """A looker and the tracker behind it, 10 frames a second."""

    def __init__(self, second_look: bool = True, size: Size = SIZE) -> None:
        ground = Ground(calibration(), size)
        self.detector = Bright()
        self.looker = Looker.build(Network(self.detector, DECODER, second_look), size, ground)
        self.tracker = Tracker(ground)
        self.tracks: tuple[Track, ...] = ()
        self.frames = 0

    def see(self, *people: Box, hurried: bool = False) -> Look | None:
        picture = NOISE[self.frames % len(NOISE)].copy()
        for box in people:
            left, top = round(box.x_px), round(box.y_px)
            picture[top : top + round(box.h_px), left : left + round(box.w_px)] = 230
        frame = Frame(self.frames, self.frames / 10, picture, detector_luma(picture))
        look = self.looker.look(frame, self.tracks, hurried)
        if look is None:
            self.tracks = self.tracker.update(None, frame.t_s)
        else:
            self.tracks = self.tracker.update(look.detections, frame.t_s, look.overlooked)
        self.frames += 1
        return look


def far(x_m: float, y_m: float = 56) -> Box:
    """Somebody who is 24 to 30 px high in 1280 x 720, and 10 to 12 in the first look."""
    box = cuboid((x_m, y_m), (0.7, 0.4, 1.6))
    assert 24 < box.h_px < 30
    return box


def found(look: Look | None, box: Box) -> bool:
    return look is not None and any(overlap(one.box, box) > 0.5 for one in look.detections)


def test_somebody_25_px_high_who_walks_is_found_and_followed_but_for_the_far_rows_turns() -> None:
    watch = Watch()
    for _ in range(30):
        watch.see()
    finds = []
    for step in range(60):
        box = far(-8 + 0.13 * step)
        finds.append(found(watch.see(box), box))
        if step >= 15:
            (track,) = watch.tracks
            assert (track.kind, track.id) == (ObjectKind.PERSON, 1)
            assert watch.frames / 10 - track.seen_s < 0.25  # never missed twice
    assert sum(finds[:10]) >= 7
    assert sum(finds[10:]) >= 47


def test_without_a_second_look_nobody_finds_him() -> None:
    watch = Watch(second_look=False)
    looks = [watch.see(far(-8 + 0.13 * step)) for step in range(40)]
    assert all(look is not None and look.detections == () for look in looks)
    assert watch.detector.looks == 40


def test_two_at_both_ends_of_the_lot_are_both_followed_without_a_gap() -> None:
    watch = Watch()
    for step in range(80):
        watch.see(far(-30 + 0.13 * step), far(30 - 0.02 * step, 54))
        if step >= 30:
            assert [track.id for track in watch.tracks] == [1, 2]
            assert all(watch.frames / 10 - track.seen_s < 0.6 for track in watch.tracks)


def test_whoever_has_gone_is_forgotten_as_fast_as_anybody() -> None:
    watch = Watch()
    for step in range(40):
        watch.see(far(-8 + 0.13 * step))
    assert watch.tracks
    for _ in range(45):
        watch.see()
    assert watch.tracks == ()


def test_one_look_where_time_is_short_and_two_where_it_is_not() -> None:
    watch = Watch()
    look = watch.see(far(0), hurried=True)
    assert look is not None
    assert (watch.detector.looks, look.window) == (1, None)
    look = watch.see(far(0))
    assert look is not None
    assert look.window is not None
    assert watch.detector.looks == 3


def test_on_a_still_lot_the_second_look_rests_with_the_first() -> None:
    watch = Watch()
    looks = [watch.see() for _ in range(60)]
    assert sum(look is not None for look in looks[10:]) == 5
    assert all(look.window is not None for look in looks if look is not None)
