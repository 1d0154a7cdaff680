import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from custody.cli import main
from firmware.drivers.permit_file import PermitFile


@pytest.fixture
def keys(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    assert main(["key", "--out", str(tmp_path / "anna")]) == 0
    capsys.readouterr()
    return tmp_path / "anna"


def permit_command(keys: Path, out: Path, *more: str) -> list[str]:
    return [
        *("permit", "--key", str(keys / "custodian.key.pem"), "--id", "2026-0412", "--area", "lot-a"),
        *("--valid-from", "2026-01-01", "--valid-until", "2026-12-31", "--out", str(out), *more),
    ]


def test_a_key_is_made_once_and_for_its_owner_alone(keys: Path, capsys: pytest.CaptureFixture[str]) -> None:
    private, public = keys / "custodian.key.pem", keys / "custodian.pub.pem"
    assert stat.S_IMODE(private.stat().st_mode) == 0o600
    assert stat.S_IMODE(keys.stat().st_mode) == 0o700
    before = private.read_bytes(), public.read_bytes()
    assert main(["key", "--out", str(keys)]) == 1
    assert "never overwritten" in capsys.readouterr().err
    assert (private.read_bytes(), public.read_bytes()) == before


def test_a_lonely_public_key_is_not_overwritten_either(keys: Path) -> None:
    (keys / "custodian.key.pem").unlink()
    assert main(["key", "--out", str(keys)]) == 1
    assert not (keys / "custodian.key.pem").exists()


def test_what_is_signed_counts_on_a_node(keys: Path, tmp_path: Path) -> None:
    out = tmp_path / "permit.json"
    assert main(permit_command(keys, out, "--node", "north", "--authority", "Länsstyrelsen")) == 0
    known = PermitFile(out, keys / "custodian.pub.pem", site="lot-a", node="north").current()
    assert not isinstance(known, Exception)
    assert (known.id, known.authority, known.from_hour, known.until_hour) == (
        "2026-0412",
        "Länsstyrelsen",
        "20:00",
        "06:00",
    )


def test_show_says_it_in_words_with_the_next_three_nights(
    keys: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "permit.json"
    main(permit_command(keys, out))
    capsys.readouterr()
    shown = ["show", str(out), "--public", str(keys / "custodian.pub.pem"), "--at", "2026-10-23T18:30"]
    assert main(shown) == 0
    said = capsys.readouterr().out
    assert "from 20:00 until 06:00, local time of Europe/Stockholm" in said
    assert "Signature  good" in said
    nights = re.findall(r"(?m)^Sees .*?(\d+ h)(  \(now\))?$", said)
    assert nights == [("10 h", "  (now)"), ("11 h", ""), ("10 h", "")]
    assert "Sat 2026-10-24 20:00 to Sun 2026-10-25 06:00 local,  2026-10-24 18:00 to 2026-10-25 05:00 UTC" in said


def test_show_believes_nothing_before_the_signature(
    keys: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "permit.json"
    main(permit_command(keys, out))
    out.write_text(out.read_text("utf-8").replace("06:00", "12:00"), "utf-8")
    capsys.readouterr()
    assert main(["show", str(out), "--public", str(keys / "custodian.pub.pem")]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert "signature does not fit" in said.err


def test_a_permit_whose_nights_are_over(keys: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "permit.json"
    main(permit_command(keys, out))
    public = str(keys / "custodian.pub.pem")
    assert main(["show", str(out), "--public", public, "--at", "2027-01-01T12:00"]) == 1
    assert "no night is left" in capsys.readouterr().err


def test_a_whole_day_is_said_as_one(keys: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(permit_command(keys, tmp_path / "p.json", "--from", "00:00", "--until", "00:00"))
    assert "the whole day" in capsys.readouterr().out


def test_a_permit_is_replaced_only_when_asked(keys: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "permit.json"
    assert main(permit_command(keys, out)) == 0
    before = out.read_bytes()
    assert main(permit_command(keys, out, "--until", "05:00")) == 1
    assert "--replace" in capsys.readouterr().err
    assert out.read_bytes() == before
    assert main(permit_command(keys, out, "--until", "05:00", "--replace")) == 0
    assert b"05:00" in out.read_bytes()


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (["--from", "25:00"], "HH:MM"),
        (["--until", "6"], "HH:MM"),
        (["--valid-from", "2026-13-01"], "YYYY-MM-DD"),
        (["--valid-until", "2025-12-31"], "before valid_from"),
        (["--time-zone", "Stockholm"], "Europe/Stockholm"),
        (["--id", ""], "length"),
        (["--area", "two\nlines"], "one line"),
        (["--key", "/no/such/key.pem"], "nattvakt custody key"),
        (["--out", "/no/such/folder/permit.json"], "cannot write"),
        # the one day on which these hours do not exist
        (["--valid-from=2026-03-29", "--valid-until=2026-03-29", "--from=02:15", "--until=02:45"], "not one"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_written(
    keys: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], more: list[str], says: str
) -> None:
    try:
        status = main(permit_command(keys, tmp_path / "permit.json", *more))
    except SystemExit as end:  # argparse's own way out
        status = int(end.code or 0)
    assert status in (1, 2)
    assert says in capsys.readouterr().err
    assert not (tmp_path / "permit.json").exists()


def test_the_public_half_signs_nothing(keys: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    public = str(keys / "custodian.pub.pem")
    assert main([*permit_command(keys, tmp_path / "permit.json"), "--key", public]) == 1
    assert "custodian.key.pem" in capsys.readouterr().err


def test_a_passphrase_guards_the_key(tmp_path: Path) -> None:
    """Typed at a terminal, as a custodian does."""
    script = f"""
import pty, os, sys
def run(argv, answers):
    pid, fd = pty.fork()
    if pid == 0:
        os.execv(sys.executable, [sys.executable, "-m", "custody.cli", *argv])
    for answer in answers:
        seen = b""
        while b": " not in seen:
            seen += os.read(fd, 1000)
        os.write(fd, answer + b"\\n")
    try:
        while os.read(fd, 1000):
            pass
    except OSError:  # the terminal is closed
        pass
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

key = {str(tmp_path / "anna")!r}
permit = ["permit", "--key", key + "/custodian.key.pem", "--id", "1", "--area", "lot", "--valid-from", "2026-01-01",
          "--valid-until", "2026-12-31", "--out", {str(tmp_path / "permit.json")!r}]
print(run(["key", "--out", key, "--passphrase"], [b"long night", b"long nigth"]))
print(run(["key", "--out", key, "--passphrase"], [b"long night", b"long night"]))
print(run(permit, [b"wrong"]))
print(run(permit, [b"long night"]))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.split() == ["1", "0", "1", "0"]
    assert b"ENCRYPTED" in (tmp_path / "anna/custodian.key.pem").read_bytes()
    assert (tmp_path / "permit.json").exists()


def test_no_command_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main([])
    assert end.value.code == 2
    assert "usage: nattvakt custody" in capsys.readouterr().err
