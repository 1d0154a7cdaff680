"""The recorder keeps what an operator needs, and a store that fails never reaches the alarm's path."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from firmware.config import CameraConfig, ClipConfig
from firmware.core.prebuffer import Prebuffer, PrebufferLimits
from firmware.core.privacy import Masks
from firmware.drivers.encoder_av import EncoderSettings
from firmware.drivers.jpeg_pillow import encode_still
from firmware.drivers.media_memory import MemoryMediaStore
from firmware.drivers.muxer_av import FragmentedMp4
from firmware.drivers.studio import FrameMaker
from firmware.errors import StoreError
from firmware.messages import AlarmEvent, AlarmKind, Frame, Grey, Phase, Severity, Size
from firmware.ports import MediaStore
from firmware.recorder import MOST_CLIP_S, MOST_CLIPS, Recorder, RecorderTools
from tests.pictures import count_picture, decode, number_of
from wire.messages import ClipHead

SIZE = Size(96, 64)
DUSK = datetime(2026, 11, 24, 19, 0, tzinfo=UTC)
CLIP = ClipConfig(preroll_s=3.0, postroll_s=2.0)


def utc(t_s: float) -> datetime:
    return DUSK + timedelta(seconds=t_s)


def event(t_s: float, phase: Phase = Phase.NEW, name: str = "w-1", severity: Severity = Severity.MEDIUM) -> AlarmEvent:
    return AlarmEvent(name, 0, phase, AlarmKind.PROWLING, severity, t_s, t_s, "lot", "three cars", ())


@dataclass
class Watch:
    """A recorder with a camera of 10 pictures a second before it."""

    media: MediaStore
    clip: ClipConfig = CLIP
    encode: Callable[[Grey], bytes] = encode_still
    maker: FrameMaker = field(default_factory=lambda: FrameMaker(Masks(), EncoderSettings()))
    number: int = 0

    def __post_init__(self) -> None:
        tools = RecorderTools(self.media, FragmentedMp4, self.encode, utc)
        ring = Prebuffer(PrebufferLimits.of(self.clip, CameraConfig()))
        self.recorder = Recorder(tools, self.clip, ring)

    def film(self, until_s: float, *alarms: AlarmEvent, size: Size = SIZE) -> bool:
        """Up to and with the picture at `until_s`, which the alarms belong to."""
        news = False
        while self.number / 10 <= until_s + 1e-9:
            last = (self.number + 1) / 10 > until_s + 1e-9
            frame = self.maker.make(count_picture(self.number % 100, size), self.number / 10)
            news |= self.recorder.keep(frame, alarms if last else ())
            self.number += 1
        return news


def numbers(store: MemoryMediaStore, name: str = "w-1") -> list[int]:
    return [number_of(picture) for picture in decode(bytes(store.clips[name].data)).pictures]


def test_a_clip_holds_preroll_trigger_and_postroll_without_a_gap() -> None:
    store = MemoryMediaStore()
    watch = Watch(store)
    watch.film(7.4, event(7.4))
    watch.film(20.0)
    clip = store.clips["w-1"]
    start_s = (clip.head.start_utc - DUSK).total_seconds()
    assert 7.4 - 3.0 - 1.0 - 0.01 <= start_s <= 7.4 - 3.0
    assert clip.head.trigger_s == pytest.approx(7.4 - start_s, abs=0.001)
    first = round(start_s * 10)
    assert numbers(store) == list(range(first, 95))
    assert (clip.head.width_px, clip.head.height_px) == (96, 64)
    assert clip.head.codec.startswith("avc1.")
    assert clip.tail is not None


def test_the_whole_preroll_is_there_when_keep_returns() -> None:
    store = MemoryMediaStore()
    watch = Watch(store)
    assert watch.film(7.3) is False
    assert watch.film(7.4, event(7.4)) is True
    seen = numbers(store)
    assert seen[0] <= 44
    # All but the last quarter of a second, which the muxer gives with its next fragment.
    assert seen[-1] >= 74 - 3


def test_the_still_is_the_picture_of_the_alarm_and_comes_before_the_clip() -> None:
    order: list[str] = []

    class Watched(MemoryMediaStore):
        def put_still(self, alarm: str, jpeg: bytes) -> None:
            order.append("still")
            super().put_still(alarm, jpeg)

        def begin_clip(self, alarm: str, head: ClipHead) -> None:
            order.append("clip")
            super().begin_clip(alarm, head)

    store = Watched()
    Watch(store).film(5.0, event(5.0))
    assert order == ["still", "clip"]
    assert store.stills["w-1"].startswith(b"\xff\xd8")


def test_an_alarm_in_the_first_second_has_what_there_is() -> None:
    store = MemoryMediaStore()
    watch = Watch(store)
    watch.film(0.3, event(0.3))
    watch.film(5.0)
    assert numbers(store) == list(range(0, 24))
    assert store.clips["w-1"].head.trigger_s == pytest.approx(0.3)


def test_updates_prolong_the_clip_up_to_a_minute() -> None:
    store = MemoryMediaStore()
    watch = Watch(store)
    watch.film(5.0, event(5.0))
    for t_s in range(6, 80):
        watch.film(float(t_s), event(float(t_s), Phase.UPDATE))
    times_s = decode(bytes(store.clips["w-1"].data)).times_s
    assert MOST_CLIP_S <= times_s[-1] <= MOST_CLIP_S + 1.2
    assert store.clips["w-1"].tail is not None


def test_end_of_an_incident_leaves_the_postroll_as_it_is() -> None:
    store = MemoryMediaStore()
    watch = Watch(store)
    watch.film(5.0, event(5.0))
    watch.film(5.5, event(5.5, Phase.END))
    watch.film(20.0)
    assert numbers(store)[-1] == 70


def test_a_longer_roll_than_a_minute_is_what_the_configuration_says() -> None:
    store = MemoryMediaStore()
    watch = Watch(store, clip=ClipConfig(preroll_s=3.0, postroll_s=60.0))
    watch.film(4.0, event(4.0))
    watch.film(70.0)
    assert decode(bytes(store.clips["w-1"].data)).times_s[-1] >= 63.0


def test_several_clips_overlap_and_each_is_whole() -> None:
    store = MemoryMediaStore()
    watch = Watch(store)
    watch.film(5.0, event(5.0, name="a"))
    watch.film(6.0, event(6.0, name="b"), event(6.0, name="c"))
    watch.film(20.0)
    assert numbers(store, "a")[-1] == 70
    assert numbers(store, "b")[-1] == numbers(store, "c")[-1] == 80
    assert numbers(store, "b") == numbers(store, "c")


def test_one_clip_too_many_is_not_begun_but_its_still_is_kept() -> None:
    store = MemoryMediaStore()
    watch = Watch(store)
    watch.film(5.0, *(event(5.0, name=f"w-{n}") for n in range(MOST_CLIPS + 1)))
    assert list(store.clips) == [f"w-{n}" for n in range(MOST_CLIPS)]
    assert len(store.stills) == MOST_CLIPS + 1
    assert watch.recorder.counts.clips_refused == 1


def test_a_fire_takes_the_place_of_the_least_severe_which_is_kept_as_far_as_it_came() -> None:
    store = MemoryMediaStore()
    watch = Watch(store)
    lows = [event(5.0, name=f"w-{n}", severity=Severity.LOW if n == 2 else Severity.MEDIUM) for n in range(MOST_CLIPS)]
    watch.film(5.0, *lows)
    watch.film(6.0, event(6.0, name="fire", severity=Severity.HIGH))
    assert store.clips["w-2"].tail is not None
    assert numbers(store, "w-2")[-1] == 60
    assert "fire" in store.clips
    assert watch.recorder.counts.clips_cut_short == 1


def test_closing_ends_clips_as_they_are_and_forgets_the_night() -> None:
    store = MemoryMediaStore()
    watch = Watch(store)
    watch.film(5.0, event(5.0))
    watch.film(5.5)
    watch.recorder.close()
    assert store.clips["w-1"].tail is not None
    assert numbers(store)[-1] == 55
    watch.recorder.close()
    # The next evening begins without a second of the last one.
    watch.film(6.4, event(6.4, name="w-2"))
    watch.film(10.0)
    assert 55 < numbers(store, "w-2")[0] <= 60


def test_an_encoder_that_begins_anew_ends_the_film_and_the_next_begins_clean() -> None:
    store = MemoryMediaStore()
    watch = Watch(store)
    watch.film(5.0, event(5.0))
    watch.film(5.5, size=Size(128, 96))
    assert store.clips["w-1"].tail is not None
    assert decode(bytes(store.clips["w-1"].data)).size == SIZE
    assert numbers(store)[-1] == 50
    watch.film(6.0, event(6.0, name="w-2"), size=Size(128, 96))
    watch.film(9.0, size=Size(128, 96))
    assert decode(bytes(store.clips["w-2"].data)).size == Size(128, 96)
    assert numbers(store, "w-2") == list(range(51, 81))


def test_a_camera_that_was_away_leaves_a_gap_and_a_playable_film() -> None:
    store = MemoryMediaStore()
    watch = Watch(store)
    watch.film(5.0)
    watch.number, watch.maker = 62, FrameMaker(Masks(), EncoderSettings())  # away from 5.0 to 6.2
    watch.film(6.5, event(6.5))
    watch.film(12.0)
    seen = numbers(store)
    assert seen[0] <= 35
    assert seen == [*range(seen[0], 51), *range(62, 86)]


def test_a_film_without_packets_keeps_the_still_and_counts_the_clip() -> None:
    store = MemoryMediaStore()
    watch = Watch(store, maker=FrameMaker(Masks(), None))
    watch.film(5.0, event(5.0))
    watch.film(10.0)
    assert store.clips == {}
    assert list(store.stills) == ["w-1"]
    assert watch.recorder.counts.clips_empty == 1


def test_a_clip_waits_for_its_first_keyframe() -> None:
    store = MemoryMediaStore()
    watch = Watch(store)
    blind = FrameMaker(Masks(), EncoderSettings())
    for n in range(3):  # the keyframe is lost on the way
        made = blind.make(count_picture(n, SIZE), n / 10)
        packets = made.packets if n else ()
        alarms = (event(0.2),) if n == 2 else ()
        watch.recorder.keep(Frame(n, made.t_s, made.picture, made.luma, packets), alarms)
    assert store.clips == {}
    watch.number, watch.maker = 3, blind
    watch.film(5.0)
    seen = numbers(store)
    assert seen[0] <= 10
    assert seen[-1] == 22


@dataclass
class Broken:
    """A store of which some calls fail."""

    inner: MemoryMediaStore
    fails: set[str]

    def _may(self, call: str) -> None:
        if call in self.fails:
            raise StoreError(f"{call}: no space left on device")

    def put_still(self, alarm: str, jpeg: bytes) -> None:
        self._may("put_still")
        self.inner.put_still(alarm, jpeg)

    def begin_clip(self, alarm: str, head: ClipHead) -> None:
        self._may("begin_clip")
        self.inner.begin_clip(alarm, head)

    def append_clip(self, alarm: str, data: bytes) -> None:
        self._may("append_clip")
        self.inner.append_clip(alarm, data)

    def end_clip(self, alarm: str) -> None:
        self._may("end_clip")
        self.inner.end_clip(alarm)


@pytest.mark.parametrize("call", ["put_still", "begin_clip", "append_clip", "end_clip"])
def test_a_store_that_refuses_is_counted_told_and_never_raised(call: str, caplog: pytest.LogCaptureFixture) -> None:
    store = Broken(MemoryMediaStore(), {call})
    watch = Watch(store)
    watch.film(5.0, event(5.0))
    watch.film(10.0)
    watch.recorder.close()
    assert watch.recorder.counts.store_faults >= 1
    assert f"lost: {call}: no space left on device" in caplog.text
    store.fails.clear()
    watch.film(14.0, event(14.0, name="w-2"))
    watch.film(20.0)
    assert store.inner.clips["w-2"].tail is not None
    assert watch.recorder.fault == ""


def test_a_clip_whose_store_failed_in_the_middle_ends_there_and_still_plays() -> None:
    store = Broken(MemoryMediaStore(), set())
    watch = Watch(store)
    watch.film(5.0, event(5.0))
    watch.film(5.6)
    store.fails = {"append_clip"}
    watch.film(6.2)
    store.fails = set()
    watch.film(12.0)
    seen = numbers(store.inner)
    assert seen == list(range(seen[0], seen[-1] + 1))
    assert 50 <= seen[-1] <= 56
    assert store.inner.clips["w-1"].tail is not None


def test_the_ring_of_the_default_configuration_is_a_few_megabytes() -> None:
    limits = PrebufferLimits.of(ClipConfig(), CameraConfig())
    assert limits.keep_s >= 10.0
    assert limits.most_bytes < 5_000_000
