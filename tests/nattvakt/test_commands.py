"""Commands as their users type them, with bad input above all: one clear message, exit status not 0."""

import json
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from firmware.config import CameraConfig, SiteConfig
from firmware.drivers.film_av import FilmWriter
from nattvakt.__main__ import VERBS, run
from nattvakt.stand import Stand
from provisioning.authority import Validity


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five seconds in which a bright block moves over grey noise."""
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    noise = np.random.default_rng(1)
    writer = FilmWriter(path, 10)
    for number in range(50):
        picture = noise.integers(60, 90, (240, 320, 3), dtype=np.uint8)
        picture[100:160, 5 * number : 5 * number + 30] = 220
        writer.add(Image.fromarray(picture), number / 10)
    writer.close()
    return path


@pytest.fixture
def stand(tmp_path: Path, film: Path) -> Iterator[Stand]:
    """A whole installation whose camera is the film."""
    camera = CameraConfig(driver="file", source=str(film), width_px=320, height_px=240)
    with Stand(tmp_path / "stand", SiteConfig(site="lot"), camera) as ready:
        yield ready


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_every_verb_explains_itself(capsys: pytest.CaptureFixture[str]) -> None:
    for verb in VERBS:
        with pytest.raises(SystemExit) as end:
            run([verb, "--help"])
        assert end.value.code == 0, verb
        assert "usage: nattvakt" in capsys.readouterr().out, verb


def test_no_verb_and_a_wrong_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([]) == 2
    assert "usage: nattvakt VERB" in capsys.readouterr().out
    assert run(["larm"]) == 2
    assert "there is no verb 'larm'" in capsys.readouterr().err


def test_a_verb_without_its_extra_names_the_extra() -> None:
    hide_paho = "import sys; sys.modules['paho'] = None; from nattvakt.__main__ import run; sys.exit(run(['alarms']))"
    said = subprocess.run([sys.executable, "-c", hide_paho], capture_output=True, text=True, check=False)
    assert said.returncode == 1
    assert "pip install 'nattvakt[centre]'" in said.stderr


def test_an_installation_in_a_relative_folder(
    film: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with Stand(Path("here"), SiteConfig(site="lot"), CameraConfig(driver="file", source=str(film))) as stand:
        assert run(["node", "--check", "--config", str(stand.config_path)]) == 0, capsys.readouterr().err


def test_a_good_installation_passes_its_check(stand: Stand, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["node", "--check", "--config", str(stand.config_path)]) == 0
    assert "watching: no fault" in capsys.readouterr().out
    assert run(["link", "--check", "--config", str(stand.config_path)]) == 0


def test_unknown_key(stand: Stand, capsys: pytest.CaptureFixture[str]) -> None:
    edit(stand.config_path, "rate-hz", "rate-hs")
    assert run(["node", "--check", "--config", str(stand.config_path)]) == 1
    said = capsys.readouterr().err
    assert "node.toml" in said
    assert "camera.rate-hs" in said
    assert "rate-hz" in said  # what would be right


def test_broken_permit(stand: Stand, capsys: pytest.CaptureFixture[str]) -> None:
    edit(Path(stand.config.permit_file), "stand-only", "stand-more")
    assert run(["node", "--check", "--config", str(stand.config_path)]) == 1
    said = capsys.readouterr().out
    assert "permit-signature" in said
    assert "permit.json" in said


def test_missing_model(stand: Stand, capsys: pytest.CaptureFixture[str]) -> None:
    edit(stand.config_path, 'model-dir = ""', 'model-dir = "no-such-model"')
    assert run(["node", "--check", "--config", str(stand.config_path)]) == 1
    assert re.search(r"no-such-model/manifest.json.*No such file", capsys.readouterr().err)


def test_calibration_on_one_line(stand: Stand, capsys: pytest.CaptureFixture[str]) -> None:
    points = "".join(f"[[calibration]]\nimage = [{n / 5}, 0.5]\nground-m = [{n}.0, 10.0]\n" for n in range(4))
    site = Path(stand.config.site_file)
    site.write_text(f'site = "lot"\n{points}', encoding="utf-8")
    assert run(["node", "--check", "--config", str(stand.config_path)]) == 1
    assert "calibration" in capsys.readouterr().err


def test_clips_never_go_to_a_disk(stand: Stand, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edit(stand.config_path, stand.config.runtime_dir, str(tmp_path / "on-disk"))
    assert run(["node", "--check", "--config", str(stand.config_path)]) == 1
    assert "on-disk" in capsys.readouterr().err


def test_expired_certificate(stand: Stand, capsys: pytest.CaptureFixture[str]) -> None:
    now_utc = datetime.now(UTC)
    past = Validity(now_utc - timedelta(days=20), now_utc - timedelta(days=10))
    centre = stand.authority.issue_centre("centre-2", validity=past)
    words = ["--ca", str(centre.ca), "--cert", str(centre.cert), "--key", str(centre.key)]
    assert run(["alarms", "--host", "localhost", "--port", str(stand.broker.port), *words]) == 1
    said = capsys.readouterr().err
    assert str(centre.cert) in said
    assert re.search("expired|ended", said)


def test_replay_says_what_it_saw(film: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, annotated = tmp_path / "d.jsonl", tmp_path / "a.mp4"
    assert run(["replay", "--source", str(film), "--json", "--detections", str(out), "--annotate", str(annotated)]) == 0
    assert "50 frames" in capsys.readouterr().err
    lines = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert lines, "a block moves, so the detector must have looked"
    assert {"t_s", "frame", "detections"} == set(lines[0])
    assert [line["t_s"] for line in lines] == sorted(line["t_s"] for line in lines)
    assert lines[-1]["t_s"] < 5.0
    assert annotated.stat().st_size > 1000


def test_replay_of_a_film_cut_short(film: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(film.read_bytes()[: film.stat().st_size // 2])
    assert run(["replay", "--source", str(cut)]) == 1
    assert "cut.mp4" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["missing.mp4", "empty.mp4", "text.mp4"])
def test_replay_of_no_film(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / name
    if name != "missing.mp4":
        path.write_text("" if name == "empty.mp4" else "this is no film\n" * 50, encoding="utf-8")
    assert run(["replay", "--source", str(path)]) == 1
    said = capsys.readouterr().err
    assert name in said
    assert "Traceback" not in said


def test_demo_on_a_port_in_use(film: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert run(["demo", "--source", str(film), "--port", str(port), "--out", str(tmp_path / "demo")]) == 1
    said = capsys.readouterr().err
    assert str(port) in said
    assert "in use" in said


def test_doctor_tells_what_lacks(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["doctor"]) == 0
    said = capsys.readouterr().out
    assert "pole: " in said
    assert "maintainer: " in said
    assert run(["doctor", "--role", "node"]) == 0
    assert capsys.readouterr().out.startswith("node: ready")
