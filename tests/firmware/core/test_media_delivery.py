import pytest

from firmware.core.clip_progress import ClipProgress, SendChunk, SendHead, SendTail
from firmware.core.media_delivery import OVERHEAD_BYTES, ClipStock, MediaQueue, Piece, SendStill, StillStock

KIB = 1024
DONE, NO_LISTENER, TOO_LARGE, NOT_AUTHORISED = 0x00, 0x10, 0x95, 0x87


class Pipe:
    """Sends what the queue gives; answers by `verdict(piece)`."""

    def __init__(self, queue: MediaQueue) -> None:
        self.queue = queue
        self.token = 0
        self.sent: list[Piece] = []

    def run(self, t_s: float, verdict: int = DONE, most_bytes: int | None = None, took_s: float = 1.0) -> None:
        for _ in range(1000):
            piece = self.queue.next(t_s)
            if piece is None:
                return
            self.token += 1
            self.sent.append(piece)
            self.queue.sent(piece, self.token, t_s)
            length = piece.length if isinstance(piece, SendChunk) else 0
            too_large = most_bytes is not None and length > most_bytes
            self.queue.acked(self.token, TOO_LARGE if too_large else verdict, t_s + took_s)
        raise AssertionError("no end")

    @property
    def chunks(self) -> list[SendChunk]:
        return [piece for piece in self.sent if isinstance(piece, SendChunk)]


def queue_with(size: int, ended: bool = True, chunk_bytes: int = 32 * KIB, resume_at: int = 0) -> MediaQueue:
    queue = MediaQueue(chunk_bytes, 30.0)
    queue.connected(None, 0.0)
    queue.stock([], [ClipStock("a", size, ended, resume_at)])
    return queue


def test_a_clip_goes_as_head_chunks_and_tail() -> None:
    pipe = Pipe(queue_with(70 * KIB))
    pipe.run(0.0)
    assert pipe.sent == [
        SendHead("a"),
        SendChunk("a", 0, 32 * KIB),
        SendChunk("a", 32 * KIB, 32 * KIB),
        SendChunk("a", 64 * KIB, 6 * KIB),
        SendTail("a"),
    ]


def test_at_most_two_pieces_are_in_flight() -> None:
    queue = queue_with(500 * KIB)
    for token in (1, 2):
        piece = queue.next(0.0)
        assert piece is not None
        queue.sent(piece, token, 0.0)
    assert queue.next(0.0) is None
    queue.acked(1, DONE, 0.1)
    assert queue.next(0.1) == SendChunk("a", 32 * KIB, 32 * KIB)


@pytest.mark.parametrize("wanted", [1, 32 * KIB, 1 << 20])
def test_a_chunk_never_exceeds_64_kib_and_4_kib_is_the_least(wanted: int) -> None:
    pipe = Pipe(queue_with(300 * KIB, chunk_bytes=wanted))
    pipe.run(0.0)
    assert max(piece.length for piece in pipe.chunks) == max(4 * KIB, min(wanted, 64 * KIB))


def test_chunks_fit_in_the_brokers_maximum_packet_size() -> None:
    queue = queue_with(100_000)
    queue.connected(10_000, 0.0)
    pipe = Pipe(queue)
    pipe.run(0.0)
    assert max(piece.length for piece in pipe.chunks) == 10_000 - OVERHEAD_BYTES


@pytest.mark.parametrize("most_bytes", [32 * KIB, 20_000, 5_000, 4 * KIB])
def test_a_refused_chunk_halves_the_size_until_it_fits(most_bytes: int) -> None:
    pipe = Pipe(queue_with(100_000))
    pipe.run(0.0, most_bytes=most_bytes)
    assert pipe.sent[-1] == SendTail("a")
    assert pipe.queue.refused == 0
    arrived = {byte for piece in pipe.chunks if piece.length <= most_bytes for byte in range(*piece.span)}
    assert arrived == set(range(100_000))


def test_two_refusals_in_flight_halve_only_once() -> None:
    queue = queue_with(500 * KIB)
    Pipe(queue).run(0.0, verdict=NO_LISTENER)  # the head waits 30 s
    head = queue.next(31.0)
    assert head == SendHead("a")
    queue.sent(head, 100, 31.0)
    queue.acked(100, DONE, 31.0)
    for token in (101, 102):
        piece = queue.next(31.0)
        assert isinstance(piece, SendChunk) and piece.length == 32 * KIB
        queue.sent(piece, token, 31.0)
    queue.acked(101, TOO_LARGE, 31.1)
    queue.acked(102, TOO_LARGE, 31.1)
    piece = queue.next(31.1)
    assert isinstance(piece, SendChunk) and piece.length == 16 * KIB


def test_refused_at_4_kib_the_clip_is_given_up_and_counted_and_stays_so() -> None:
    pipe = Pipe(queue_with(100_000))
    pipe.run(0.0, most_bytes=4 * KIB - 1)
    assert pipe.queue.refused == 1
    assert min(piece.length for piece in pipe.chunks) == 4 * KIB
    pipe.queue.stock([], [ClipStock("a", 100_000, True)])
    assert pipe.queue.next(1000.0) is None
    pipe.queue.stock([], [])
    pipe.queue.stock([], [ClipStock("a", 100_000, True)])
    assert pipe.queue.next(1000.0) == SendHead("a")


def test_a_packet_limit_below_the_least_chunk_gives_clips_and_stills_up_without_trying() -> None:
    queue = queue_with(100_000)
    queue.stock([StillStock("a", 9_000)], [ClipStock("a", 100_000, True)])
    queue.connected(4_000, 0.0)
    assert queue.next(0.0) is None
    assert queue.refused == 2


def test_a_disconnect_with_packet_too_large_counts_against_the_largest_in_flight() -> None:
    queue = queue_with(200 * KIB)
    head, chunk = queue.next(0.0), None
    assert head is not None
    queue.sent(head, 1, 0.0)
    chunk = queue.next(0.0)
    assert isinstance(chunk, SendChunk)
    queue.sent(chunk, 2, 0.0)
    queue.disconnected(TOO_LARGE)
    queue.connected(None, 1.0)
    pipe = Pipe(queue)
    pipe.run(1.0, took_s=0.1)  # so quick that chunks would grow
    assert pipe.sent[:2] == [SendHead("a"), SendChunk("a", 0, 16 * KIB)]
    assert max(piece.length for piece in pipe.chunks) == 16 * KIB


def test_connections_that_die_of_media_make_media_wait_longer_each_time() -> None:
    queue = queue_with(200 * KIB)
    t_s, waits = 0.0, []
    for token in range(7):
        queue.connected(None, t_s)
        due_s = queue.due_s(t_s)
        waits.append(0.0 if due_s is None else due_s - t_s)
        t_s += waits[-1]
        piece = queue.next(t_s)
        assert piece is not None
        queue.sent(piece, token, t_s)
        queue.disconnected(None)
    assert waits == [0.0, 0.0, 5.0, 15.0, 60.0, 300.0, 300.0]
    queue.connected(None, t_s)
    piece = queue.next(t_s + 300.0)
    assert piece is not None
    queue.sent(piece, 100, t_s + 300.0)
    queue.acked(100, DONE, t_s + 300.1)  # something arrives: all is forgiven
    queue.disconnected(None)
    queue.connected(None, t_s + 400.0)
    assert queue.due_s(t_s + 400.0) is None


def test_a_link_too_slow_for_two_chunks_gets_smaller_ones_on_the_next_connection() -> None:
    queue, lengths = queue_with(200 * KIB), []
    Pipe(queue).run(0.0, verdict=NO_LISTENER)
    head = queue.next(31.0)
    assert head == SendHead("a")
    queue.sent(head, 0, 31.0)
    queue.acked(0, DONE, 31.0)
    for token in range(1, 6):
        piece = queue.next(1000.0 * token)
        assert isinstance(piece, SendChunk)
        lengths.append(piece.length)
        queue.sent(piece, token, 1000.0 * token)
        queue.disconnected(None)
        queue.connected(None, 1000.0 * token)
    assert lengths == [32 * KIB, 16 * KIB, 8 * KIB, 4 * KIB, 4 * KIB]


def test_when_nobody_listens_media_waits_and_nothing_is_lost() -> None:
    pipe = Pipe(queue_with(70 * KIB))
    pipe.run(0.0, verdict=NO_LISTENER)
    assert pipe.sent == [SendHead("a")]
    assert pipe.queue.due_s(1.0) == 31.0
    pipe.run(31.0)
    assert pipe.sent[-1] == SendTail("a")


def test_a_piece_that_is_not_allowed_is_given_up() -> None:
    queue = queue_with(70 * KIB)
    queue.stock([StillStock("b", 9_000)], [ClipStock("a", 70 * KIB, True)])
    pipe = Pipe(queue)
    pipe.run(0.0, verdict=NOT_AUTHORISED)
    assert pipe.sent == [SendStill("b"), SendHead("a")]
    assert queue.refused == 2


def test_the_tail_comes_again_until_the_centre_has_the_clip() -> None:
    pipe = Pipe(queue_with(1000))
    pipe.run(0.0, took_s=0.0)
    t_s = 0.0
    for wait_s in (30.0, 60.0, 120.0, 300.0, 300.0):
        assert pipe.queue.due_s(t_s) == t_s + wait_s
        t_s += wait_s
        before = len(pipe.sent)
        pipe.run(t_s, took_s=0.0)
        assert pipe.sent[before:] == [SendTail("a")]
    pipe.queue.stock([], [])  # clip-received
    assert pipe.queue.due_s(t_s) is None


def test_the_centre_gets_again_what_it_lacks_and_the_tail_after_it() -> None:
    pipe = Pipe(queue_with(100_000))
    pipe.run(0.0)
    before = len(pipe.sent)
    assert pipe.queue.resend("a", [(10, 20), (15, 30), (99_990, 500_000), (50, 50)])
    pipe.run(2.0)
    assert pipe.sent[before:] == [SendChunk("a", 10, 20), SendChunk("a", 99_990, 10), SendTail("a")]
    before = len(pipe.sent)
    assert pipe.queue.resend("a", [])
    pipe.run(4.0)
    assert pipe.sent[before] == SendHead("a")
    assert {byte for piece in pipe.chunks[-4:] for byte in range(*piece.span)} == set(range(100_000))
    assert not pipe.queue.resend("b", [])


def test_more_holes_than_can_be_kept_bring_the_whole_clip_again() -> None:
    clip = ClipProgress("a", size=10_000, ended=True, head_due=False, frontier=10_000)
    clip.wanted([(start, start + 1) for start in range(0, 128, 2)])
    assert len(clip.again) == 64 and not clip.head_due
    clip.wanted([(5_000, 5_001)])
    assert clip.head_due and clip.frontier == 0 and clip.again == []


def test_while_filming_what_there_is_goes_at_once_and_then_whole_chunks() -> None:
    queue = queue_with(100, ended=False)
    pipe = Pipe(queue)
    pipe.run(0.0)
    assert pipe.sent == [SendHead("a"), SendChunk("a", 0, 100)]
    assert queue.filming
    queue.stock([], [ClipStock("a", 1_000, False)])
    first = queue.next(1.0)
    assert first == SendChunk("a", 100, 900)
    queue.sent(first, 500, 1.0)
    queue.stock([], [ClipStock("a", 2_000, False)])
    assert queue.next(1.0) is None  # something is in flight: gather
    queue.stock([], [ClipStock("a", 40_000, False)])
    assert queue.next(1.0) == SendChunk("a", 1_000, 32 * KIB)


def test_a_clip_that_waits_for_film_lets_the_next_one_have_its_turn() -> None:
    queue = queue_with(0, ended=False)
    queue.stock([], [ClipStock("a", 0, False), ClipStock("b", 1_000, True)])
    pipe = Pipe(queue)
    pipe.run(0.0)
    assert pipe.sent == [SendHead("a"), SendHead("b"), SendChunk("b", 0, 1_000), SendTail("b")]


def test_on_a_slow_link_chunks_shrink_and_on_a_quick_one_they_grow_back() -> None:
    pipe = Pipe(queue_with(200 * KIB))
    pipe.run(0.0, took_s=3.0)
    lengths = [piece.length for piece in pipe.chunks]
    assert lengths[:4] == [32 * KIB, 16 * KIB, 8 * KIB, 4 * KIB]
    assert set(lengths[4:]) == {4 * KIB}
    pipe.queue.stock([], [ClipStock("b", 200 * KIB, True)])
    before = len(pipe.chunks)
    pipe.run(100.0, took_s=0.1)
    assert [piece.length for piece in pipe.chunks[before:]][:4] == [4 * KIB, 8 * KIB, 16 * KIB, 32 * KIB]


def test_a_new_link_goes_on_where_the_last_one_was() -> None:
    pipe = Pipe(queue_with(100_000, resume_at=65_536))
    pipe.run(0.0)
    assert pipe.sent == [
        SendHead("a"), SendChunk("a", 65_536, 32 * KIB), SendChunk("a", 65_536 + 32 * KIB, 1_696), SendTail("a"),
    ]  # fmt: skip


def test_progress_is_what_has_arrived_without_a_gap() -> None:
    queue = queue_with(200 * KIB)
    head = queue.next(0.0)
    assert head is not None
    queue.sent(head, 1, 0.0)
    queue.acked(1, DONE, 0.0)
    for token in (2, 3):
        piece = queue.next(0.0)
        assert piece is not None
        queue.sent(piece, token, 0.0)
    queue.acked(3, DONE, 0.1)
    assert queue.arrived_bytes("a") == 0
    queue.acked(2, DONE, 0.2)
    assert queue.arrived_bytes("a") == 64 * KIB
    assert queue.arrived_bytes("nothing") == 0
