"""The courier against a model of broker and centre: nothing is forgotten, alarms go first and in order."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from firmware.core.clip_progress import SendChunk, SendHead, SendTail
from firmware.core.delivery import Action, AlarmRef, Courier, Pace, SendAlarm, is_delayed
from firmware.core.media_delivery import OVERHEAD_BYTES, ClipStock, SendStill, StillStock

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
FIRST, SECOND, THIRD = AlarmRef("a", 0), AlarmRef("a", 1), AlarmRef("b", 0)
DONE, NO_LISTENER, NOT_AUTHORISED, TOO_LARGE = 0x00, 0x10, 0x87, 0x95


class Wire:
    """Takes actions off a courier and numbers them."""

    def __init__(self, courier: Courier) -> None:
        self.courier = courier
        self.token = 0

    def send_all(self, t_s: float) -> dict[int, Action]:
        sent: dict[int, Action] = {}
        while (action := self.courier.next(t_s)) is not None:
            self.token += 1
            self.courier.sent(action, self.token, t_s)
            sent[self.token] = action
            assert len(sent) < 100
        return sent

    def ack_all(self, sent: dict[int, Action], t_s: float, reason: int = DONE) -> None:
        for token in sent:
            self.courier.acked(token, reason, t_s)


def online(*refs: AlarmRef, max_packet_bytes: int | None = None, pace: Pace | None = None) -> Wire:
    courier = Courier(pace or Pace())
    courier.connected(max_packet_bytes, 0.0)
    for ref in refs:
        courier.alarm_waiting(ref, 0.0)
    return Wire(courier)


def test_offline_nothing_is_sent_and_on_connecting_everything_in_order() -> None:
    courier = Courier(Pace())
    for ref in (FIRST, SECOND, THIRD):
        courier.alarm_waiting(ref, 0.0)
    assert courier.next(0.0) is None
    courier.connected(None, 1.0)
    assert list(Wire(courier).send_all(1.0).values()) == [SendAlarm(FIRST), SendAlarm(SECOND), SendAlarm(THIRD)]


def test_an_alarm_is_sent_again_after_10_30_60_and_60_seconds_until_it_is_received() -> None:
    wire = online(FIRST)
    wire.ack_all(wire.send_all(0.0), 0.0)
    t_s = 0.0
    for wait_s in (10.0, 30.0, 60.0, 60.0, 60.0):
        assert wire.courier.due_s(t_s) == t_s + wait_s
        assert wire.send_all(t_s + wait_s - 0.1) == {}
        t_s += wait_s
        sent = wire.send_all(t_s)
        assert list(sent.values()) == [SendAlarm(FIRST)]
        wire.ack_all(sent, t_s)
    wire.courier.alarm_received(FIRST)
    assert wire.send_all(t_s + 1000.0) == {}
    assert wire.courier.alarms_waiting == 0


def test_a_puback_is_no_receipt() -> None:
    wire = online(FIRST)
    wire.ack_all(wire.send_all(0.0), 0.0)
    assert wire.courier.alarms_waiting == 1
    wire.courier.disconnected(None)
    wire.courier.connected(None, 5.0)
    assert list(wire.send_all(5.0).values()) == [SendAlarm(FIRST)]


def test_when_nobody_listens_the_oldest_is_tried_and_the_rest_follows_in_order() -> None:
    wire = online(FIRST, SECOND, THIRD)
    wire.ack_all(wire.send_all(0.0), 0.0, NO_LISTENER)
    assert wire.courier.faults == ("no-listener",)
    assert wire.courier.due_s(0.0) == 10.0
    probe = wire.send_all(10.0)
    assert list(probe.values()) == [SendAlarm(FIRST)]
    wire.ack_all(probe, 10.0, NO_LISTENER)
    assert wire.courier.due_s(10.0) == 40.0
    wire.courier.alarm_waiting(AlarmRef("c", 0), 15.0)  # a new alarm is a reason to try at once
    probe = wire.send_all(15.0)
    assert list(probe.values()) == [SendAlarm(FIRST)]
    wire.ack_all(probe, 15.0)
    assert wire.courier.faults == ()
    assert list(wire.send_all(15.0).values()) == [SendAlarm(SECOND), SendAlarm(THIRD), SendAlarm(AlarmRef("c", 0))]


def test_a_refused_alarm_is_a_fault_and_holds_up_no_other() -> None:
    wire = online(FIRST, SECOND)
    one, two = wire.send_all(0.0)
    wire.courier.acked(two, DONE, 0.0)
    wire.courier.acked(one, NOT_AUTHORISED, 0.0)
    assert wire.courier.faults == ("alarm-refused-87",)
    again = wire.send_all(10.0)
    assert list(again.values()) == [SendAlarm(FIRST), SendAlarm(SECOND)]
    wire.ack_all(again, 10.0)
    assert wire.courier.faults == ()


def test_alarms_go_before_media_and_a_still_before_a_clip() -> None:
    wire = online()
    wire.courier.media.stock([StillStock("a", 9000)], [ClipStock("a", 100_000, ended=True)])
    wire.courier.alarm_waiting(FIRST, 0.0)
    sent = list(wire.send_all(0.0).values())
    assert sent == [SendAlarm(FIRST), SendStill("a"), SendHead("a")]


def test_with_a_full_window_of_media_an_alarm_still_goes_out() -> None:
    wire = online()
    wire.courier.media.stock([], [ClipStock("a", 500_000, ended=True)])
    assert len(wire.send_all(0.0)) == 2
    wire.courier.alarm_waiting(FIRST, 0.1)
    assert list(wire.send_all(0.1).values()) == [SendAlarm(FIRST)]


def test_an_alarm_without_an_answer_for_a_minute_means_a_stuck_connection_but_media_does_not() -> None:
    wire = online()
    wire.courier.media.stock([], [ClipStock("a", 500_000, ended=True)])
    wire.send_all(0.0)
    assert not wire.courier.stuck(1000.0)
    wire.courier.alarm_waiting(FIRST, 1000.0)
    wire.send_all(1000.0)
    assert not wire.courier.stuck(1060.0)
    assert wire.courier.stuck(1060.1)
    wire.courier.disconnected(None)
    assert not wire.courier.stuck(2000.0)


def test_what_is_gone_or_cannot_be_read_just_now_blocks_nothing() -> None:
    wire = online(FIRST, SECOND, THIRD)
    assert wire.courier.next(0.0) == SendAlarm(FIRST)
    wire.courier.gone(SendAlarm(FIRST))
    assert wire.courier.next(0.0) == SendAlarm(SECOND)
    wire.courier.postponed(SendAlarm(SECOND), 0.0)
    assert list(wire.send_all(0.0).values()) == [SendAlarm(THIRD)]
    assert list(wire.send_all(10.0).values()) == [SendAlarm(SECOND)]


@pytest.mark.parametrize(
    ("age_s", "late"), [(0.0, False), (30.0, False), (30.1, True), (-2.0, False), (-2.1, True), (86400.0, True)]
)
def test_delayed_is_later_than_30_s_or_from_the_future(age_s: float, late: bool) -> None:
    assert is_delayed(NOON, NOON + timedelta(seconds=age_s), 30.0) is late


class CourierMachine(RuleBasedStateMachine):
    """A broker that loses connections and answers as it likes, a centre that receives what it likes."""

    @initialize()
    def begin(self) -> None:
        self.courier = Courier(Pace())
        self.t_s = 0.0
        self.online = False
        self.token = self.made = 0
        self.flying: dict[int, Action] = {}
        self.waiting: list[AlarmRef] = []
        self.sizes: dict[str, int] = {}
        self.ended: set[str] = set()
        self.arrived: dict[str, set[int]] = {}
        self.heads: set[str] = set()
        self.packet_bytes: int | None = None
        self.since_connect: list[AlarmRef] = []
        self.silent = False

    @rule(seconds=st.floats(0.01, 100.0))
    def time_passes(self, seconds: float) -> None:
        self.t_s += seconds

    @rule(packet_bytes=st.sampled_from([None, 4096 + OVERHEAD_BYTES, 20_000, 65_536, 1 << 20]))
    def connect(self, packet_bytes: int | None) -> None:
        if not self.online:
            self.online, self.packet_bytes, self.since_connect, self.silent = True, packet_bytes, [], False
            self.courier.connected(packet_bytes, self.t_s)

    @precondition(lambda self: self.online)
    @rule()
    def disconnect(self) -> None:
        self.online = False
        self.flying.clear()
        self.courier.disconnected(None)

    @rule()
    def alarm(self) -> None:
        self.made += 1
        ref = AlarmRef(f"alarm-{self.made // 3}", self.made % 3)
        self.waiting.append(ref)
        self.courier.alarm_waiting(ref, self.t_s)
        self.courier.alarm_waiting(ref, self.t_s)  # twice is once

    @rule(size=st.integers(0, 200_000), ended=st.booleans(), data=st.data())
    def film(self, size: int, ended: bool, data: st.DataObject) -> None:
        growing = [name for name in self.sizes if name not in self.ended]
        name = data.draw(st.sampled_from([*growing, f"clip-{len(self.sizes)}"]))
        self.sizes[name] = max(self.sizes.get(name, 0), size)
        self.arrived.setdefault(name, set())
        if ended:
            self.ended.add(name)
        self._stock()

    def _stock(self) -> None:
        clips = [ClipStock(name, size, name in self.ended) for name, size in self.sizes.items()]
        self.courier.media.stock([], clips)

    @precondition(lambda self: self.sizes)
    @rule(data=st.data(), first=st.integers(0, 200_000), length=st.integers(1, 50_000), whole=st.booleans())
    def clip_resend(self, data: st.DataObject, first: int, length: int, whole: bool) -> None:
        name = data.draw(st.sampled_from(sorted(self.sizes)))
        assert self.courier.media.resend(name, () if whole else ((first, first + length),))

    @rule(most=st.integers(1, 30))
    def send(self, most: int) -> None:
        for _ in range(most):
            action = self.courier.next(self.t_s)
            if action is None:
                return
            assert self.online
            self.token += 1
            self._check(action)
            self.courier.sent(action, self.token, self.t_s)
            self.flying[self.token] = action

    def _check(self, action: Action) -> None:
        media = [one for one in self.flying.values() if not isinstance(one, SendAlarm)]
        if isinstance(action, SendAlarm):
            assert action.ref in self.waiting
            fresh = action.ref not in self.since_connect
            if fresh and not self.silent:
                # First time on this connection: everything older has gone before.
                older = self.waiting[: self.waiting.index(action.ref)]
                assert all(ref in self.since_connect for ref in older)
            self.since_connect.append(action.ref)
            return
        assert len(media) < 2
        if isinstance(action, SendChunk):
            assert 0 < action.length <= 64 * 1024
            assert action.offset + action.length <= self.sizes[action.alarm]
            assert self.packet_bytes is None or action.length + OVERHEAD_BYTES <= self.packet_bytes
        if isinstance(action, SendTail):
            assert action.alarm in self.ended
            assert self._all_there(action.alarm)

    def _all_there(self, name: str) -> bool:
        return self.arrived[name] >= set(range(0, self.sizes[name], 997)) and name in self.heads

    @precondition(lambda self: self.flying)
    @rule(data=st.data(), reason=st.sampled_from([DONE, DONE, DONE, NO_LISTENER]))
    def puback(self, data: st.DataObject, reason: int) -> None:
        token = data.draw(st.sampled_from(sorted(self.flying)))
        action = self.flying.pop(token)
        if isinstance(action, SendAlarm):
            self.silent = self.silent or reason == NO_LISTENER
        piece = self.courier.acked(token, reason, self.t_s)
        if reason != DONE:
            assert piece is None
            return
        if isinstance(action, SendHead):
            self.heads.add(action.alarm)
        elif isinstance(action, SendChunk):
            assert piece == action
            span = range(action.offset, action.offset + action.length)
            self.arrived[action.alarm] |= {byte for byte in range(0, self.sizes[action.alarm], 997) if byte in span}

    @precondition(lambda self: self.waiting)
    @rule(data=st.data())
    def receipt(self, data: st.DataObject) -> None:
        ref = data.draw(st.sampled_from(self.waiting))
        self.waiting.remove(ref)
        self.courier.alarm_received(ref)

    @invariant()
    def counts_are_right(self) -> None:
        if hasattr(self, "courier"):
            assert self.courier.alarms_waiting == len(self.waiting)
            assert sum(isinstance(one, SendAlarm) for one in self.flying.values()) <= Pace().alarms_in_flight

    @invariant()
    def nothing_waits_for_nothing(self) -> None:
        """Online, with alarms waiting and nothing in flight: there is something to do now or at a known time."""
        if hasattr(self, "courier") and self.online and self.waiting and not self.flying:
            due_s = self.courier.due_s(self.t_s)
            assert self.courier.next(self.t_s) is not None or (due_s is not None and due_s <= self.t_s + 60.0)

    def teardown(self) -> None:
        """With a broker and a centre that work, everything arrives in the end."""
        if not hasattr(self, "courier"):
            return
        for token in list(self.flying):
            self.flying.pop(token)
        if self.online:
            self.courier.disconnected(None)
        self.ended |= set(self.sizes)
        self.online, self.packet_bytes, self.since_connect, self.silent = True, None, [], False
        self.courier.connected(None, self.t_s)
        self._stock()
        for _ in range(2000):
            action = self.courier.next(self.t_s)
            if action is None and not self.waiting and all(self._all_there(name) for name in self.sizes):
                return
            if action is None:
                self.t_s += 61.0
                continue
            self.token += 1
            self.courier.sent(action, self.token, self.t_s)
            self.flying[self.token] = action
            self._finish(action)
        raise AssertionError(f"still waiting: {self.waiting}")

    def _finish(self, action: Action) -> None:
        self.flying.clear()
        self.courier.acked(self.token, DONE, self.t_s)
        if isinstance(action, SendAlarm):
            self.courier.alarm_received(action.ref)
            self.waiting.remove(action.ref)
        elif isinstance(action, SendHead):
            self.heads.add(action.alarm)
        elif isinstance(action, SendChunk):
            span = range(action.offset, action.offset + action.length)
            self.arrived[action.alarm] |= {byte for byte in range(0, self.sizes[action.alarm], 997) if byte in span}


TestCourier = CourierMachine.TestCase
TestCourier.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
