"""The loop that sees, with a clock and a camera of the test's own: it must be dark whenever the law says so."""

import itertools
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
import pytest

from firmware.config import ClipConfig, SiteConfig
from firmware.core.decode import Decoder
from firmware.core.looker import Network
from firmware.core.permit import Permit
from firmware.core.prebuffer import Prebuffer, PrebufferLimits
from firmware.drivers.clock_fake import FakeClock
from firmware.drivers.illuminator_fake import FakeIlluminator
from firmware.drivers.jpeg_pillow import encode_still
from firmware.drivers.media_memory import MemoryMediaStore
from firmware.drivers.muxer_av import FragmentedMp4
from firmware.errors import CameraError, IlluminatorError, PermitError, StoreError
from firmware.law import Law
from firmware.local import Report
from firmware.messages import (
    AlarmEvent,
    AlarmKind,
    AlarmObject,
    Detection,
    Frame,
    Grey,
    ObjectKind,
    Phase,
    RawDetections,
    Severity,
    Size,
    Track,
)
from firmware.node import Parts, run, save
from firmware.pipeline import Pipeline
from firmware.recorder import Recorder, RecorderTools
from firmware.status import Board, Names, Status
from wire.messages import Alarm

EVENING_UTC = datetime(2026, 11, 24, 18, 59, 50, tzinfo=UTC)  # 19.59.50 in Stockholm
MORNING_UTC = datetime(2026, 11, 25, 4, 59, 58, tzinfo=UTC)  # 05.59.58
PERMIT = Permit(
    id="p-1", authority="a", area="lot", time_zone="Europe/Stockholm", from_hour="20:00", until_hour="06:00",
    valid_from=date(2026, 11, 1), valid_until=date(2026, 12, 1), issued_utc=datetime(2026, 10, 1, tzinfo=UTC),
)  # fmt: skip
INPUT = Size(64, 32)
SITE = SiteConfig(site="lot")
DECODER = Decoder(INPUT, (8,), tuple(ObjectKind), (0.5,) * 6, 0.5)


class OwnCamera:
    """Gives a still frame every 0.5 s of the fake clock; `fails_at` breaks it once at that frame."""

    def __init__(self, clock: FakeClock, log: list[str], fails_at: int = -1) -> None:
        self.clock, self.log, self.fails_at = clock, log, fails_at

    def frames(self) -> Iterator[Frame]:
        self.log.append(f"open {self.clock.now_utc():%H:%M:%S}")
        for number in range(10_000):
            self.clock.advance(0.5)
            if number == self.fails_at:
                raise CameraError("no frame for 5 s")
            yield Frame(number, self.clock.monotonic_s(), np.zeros((64, 128), np.uint8), np.zeros((32, 64), np.uint8))

    def force_keyframe(self) -> None:
        raise AssertionError("nobody asks for keyframes here")

    def close(self) -> None:
        self.log.append(f"close {self.clock.now_utc():%H:%M:%S}")


class BlindDetector:
    """Sees nothing."""

    input_size = INPUT

    def infer(self, luma: Grey) -> RawDetections:
        assert luma.shape == (32, 64)
        rows = (64 // 8) * (32 // 8)
        return RawDetections(np.zeros((rows, 4), np.float32), np.full((rows, 7), -20, np.float32))


class OwnOutbox:
    def __init__(self) -> None:
        self.alarms: list[Alarm] = []
        self.full = False
        self.storage_fault = ""

    def put(self, alarm: Alarm) -> None:
        if self.full:
            raise StoreError("disk full")
        self.alarms.append(alarm)


class Ears:
    def __init__(self) -> None:
        self.reports: list[Report] = []
        self.wakes = 0

    def say(self, report: Report) -> None:
        self.reports.append(report)

    def wake(self) -> None:
        self.wakes += 1


class Paws:
    """A watchdog that counts."""

    def ready(self) -> None:
        raise AssertionError("the loop is not who tells that start-up is done")

    def __init__(self) -> None:
        self.signs = 0

    def alive(self) -> None:
        self.signs += 1

    def status(self, text: str) -> None:
        self.said = text


class FakeStop:
    """Ends the loop after some seconds of the fake clock; waiting moves that clock."""

    def __init__(self, clock: FakeClock, seconds: float) -> None:
        self.clock, self.until_s = clock, clock.monotonic_s() + seconds

    def is_set(self) -> bool:
        return self.clock.monotonic_s() >= self.until_s

    def wait(self, timeout: float) -> bool:
        self.clock.advance(max(timeout, 0.01))
        return self.is_set()


class Bench:
    """All parts of a node on a fake clock."""

    def __init__(self, now_utc: datetime, fails_at: tuple[int, ...] = ()) -> None:
        self.clock = FakeClock(now_utc)
        self.log: list[str] = []
        self.lamp = FakeIlluminator(self.clock)
        self.outbox, self.ears, self.paws = OwnOutbox(), Ears(), Paws()
        self.permit: Permit | PermitError = PERMIT
        self.detector = BlindDetector()
        failures = list(fails_at)
        recorder = lambda: Recorder(  # noqa: E731 - one expression, used once
            RecorderTools(MemoryMediaStore(), FragmentedMp4, encode_still, lambda t_s: self.clock.now_utc()),
            ClipConfig(),
            Prebuffer(PrebufferLimits(11, 15, 1_000_000)),
        )
        self.parts = Parts(
            clock=self.clock,
            law=Law(self.clock, lambda: self.permit),
            open_camera=lambda: OwnCamera(self.clock, self.log, failures.pop(0) if failures else -1),
            illuminator=self.lamp,
            outbox=self.outbox,
            build_pipeline=lambda size: Pipeline.build(SITE, size, Network(self.detector, DECODER), "watch"),
            open_recorder=recorder,
            status=Status(
                self.clock, self.ears, lambda: Board(40.0, 10**9), lambda: self.lamp.lit, lambda: 0, lambda: "p-1",
                Names("0.1.0", "first-1"),
            ),
            watchdog=self.paws,
            frame_s=0.5,
        )  # fmt: skip

    def run_for(self, seconds: float) -> None:
        run(self.parts, FakeStop(self.clock, seconds))


def lit_between(bench: Bench) -> list[bool]:
    return [change.on for change in bench.lamp.history]


def test_camera_opens_at_eight_and_not_before() -> None:
    bench = Bench(EVENING_UTC)
    bench.run_for(9)
    assert bench.log == []
    assert bench.ears.reports[-1].state == "sleeping"
    assert not bench.lamp.history
    bench.run_for(5)
    assert bench.log[0] == "open 19:00:00"
    assert bench.ears.reports[-1].state == "watching"


def test_at_six_the_camera_is_closed_and_the_lamp_dark() -> None:
    bench = Bench(MORNING_UTC)
    bench.run_for(30)
    assert bench.log == ["open 04:59:58", "close 05:00:00"]
    assert not bench.lamp.lit
    assert lit_between(bench) == [True, False]
    assert bench.ears.reports[-1].state == "sleeping"


def break_clock(bench: Bench) -> None:
    bench.clock.set_distrust("nobody has set it")


def take_permit_away(bench: Bench) -> None:
    bench.permit = PermitError("permit-missing", "permit.json: no such file")


def step_to_noon(bench: Bench) -> None:
    bench.clock.step(datetime(2026, 11, 25, 11, 0, tzinfo=UTC))


@pytest.mark.parametrize(
    ("harm", "state", "fault"),
    [
        (break_clock, "fault", "clock-untrusted"),
        (take_permit_away, "fault", "permit-missing"),
        (step_to_noon, "sleeping", ""),
    ],
)
def test_harm_in_the_night_darkens_at_the_next_frame(
    harm: Callable[[Bench], None], state: str, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = Bench(datetime(2026, 11, 24, 22, 0, tzinfo=UTC))
    seen = 0

    def alive() -> None:
        nonlocal seen
        seen += 1
        if seen == 6:
            harm(bench)

    monkeypatch.setattr(bench.paws, "alive", alive)
    bench.run_for(60)
    assert [entry.split()[0] for entry in bench.log] == ["open", "close"]
    assert not bench.lamp.lit
    last = bench.ears.reports[-1]
    assert last.state == state
    assert last.faults == ((fault,) if fault else ())


def test_a_camera_that_hangs_is_told_and_tried_again() -> None:
    bench = Bench(datetime(2026, 11, 24, 22, 0, tzinfo=UTC), fails_at=(3,))
    bench.run_for(30)
    assert bench.log[:3] == ["open 22:00:00", "close 22:00:02", "open 22:00:07"]
    states = [(report.state, report.faults) for report in bench.ears.reports]
    assert ("fault", ("camera",)) in states
    assert states[-1] == ("watching", ())
    assert any("no frame for 5 s" in report.reason for report in bench.ears.reports)


def test_the_watchdog_is_not_fed_by_a_stalled_stage() -> None:
    bench = Bench(datetime(2026, 11, 24, 22, 0, tzinfo=UTC))

    class Stalled(Exception):
        pass

    def stall(luma: Grey) -> RawDetections:
        raise Stalled

    bench.detector.infer = stall  # type: ignore[method-assign]
    with pytest.raises(Stalled):
        bench.run_for(10)
    assert bench.paws.signs == 0
    assert not bench.lamp.lit  # a bug ends the process, and the lamp goes out on the way
    assert bench.log[-1].startswith("close")


@pytest.mark.parametrize(("look_s", "looks"), [(0.1, 2.0), (0.3, 1.5), (0.6, 1.0)])
def test_a_node_that_is_behind_its_frames_looks_once(look_s: float, looks: float) -> None:
    bench = Bench(datetime(2026, 11, 24, 22, 0, tzinfo=UTC))
    bench.parts = replace(bench.parts, frame_s=0.5)
    starts: list[float] = []
    blind = bench.detector.infer

    def slow(luma: Grey) -> RawDetections:
        starts.append(bench.clock.monotonic_s())
        bench.clock.advance(look_s)
        return blind(luma)

    bench.detector.infer = slow  # type: ignore[method-assign]
    bench.run_for(60)
    frames = 1 + sum(later - sooner > look_s + 0.4 for sooner, later in itertools.pairwise(starts))
    assert len(starts) / frames == pytest.approx(looks, abs=0.1)


def alarm(seq: int) -> AlarmEvent:
    return AlarmEvent(
        id="n-1", seq=seq, phase=Phase.NEW if seq == 0 else Phase.UPDATE, kind=AlarmKind.PROWLING,
        severity=Severity.HIGH, t_s=1000.0 + seq, began_s=990.0, zone="lot", reason="at 3 cars in 41 s",
        objects=(AlarmObject(ObjectKind.PERSON, 7),),
    )  # fmt: skip


def test_what_the_disk_refuses_goes_out_later_in_order_and_with_its_true_time() -> None:
    bench = Bench(datetime(2026, 11, 24, 22, 0, tzinfo=UTC))
    bench.outbox.full = True
    save(bench.parts, (alarm(0),))
    save(bench.parts, (alarm(1),))
    assert bench.outbox.alarms == []
    bench.clock.advance(60)
    bench.outbox.full = False
    save(bench.parts, ())
    assert [(message.seq, message.t_utc.second) for message in bench.outbox.alarms] == [(0, 0), (1, 1)]


@pytest.mark.parametrize("fails_at", [(), (2,)])
def test_what_the_disk_refuses_outlives_the_watch_that_raised_it(fails_at: tuple[int, ...]) -> None:
    bench = Bench(MORNING_UTC, fails_at)  # the watch ends at 06.00, or because the camera hangs
    bench.outbox.full = True
    save(bench.parts, (alarm(0),))
    bench.run_for(30)
    assert bench.ears.reports[-1].faults[-1:] == ("storage",)
    bench.outbox.full = False
    bench.run_for(30)
    assert [message.seq for message in bench.outbox.alarms] == [0]
    assert "storage" not in bench.ears.reports[-1].faults


def test_an_alarm_that_only_ram_takes_is_a_storage_fault() -> None:
    bench = Bench(datetime(2026, 11, 24, 22, 0, tzinfo=UTC))
    bench.outbox.storage_fault = "outbox.sqlite: disk full"
    bench.run_for(10)
    assert bench.ears.reports[-1].faults == ("storage",)
    bench.outbox.storage_fault = ""
    bench.run_for(10)
    assert bench.ears.reports[-1].faults == ()


def test_a_node_whose_camera_is_unplugged_lives_to_tell() -> None:
    bench = Bench(datetime(2026, 11, 24, 22, 0, tzinfo=UTC), fails_at=(0,) * 100)
    bench.run_for(60)
    assert bench.paws.signs >= 60 / 10  # systemd kills after 30 s without one
    assert bench.ears.reports[-1].faults == ("camera",)


def test_a_lamp_that_cannot_be_driven_does_not_keep_the_camera_open(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(MORNING_UTC)
    hold = bench.lamp.hold

    def broken(on: bool) -> None:
        if not on:
            raise IlluminatorError("pin 17: cannot be driven")
        hold(on)

    monkeypatch.setattr(bench.lamp, "hold", broken)
    with pytest.raises(IlluminatorError):
        bench.run_for(30)
    assert bench.log[-1] == "close 05:00:00"


def test_a_lamp_that_cannot_be_lit_is_told_and_the_watch_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(datetime(2026, 11, 24, 22, 0, tzinfo=UTC))

    def broken(on: bool) -> None:
        if on:
            raise IlluminatorError("pin 17: cannot be driven")

    with monkeypatch.context() as patch:
        patch.setattr(bench.lamp, "hold", broken)
        bench.run_for(10)
    last = bench.ears.reports[-1]
    assert (last.state, last.faults, last.ir_on) == ("watching", ("ir",), False)
    assert last.frames >= 10
    bench.run_for(10)
    assert (bench.ears.reports[-1].faults, bench.ears.reports[-1].ir_on) == ((), True)


def test_what_is_said_of_a_dark_node_is_dark() -> None:
    """The report that says `sleeping` is made before the lamp goes out: it must not stand for long."""
    bench = Bench(MORNING_UTC)
    bench.run_for(4)
    last = bench.ears.reports[-1]
    assert (last.state, last.ir_on, last.camera_hz) == ("sleeping", False, 0.0)


def test_stop_ends_the_watch() -> None:
    bench = Bench(datetime(2026, 11, 24, 22, 0, tzinfo=UTC))
    stop = threading.Event()
    stop.set()
    run(bench.parts, stop)
    assert bench.log == []


class OneIncident:
    """Rules that raise one alarm at the second look and never end it by themselves."""

    def __init__(self) -> None:
        self.looks = 0

    def update(
        self, tracks: tuple[Track, ...], detections: tuple[Detection, ...] | None, t_s: float
    ) -> tuple[AlarmEvent, ...]:
        self.looks += 1
        return (alarm(0),) if self.looks == 2 else ()

    def close(self, t_s: float) -> tuple[AlarmEvent, ...]:
        return (replace(alarm(1), phase=Phase.END),) if self.looks >= 2 else ()


def with_one_incident(bench: Bench) -> None:
    build = bench.parts.build_pipeline
    bench.parts = replace(
        bench.parts, build_pipeline=lambda size: replace(build(size), behaviour=OneIncident())
    )


def test_an_incident_that_goes_on_at_six_is_ended_then() -> None:
    bench = Bench(datetime(2026, 11, 25, 4, 59, 55, tzinfo=UTC))
    with_one_incident(bench)
    bench.run_for(30)
    assert [(message.seq, message.phase) for message in bench.outbox.alarms] == [(0, "new"), (1, "end")]


def test_a_camera_that_is_opened_again_does_not_alarm_twice() -> None:
    bench = Bench(datetime(2026, 11, 24, 22, 0, tzinfo=UTC), fails_at=(5,))
    with_one_incident(bench)
    bench.run_for(30)
    assert [entry.split()[0] for entry in bench.log] == ["open", "close", "open", "close"]
    assert [message.phase for message in bench.outbox.alarms] == ["new", "end"]


class HangingCamera(OwnCamera):
    """Gives one frame and then nothing until it is closed."""

    def __init__(self, clock: FakeClock, log: list[str]) -> None:
        super().__init__(clock, log)
        self.closed = threading.Event()

    def frames(self) -> Iterator[Frame]:
        yield next(super().frames())
        assert self.closed.wait(20), "nobody closed the camera"

    def close(self) -> None:
        super().close()
        self.clock.advance(1.0)  # it is six now
        self.closed.set()


def test_a_camera_that_hangs_at_six_is_closed_at_six() -> None:
    bench = Bench(datetime(2026, 11, 25, 4, 59, 59, 400_000, tzinfo=UTC))
    bench.parts = replace(bench.parts, open_camera=lambda: HangingCamera(bench.clock, bench.log))
    bench.run_for(5)
    assert bench.log[0] == "open 04:59:59"
    assert bench.ears.reports[-1].state == "sleeping"
    assert not bench.lamp.lit


class FullMedia(MemoryMediaStore):
    """A RAM disk without room."""

    def put_still(self, alarm: str, jpeg: bytes) -> None:
        raise StoreError("no room for the still")


def test_a_still_that_is_lost_is_told_and_the_alarm_goes_out() -> None:
    bench = Bench(datetime(2026, 11, 24, 22, 0, tzinfo=UTC))
    with_one_incident(bench)
    tools = RecorderTools(FullMedia(), FragmentedMp4, encode_still, lambda t_s: bench.clock.now_utc())
    recorder = Recorder(tools, ClipConfig(), Prebuffer(PrebufferLimits(11, 15, 1_000_000)))
    bench.parts = replace(bench.parts, open_recorder=lambda: recorder)
    bench.run_for(8)
    assert [message.phase for message in bench.outbox.alarms] == ["new", "end"]
    assert bench.ears.reports[-1].faults == ("media",)
