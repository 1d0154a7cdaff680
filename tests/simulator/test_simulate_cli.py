import json
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from firmware.config_file import load_site
from firmware.errors import NodeError
from simulator.cli import main
from simulator.stories import SCENARIOS

SMALL = ["--size", "320x180"]


def test_list_names_every_scenario(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(SCENARIOS)


def test_a_film_its_labels_and_its_site(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    film, labels, site = tmp_path / "out.mp4", tmp_path / "out.json", tmp_path / "site.toml"
    asked = ["--scenario", "walk-through", "--seed", "5", "--rate", "2", *SMALL]
    assert main([*asked, "--video", str(film), "--labels", str(labels), "--site", str(site)]) == 0
    assert "no incident" in capsys.readouterr().out
    table = json.loads(labels.read_bytes())
    with av.open(str(film)) as file:
        pictures = [frame.to_ndarray(format="gray") for frame in file.decode(video=0)]
    assert len(pictures) == len(table["frames"]) == int(table["duration_s"] * 2)
    assert pictures[0].shape == (180, 320)
    people = [thing for frame in table["frames"] for thing in frame["objects"] if thing["kind"] == "person"]
    assert people and all(0 <= person["visible_ratio"] <= 1 for person in people)
    assert len(load_site(site).calibration) >= 8


def test_incidents_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    labels = tmp_path / "out.json"
    assert main(["--scenario", "tampering", "--rate", "1", *SMALL, "--labels", str(labels)]) == 0
    assert capsys.readouterr().out.startswith("tampering from ")
    (incident,) = json.loads(labels.read_bytes())["incidents"]
    assert incident["kind"] == "tampering"
    assert incident["start_s"] == pytest.approx(incident["began_s"] + 12.0)


def test_stills_are_coco_and_the_same_again(tmp_path: Path) -> None:
    folders = [tmp_path / "a", tmp_path / "b"]
    for folder in folders:
        assert main(["stills", "--count", "6", "--first-seed", "1200", *SMALL, "--out", str(folder)]) == 0
    tables = [json.loads((folder / "labels.json").read_text()) for folder in folders]
    assert tables[0] == tables[1]
    table = tables[0]
    assert len(table["images"]) == 6
    assert [category["name"] for category in table["categories"][:2]] == ["person", "vehicle"]
    assert {a["category_id"] for a in table["annotations"]} <= {1, 2, 4}
    assert len({a["id"] for a in table["annotations"]}) == len(table["annotations"])
    for annotation in table["annotations"]:
        x_px, y_px, w_px, h_px = annotation["bbox"]
        assert x_px >= 0 and y_px >= 0 and x_px + w_px <= 320.1 and y_px + h_px <= 180.1 and w_px > 0 and h_px > 0
        assert annotation["iscrowd"] == (annotation["visible_ratio"] < 0.3)
    for image in table["images"]:
        pictures = [np.asarray(Image.open(folder / image["file_name"])) for folder in folders]
        assert pictures[0].shape == (180, 320)
        assert (pictures[0] == pictures[1]).all()


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (["--scenario", "riot", "--video", "x.mp4"], "prowling"),
        (["--scenario", "quiet", "--size", "9x9", "--video", "x.mp4"], "between 160 and 3840"),
        (["--scenario", "quiet", "--size", "big", "--video", "x.mp4"], "896x504"),
        (["--scenario", "quiet", "--rate", "0", "--video", "x.mp4"], "between 0.5 and 60"),
        (["--scenario", "quiet", "--seed", "-3", "--video", "x.mp4"], "--seed"),
        (["--scenario", "quiet"], "--video"),
        (["stills", "--count", "0", "--out", "x"], "1 or more"),
        ([], "--scenario"),
    ],
)
def test_a_wrong_command_says_what_is_right(
    argv: list[str], says: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as stopped:
        main(argv)
    assert stopped.value.code == 2
    assert says in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("option", ["--video", "--labels", "--site"])
def test_an_output_that_cannot_be_written_is_named(option: str, tmp_path: Path) -> None:
    missing = tmp_path / "no-such-folder" / "out"
    with pytest.raises(NodeError, match="no-such-folder"):
        main(["--scenario", "quiet", "--rate", "0.5", *SMALL, option, str(missing)])


def test_stills_into_a_file_are_refused(tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.write_text("")
    with pytest.raises(NodeError, match="taken"):
        main(["stills", "--count", "1", *SMALL, "--out", str(taken)])
