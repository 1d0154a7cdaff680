import io
import json
import sys
import tarfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from simulator.lens.__main__ import labelled, main


def table(folder: Path, shard: bool) -> Path:
    """Two pictures with one bright person each, as files or in a shard."""
    picture = np.full((120, 160), 50, np.uint8)
    picture[20:80, 60:80] = 200
    out = io.BytesIO()
    Image.fromarray(picture).save(out, format="PNG")
    names = ["a.png", "b.png"]
    if shard:
        with tarfile.open(folder / "shard.tar", "w") as tar:
            for name in names:
                info = tarfile.TarInfo(name)
                info.size = len(out.getvalue())
                tar.addfile(info, io.BytesIO(out.getvalue()))
    else:
        for name in names:
            (folder / name).write_bytes(out.getvalue())
    images = [{"id": n, "file_name": name} | ({"shard": "shard.tar"} if shard else {}) for n, name in enumerate(names)]
    boxes = [{"image_id": n, "category_id": 7, "bbox": [60, 20, 20, 60], "iscrowd": n} for n in range(2)]
    path = folder / "labels.json"
    path.write_text(
        json.dumps({"images": images, "annotations": boxes, "categories": [{"id": 7, "name": "person"}]}),
        encoding="utf-8",
    )
    return path


@pytest.mark.parametrize("shard", [True, False])
def test_pictures_are_read_with_their_people(tmp_path: Path, shard: bool) -> None:
    first, second = labelled(table(tmp_path, shard), most=10)
    assert first.picture.shape == (120, 160)
    assert len(first.people) == 1
    assert second.people == ()  # a crowd is not one person


def test_a_line_for_each_table(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["lens", str(table(tmp_path, shard=False))])
    main()
    line = capsys.readouterr().out
    assert line.startswith("labels.json: 2 pictures: mean 59")
    assert "1 people: height 50.0%, torso brighter 100% by 150" in line
