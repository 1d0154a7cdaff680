"""`nattvakt alarms` as its user meets it."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from alarmcentre.cli import main
from alarmcentre.errors import CentreError
from provisioning.authority import Authority, Identity, Validity
from provisioning.broker import Broker
from tests.alarmcentre.said import JPEG, N01, alarm, clip_in
from tests.mqtt_probe import Probe
from wire.media import JSON_TYPE, STILL_TYPE
from wire.messages import State, encode, encode_alarm

Identify = Callable[[str], Identity]
DEADLINE_S = 30
FILM = bytes(range(256)) * 300


def arguments(broker: Broker, who: Identity, out: Path) -> list[str]:
    return [
        "--host", broker.host, "--port", str(broker.port), "--ca", str(who.ca), "--cert", str(who.cert),
        "--key", str(who.key), "--out", str(out),
    ]  # fmt: skip


class Command:
    """The command in a process of its own."""

    def __init__(self, argv: list[str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "nattvakt", "alarms", *argv],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def __enter__(self) -> "Command":
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate(timeout=DEADLINE_S)

    def line(self, word: str) -> str:
        """Read on to the next line with this word."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if word in line:
                return line.rstrip()
        raise AssertionError(f"ended without {word!r}")

    def interrupt(self) -> tuple[int, str]:
        """Ctrl-C: the exit status and what stands on standard error."""
        self.process.send_signal(signal.SIGINT)
        _, error = self.process.communicate(timeout=DEADLINE_S)
        return self.process.returncode, error


def send_all(node: Probe, id: str = "a-1") -> None:
    node.publish(N01.state, encode(State(state="watching", birth=1)), retain=True)
    node.publish(N01.alarm, encode_alarm(alarm(id, reason="flame \x1b[31m")), ContentType=JSON_TYPE)
    node.publish(N01.still(id), JPEG, ContentType=STILL_TYPE)
    for one in clip_in(FILM, id, N01, 32768):
        user = {"UserProperty": [("offset", one.offset)]} if one.offset is not None else {}
        node.publish(one.topic, one.payload, ContentType=one.content_type, **user)


def test_a_night_with_it_from_connecting_to_ctrl_c(broker: Broker, identity: Identify, tmp_path: Path) -> None:
    with Command(arguments(broker, identity("centre-1"), tmp_path / "out")) as command:
        command.line("connected")
        node = Probe(broker, identity("n01"), will=(N01.state, encode(State(state="lost", birth=1))))
        node.connect()
        send_all(node)
        command.line("watching  lot/n01".replace("  ", " "))
        line = command.line("ALARM")
        for part in ("lot/n01", "prowling, medium", "row-a", "flame ?[31m", "1 person", "21:03:04Z", "a-1"):
            assert part in line
        assert str(tmp_path / "out" / "lot_n01_20261124T210304Z_prowling_a-1.jpg") in command.line("still")
        assert str(tmp_path / "out" / "lot_n01_20261124T210304Z_prowling_a-1.mp4") in command.line("clip")
        node.vanish()
        assert "lot/n01" in command.line("QUIET")
        with Probe(broker, identity("n01")) as again:
            again.publish(N01.state, encode(State(state="watching", birth=2)), retain=True)
            assert "lot/n01" in command.line("back")
        assert command.interrupt() == (0, "")
    assert (tmp_path / "out" / "lot_n01_20261124T210304Z_prowling_a-1.mp4").read_bytes() == FILM


def test_killed_in_the_middle_no_alarm_is_missed_and_at_most_one_is_told_twice(
    broker: Broker, identity: Identify, tmp_path: Path
) -> None:
    argv = [*arguments(broker, identity("centre-1"), tmp_path / "out"), "--json"]
    with Probe(broker, identity("n01")) as node:
        with Command(argv) as command:
            command.line("broker-back")
            for n in range(20):
                node.post(N01.alarm, encode_alarm(alarm(f"k-{n}")), ContentType=JSON_TYPE)
            told = [told_id(command.line('"alarm"'))]
            command.process.kill()
            assert command.process.stdout is not None
            told += [told_id(line) for line in command.process.stdout if '"event":"alarm"' in line]
        node.publish(N01.alarm, encode_alarm(alarm("last")), ContentType=JSON_TYPE)
        with Command(argv) as command:
            while told[-1] != "last":
                told.append(told_id(command.line('"event":"alarm"')))
    assert set(told) == {*(f"k-{n}" for n in range(20)), "last"}
    assert len(told) <= 22, "the one that it was just telling may be told again"


def told_id(line: str) -> str:
    return str(json.loads(line)["alarm"]["id"])


def test_json_count_and_until_clip(
    broker: Broker, identity: Identify, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    argv = arguments(broker, identity("centre-1"), tmp_path / "out")
    with Probe(broker, identity("n01")) as node:
        with Command([*argv, "--json"]) as command:  # so that a session is there
            command.line("broker-back")
            assert command.interrupt()[0] == 0
        send_all(node)
        assert main([*argv, "--json", "--count", "1", "--until-clip"]) == 0
        events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        kinds = [event["event"] for event in events]
        assert kinds[-1] == "clip"
        assert {"alarm", "still", "state"} <= set(kinds)
        told = next(event for event in events if event["event"] == "alarm")
        assert (told["site"], told["node"], told["alarm"]["id"]) == ("lot", "n01", "a-1")
        assert told["alarm"]["t_utc"] == "2026-11-24T21:03:04Z"
        assert isinstance(told["delay_s"], float)
        assert Path(events[-1]["path"]).read_bytes() == FILM
    assert datetime.fromisoformat(events[0]["at_utc"]).tzinfo is not None


def test_a_reader_that_goes_away_ends_it_quietly(broker: Broker, identity: Identify, tmp_path: Path) -> None:
    with Command(arguments(broker, identity("centre-1"), tmp_path / "out")) as command:
        command.line("connected")
        assert command.process.stdout is not None
        command.process.stdout.close()
        with Probe(broker, identity("n01")) as node:
            node.publish(N01.alarm, encode_alarm(alarm()), ContentType=JSON_TYPE)
            assert command.process.wait(DEADLINE_S) == 0
            assert command.process.stderr is not None
            assert command.process.stderr.read() == ""
        command.process.stdout = None


def test_without_a_broker_it_says_so_once_and_ctrl_c_still_works(
    broker: Broker, identity: Identify, tmp_path: Path
) -> None:
    argv = arguments(broker, identity("centre-1"), tmp_path / "out")
    broker.stop()
    with Command(argv) as command:
        assert f"cannot reach the broker at 127.0.0.1:{broker.port}" in command.line("DEAF")
        assert command.interrupt() == (0, "")


def test_what_is_wrong_is_said_in_one_line(
    broker: Broker, authority: Authority, identity: Identify, tmp_path: Path
) -> None:
    now, day = datetime.now(UTC), timedelta(days=1)
    good = identity("centre-1")
    expired = authority.issue_centre("centre-old", validity=Validity(now - 2 * day, now - day))
    early = authority.issue_centre("centre-new", validity=Validity(now + day, now + 2 * day))
    gone, text = tmp_path / "gone.pem", tmp_path / "text.pem"
    text.write_text("no certificate")
    locked = tmp_path / "locked.pem"
    key = serialization.load_pem_private_key(good.key.read_bytes(), None)
    locked.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"secret"),
        )
    )
    for who, says in (
        (expired, rf"{expired.cert} expired on .* UTC: issue a new one"),
        (early, rf"{early.cert} is not valid before .* is the clock right"),
        (Identity("x", gone, good.cert, good.key), f"{gone}: No such file"),
        (Identity("x", good.ca, gone, good.key), f"{gone}: No such file"),
        (Identity("x", good.ca, good.cert, gone), f"{gone}: No such file"),
        (Identity("x", text, good.cert, good.key), f"{text} is not a certificate"),
        (Identity("x", good.ca, text, good.key), f"{text} is not a certificate"),
        (Identity("x", good.ca, good.cert, text), f"{text} is not the private key of"),
        (Identity("x", good.ca, good.cert, identity("n01").key), "is not the private key of"),
        (Identity("x", good.ca, good.cert, locked), f"{locked} is not the private key of .* without a password"),
        (identity("n01"), "is the certificate of 'n01'.*begins with 'centre'"),
    ):
        with pytest.raises(CentreError, match=says) as caught:
            main(arguments(broker, who, tmp_path / "out"))
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "wrong", [["--port", "0"], ["--port", "65536"], ["--port", "x"], ["--count", "0"], ["--count", "-1"]]
)
def test_a_wrong_number_is_refused_with_what_is_right(wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["--host", "h", "--ca", "a", "--cert", "c", "--key", "k", *wrong])
    assert "give " in capsys.readouterr().err
