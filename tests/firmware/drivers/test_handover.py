"""Between the camera's threads and the loop: bounded, counted, and nobody waits for ever."""

import threading
import time

from firmware.drivers.handover import Newest, PacketQueue
from firmware.messages import Packet


def packet(number: int, *, keyframe: bool = False) -> Packet:
    return Packet(number / 10, keyframe, b"x")


def test_a_loop_that_is_late_gets_the_newest() -> None:
    newest: Newest[int] = Newest(2)
    for number in range(10):
        newest.put(number)
    assert [newest.get(0), newest.get(0), newest.get(0)] == [8, 9, None]
    assert newest.dropped == 8


def test_waiting_ends_with_the_first_thing() -> None:
    newest: Newest[str] = Newest(2)
    threading.Timer(0.05, newest.put, ["light"]).start()
    assert newest.get(5.0) == "light"


def test_waiting_ends_when_it_is_closed() -> None:
    newest: Newest[str] = Newest(2)
    threading.Timer(0.05, newest.close).start()
    began_s = time.monotonic()
    assert newest.get(5.0) is None
    assert time.monotonic() - began_s < 4.0


def test_nothing_comes_after_closing() -> None:
    newest: Newest[int] = Newest(2)
    newest.put(1)
    newest.close()
    assert newest.get(0) is None


def test_packets_come_in_order_and_once() -> None:
    queue = PacketQueue(10)
    for number in range(5):
        queue.put(packet(number, keyframe=number == 0))
    assert [p.t_s for p in queue.take()] == [0.0, 0.1, 0.2, 0.3, 0.4]
    assert queue.take() == ()


def test_a_full_queue_begins_anew_with_a_keyframe_and_counts_the_rest() -> None:
    queue = PacketQueue(10)
    for number in range(25):
        queue.put(packet(number, keyframe=number % 8 == 0))
    taken = queue.take()
    assert taken[0].keyframe
    assert [p.t_s for p in taken] == [number / 10 for number in range(16, 25)]
    assert queue.dropped + len(taken) == 25
