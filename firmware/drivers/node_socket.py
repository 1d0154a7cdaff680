"""The Unix socket between `node` and `link`: firmware.local's messages, one JSON object a line.

Each side has a thread; neither side ever waits for the other. What waits for a listener that is slow is one Report, the
newest, and one Wake: a newer one takes the older one's place, and nothing is lost by it.
"""

import contextlib
import logging
import os
import queue
import selectors
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from firmware.errors import StoreError
from firmware.local import Report, Say, Wake

log = logging.getLogger("nattvakt.local")

MOST_LISTENERS = 4
LINE_LIMIT_BYTES = 64 * 1024
RETRY_S = 1.0
_WAKE_LINE = msgspec.json.encode(Wake()) + b"\n"


@dataclass(slots=True)
class _Listener:
    sock: socket.socket
    writing: bytes = b""
    report_due: bool = True
    wake_due: bool = True


class NodeSocket:
    """The node's end: keeps the last report for whoever connects. At most 4 listeners, the newest ones."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._mutex = threading.Lock()
        self._report = b""
        self._listeners: list[_Listener] = []
        self._closing = False
        self._server = _bound(path)
        self._hear, self._bell = socket.socketpair()
        self._bell.setblocking(False)
        self._hear.setblocking(False)
        self._thread = threading.Thread(target=self._run, name="node-socket", daemon=True)
        self._thread.start()

    def say(self, report: Report) -> None:
        """Tell the newest report; never blocks."""
        line = msgspec.json.encode(report) + b"\n"
        with self._mutex:
            self._report = line
            for listener in self._listeners:
                listener.report_due = True
        self._ring()

    def wake(self) -> None:
        """Tell that there is something to send; never blocks."""
        with self._mutex:
            for listener in self._listeners:
                listener.wake_due = True
        self._ring()

    def close(self) -> None:
        """Hang up and remove the socket; idempotent."""
        self._closing = True
        self._ring()
        self._thread.join(5.0)

    def _ring(self) -> None:
        with contextlib.suppress(OSError):  # full: it rings already; closed: nobody hears
            self._bell.send(b"!")

    def _run(self) -> None:
        try:
            with selectors.DefaultSelector() as selector:
                while not self._closing:
                    self._turn(selector)
        finally:
            for sock in (self._server, self._hear, self._bell, *(listener.sock for listener in self._listeners)):
                sock.close()
            with contextlib.suppress(OSError):
                self._path.unlink()

    def _turn(self, selector: selectors.DefaultSelector) -> None:
        for key in list(selector.get_map().values()):
            selector.unregister(key.fileobj)
        selector.register(self._server, selectors.EVENT_READ)
        selector.register(self._hear, selectors.EVENT_READ)
        for listener in self._listeners:
            write = selectors.EVENT_WRITE if self._load(listener) else 0
            selector.register(listener.sock, selectors.EVENT_READ | write, listener)
        for key, ready in selector.select():
            if key.fileobj is self._server:
                self._welcome()
            elif key.fileobj is self._hear:
                with contextlib.suppress(BlockingIOError):
                    self._hear.recv(4096)
            elif isinstance(key.data, _Listener) and not _serve(key.data, ready):
                self._drop(key.data)

    def _load(self, listener: _Listener) -> bool:
        """Put the next line in place; whether there is anything to write."""
        with self._mutex:
            if not listener.writing and listener.report_due and self._report:
                listener.writing, listener.report_due = self._report, False
            elif not listener.writing and listener.wake_due:
                listener.writing, listener.wake_due = _WAKE_LINE, False
        return bool(listener.writing)

    def _welcome(self) -> None:
        try:
            sock, _ = self._server.accept()
        except OSError:
            return
        sock.setblocking(False)
        if len(self._listeners) >= MOST_LISTENERS:
            self._drop(self._listeners[0])
        with self._mutex:
            self._listeners.append(_Listener(sock))

    def _drop(self, listener: _Listener) -> None:
        listener.sock.close()
        with self._mutex:
            if listener in self._listeners:
                self._listeners.remove(listener)


class NodeWatch:
    """The link's end: connects, and again when the node was away; tells what the node says, None when it goes."""

    def __init__(self, path: Path, tell: Callable[[Say | None], None]) -> None:
        self._path = path
        self._tell = tell
        self._closing = threading.Event()
        self._sock: socket.socket | None = None
        self._thread = threading.Thread(target=self._run, name="node-watch", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Hang up; idempotent."""
        self._closing.set()
        sock = self._sock
        if sock is not None:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        self._thread.join(5.0)

    def _run(self) -> None:
        away = False
        while not self._closing.is_set():
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
                try:
                    sock.connect(str(self._path))
                    self._sock = sock
                    if away:
                        log.info("the node is back")
                    away = False
                    self._listen(sock)
                    says = "it closed the connection"
                except (OSError, msgspec.MsgspecError) as error:
                    says = str(error)
                self._sock = None
            if self._closing.is_set():
                return
            if not away:
                log.warning("the node is away (%s: %s)", self._path, says)
                self._say(None)
            away = True
            self._closing.wait(RETRY_S)

    def _listen(self, sock: socket.socket) -> None:
        pending = b""
        while data := sock.recv(65536):
            *lines, pending = (pending + data).split(b"\n")
            if len(pending) > LINE_LIMIT_BYTES:
                raise msgspec.ValidationError(f"a line of more than {LINE_LIMIT_BYTES} bytes")
            for line in lines:
                self._say(msgspec.json.decode(line, type=Say))

    def _say(self, what: Say | None) -> None:
        with contextlib.suppress(
            queue.Full
        ):  # the node repeats its report, and the stores are looked at without a Wake
            self._tell(what)


def _bound(path: Path) -> socket.socket:
    """A listening socket for this user and group: node and link are two users. A killed node's is replaced, a living
    one's is not: its node would go on and never be heard again."""
    if _answers(path):
        raise StoreError(f"another node answers at {path}: end it first, or choose another runtime-dir")
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    server.setblocking(False)
    try:
        with contextlib.suppress(FileNotFoundError):
            path.unlink()
        server.bind(str(path))
        os.chmod(path, 0o660)
        server.listen(MOST_LISTENERS)
    except OSError as error:
        server.close()
        raise StoreError(
            f"cannot listen on {path}: {error.strerror or error}; its folder must exist and be ours"
        ) from error
    return server


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(str(path))
        except TimeoutError:
            return True  # its queue is full: somebody is there
        except OSError:
            return False
    return True


def _serve(listener: _Listener, ready: int) -> bool:
    """Read (only to see it hang up) and write what can be written; False: it is gone."""
    try:
        if ready & selectors.EVENT_READ and not listener.sock.recv(4096):
            return False
        if ready & selectors.EVENT_WRITE:
            listener.writing = listener.writing[listener.sock.send(listener.writing) :]
    except BlockingIOError:
        pass
    except OSError:
        return False
    return True
