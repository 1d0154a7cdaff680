import json
from pathlib import Path

import av
import pytest
from PIL import Image

from firmware.config_file import load_site
from firmware.errors import NodeError
from simulator.cli import main
from simulator.conditions import CONDITIONS
from simulator.scene import library_of

SMALL = ["--size", "320x180"]


@pytest.mark.parametrize("library", ["development", "evaluation"])
def test_list_names_every_scenario_and_condition(library: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "--library", library]) == 0
    named = {line.split()[0] for line in capsys.readouterr().out.splitlines() if line.startswith("  ")}
    assert named == {*library_of(library), *CONDITIONS, "night"}


def test_a_film_its_labels_and_its_site(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    film, labels, site = tmp_path / "out.mp4", tmp_path / "out.json", tmp_path / "site.toml"
    asked = ["--scenario", "walk-through", "--condition", "snow", "--seed", "5", "--rate", "1", *SMALL]
    assert main([*asked, "--video", str(film), "--labels", str(labels), "--site", str(site)]) == 0
    assert "no incident" in capsys.readouterr().out
    table = json.loads(labels.read_bytes())
    assert (table["condition"], table["library"], table["seed"]) == ("snow", "development", 5)
    with av.open(str(film)) as file:
        pictures = [frame.to_ndarray(format="gray") for frame in file.decode(video=0)]
    assert len(pictures) == len(table["frames"]) == int(table["duration_s"])
    assert pictures[0].shape == (180, 320)
    people = [thing for frame in table["frames"] for thing in frame["objects"] if thing["kind"] == "person"]
    assert people and all(0 <= person["visible_ratio"] <= 1 for person in people)
    assert len(load_site(site).calibration) >= 8


def test_tracks_need_no_pictures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    labels, found = tmp_path / "out.json", tmp_path / "out.jsonl"
    asked = ["--scenario", "tampering", "--fidelity", "tracks", "--rate", "2", *SMALL]
    assert main([*asked, "--labels", str(labels), "--detections", str(found)]) == 0
    assert capsys.readouterr().out.startswith("tampering from ")
    (incident,) = json.loads(labels.read_bytes())["incidents"]
    assert incident["kind"] == "tampering"
    assert incident["start_s"] == pytest.approx(incident["began_s"] + 12.0)
    size, *looks = (json.loads(line) for line in found.read_bytes().splitlines())
    assert size == {"size": [320, 180]}
    assert any(look["detections"] for look in looks)
    with pytest.raises(SystemExit) as stop:
        main([*asked, "--video", str(tmp_path / "out.mp4")])
    assert stop.value.code == 2


def test_a_night_has_a_timetable(tmp_path: Path) -> None:
    found = tmp_path / "night.jsonl"
    asked = ["--scenario", "night", "--hours", "0.2", "--fidelity", "tracks", "--rate", "1", "--seed", "3", *SMALL]
    assert main([*asked, "--detections", str(found)]) == 0
    assert len(found.read_bytes().splitlines()) == 1 + 720


def test_same_seed_same_bytes(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        asked = ["--scenario", "prowling", "--fidelity", "tracks", "--rate", "1", *SMALL]
        out = tmp_path / folder
        assert main([*asked, "--labels", str(out / "l.json"), "--detections", str(out / "d.jsonl")]) == 0
    for name in ("l.json", "d.jsonl"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_a_dataset_from_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dataset", "--images", "2", "--workers", "1", *SMALL, "--out", str(tmp_path)]) == 0
    assert "2 pictures" in capsys.readouterr().out
    for image in json.loads((tmp_path / "labels.json").read_bytes())["images"]:
        with Image.open(tmp_path / image["file_name"]) as picture:
            assert picture.size == (320, 180)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (["--scenario", "riot", "--labels", "x"], "no scenario 'riot'"),
        (["--scenario", "prowling", "--condition", "hail", "--labels", "x"], "no condition 'hail'"),
    ],
)
def test_what_there_is_not_is_told(wrong: list[str], says: str) -> None:
    with pytest.raises(NodeError, match=says):
        main(wrong)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (["--scenario", "quiet"], "nothing to write"),
        (["--scenario", "quiet", "--size", "100x100", "--labels", "x"], "even and between"),
        (["--scenario", "quiet", "--size", "huge", "--labels", "x"], "WIDTHxHEIGHT"),
        (["--scenario", "quiet", "--rate", "0", "--labels", "x"], "between 0.5 and 60"),
        (["--scenario", "night", "--hours", "30", "--labels", "x"], "between 0.01 and 24"),
        (["--scenario", "quiet", "--seed", "-3", "--labels", "x"], "whole number"),
        (["dataset", "--images", "0", "--out", "x"], "must be 1 or more"),
        (["dataset", "--images", "5", "--fidelity", "tracks", "--out", "x"], "invalid choice"),
        (["dataset", "--images", "5", "--library", "evaluation", "--out", "x"], "add --nights"),
    ],
)
def test_what_cannot_be_is_refused(wrong: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(wrong)
    assert stop.value.code == 2
    assert says in capsys.readouterr().err


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    where = tmp_path / "nowhere" / "out.json"
    with pytest.raises(NodeError, match=str(where)):
        main(["--scenario", "quiet", "--fidelity", "tracks", "--rate", "0.5", *SMALL, "--labels", str(where)])
