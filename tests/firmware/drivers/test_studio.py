"""Masks come first: before scaling, before encoding."""

import numpy as np

from firmware.core.privacy import Masks
from firmware.drivers.encoder_av import EncoderSettings
from firmware.drivers.studio import FrameMaker
from firmware.messages import Size
from tests.pictures import decode_h264

LEFT_HALF = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))


def test_nothing_of_a_hidden_part_reaches_picture_luma_or_film() -> None:
    maker = FrameMaker(Masks([LEFT_HALF]), EncoderSettings())
    secret = np.zeros((720, 1280), np.uint8)
    secret[:, :640] = 255  # whatever is not black now comes from the hidden part
    frame = maker.make(secret, 0.0)
    (film,) = decode_h264([packet.data for packet in frame.packets])
    assert not frame.picture.any()
    assert not frame.luma.any()
    assert film.max() <= 2
    assert secret[:, :640].all()  # the camera's own picture is not touched


def test_what_is_not_hidden_is_still_seen() -> None:
    frame = FrameMaker(Masks([LEFT_HALF]), EncoderSettings()).make(np.full((720, 1280), 255, np.uint8), 0.0)
    (film,) = decode_h264([packet.data for packet in frame.packets])
    assert (frame.picture[:, 641:] == 255).all()
    assert (frame.luma[:, 316:] == 255).all()
    assert film[:, 660:].min() >= 250


def test_numbers_and_times_go_on_and_sizes_fit() -> None:
    maker = FrameMaker(Masks(), None, Size(512, 288))
    frames = [maker.make(np.zeros((720, 1280), np.uint8), t_s) for t_s in (0.5, 0.7)]
    assert [(frame.number, frame.t_s) for frame in frames] == [(0, 0.5), (1, 0.7)]
    assert frames[0].size == Size(1280, 720)
    assert frames[0].luma.shape == (288, 512)
    assert frames[0].packets == ()


def test_an_odd_picture_loses_its_last_row_and_column() -> None:
    frame = FrameMaker(Masks(), EncoderSettings()).make(np.zeros((101, 203), np.uint8), 0.0)
    assert frame.size == Size(202, 100)
    assert len(frame.packets) == 1


def test_another_size_begins_a_new_stream_with_a_keyframe() -> None:
    maker = FrameMaker(Masks(), EncoderSettings())
    maker.make(np.zeros((64, 96), np.uint8), 0.0)
    assert not maker.make(np.zeros((64, 96), np.uint8), 0.1).packets[0].keyframe
    assert maker.make(np.zeros((96, 64), np.uint8), 0.2).packets[0].keyframe


def test_a_forced_keyframe_comes() -> None:
    maker = FrameMaker(Masks(), EncoderSettings())
    maker.force_keyframe()  # before there is an encoder: the first is one anyway
    maker.make(np.zeros((64, 96), np.uint8), 0.0)
    maker.force_keyframe()
    assert maker.make(np.zeros((64, 96), np.uint8), 0.1).packets[0].keyframe
