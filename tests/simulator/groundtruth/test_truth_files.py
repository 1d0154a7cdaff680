"""Labels, COCO tables, site files and drawn boxes: what others read of the truth."""

import json
from dataclasses import replace

import msgspec
import numpy as np
import pytest
from PIL import Image

from firmware.config import SiteConfig
from firmware.core.ground import Ground
from firmware.messages import Box, Size
from simulator.groundtruth import coco, labels, sheet
from simulator.groundtruth.records import TruthObject
from simulator.groundtruth.site import as_toml, site_of
from simulator.lots.lot import Bay, Lane, Lot
from simulator.moment import Kind
from simulator.optics import PolePose, View
from simulator.play import Incident, IncidentKind

SIZE = Size(640, 360)
SOMEBODY = TruthObject(
    Kind.PERSON, 101, Box(100.123456, 50.0, 20.0, 60.0), Box(100.123456, 50.0, 20.0, 40.04), 0.66, 3, 14.25,
    (1.0, 13.0), "pry", 0.5, 0.0, 1.0,
)  # fmt: skip


def lot(bend: float = 0.0) -> Lot:
    bays = tuple(Bay(x, 12.0, 17.0, 2.5, 0) for x in np.arange(-10.0, 10.1, 2.5))
    return Lot(
        1, (PolePose(),), bend, bays, (Lane((6.0, 12.0), -14.0),), (), (), (), (), (), None, 0.3
    )  # fmt: skip


def pictures() -> list[coco.Picture]:
    hidden = replace(SOMEBODY, track=102, visible_ratio=0.2)
    gone = replace(SOMEBODY, track=103, visible_ratio=0.0)
    foggy = replace(SOMEBODY, track=104, clarity=0.01)
    fox = replace(SOMEBODY, kind=Kind.ANIMAL, track=301, activity="beast")
    edge = replace(SOMEBODY, track=105, shown=Box(619.98, 339.97, 20.02, 20.03))
    return [
        coco.Picture("a.jpg", "lot-1", "snow", SIZE, (SOMEBODY, hidden, gone, foggy)),
        coco.Picture("b.jpg", "lot-1", "clear", SIZE, (fox, edge)),
    ]


def test_coco_has_the_categories_of_the_real_pictures() -> None:
    table = json.loads(coco.encoded(coco.table(pictures())))
    names = ["person", "vehicle", "two-wheeler", "fire", "smoke", "animal"]
    assert [(one["id"], one["name"]) for one in table["categories"]] == list(enumerate(names, start=1))
    assert table["info"]["labelled_categories"] == [1, 2, 3, 4, 5, 6]
    assert all(image["labelled_categories"] == [1, 2, 3, 4, 5, 6] for image in table["images"])
    assert [image["condition"] for image in table["images"]] == ["snow", "clear"]


def test_coco_boxes_are_what_shows_and_lie_in_the_picture() -> None:
    table = coco.table(pictures())
    sizes = {image.id: (image.width, image.height) for image in table.images}
    assert [note.track for note in table.annotations] == [101, 102, 104, 301, 105]
    assert [note.iscrowd for note in table.annotations] == [0, 1, 1, 0, 0]
    assert table.annotations[0].bbox == (100.1, 50.0, 20.0, 40.0)
    assert table.annotations[3].category_id == 6
    for note in table.annotations:
        x, y, w, h = note.bbox
        assert x >= 0 and y >= 0 and w > 0 and h > 0
        assert x + w <= sizes[note.image_id][0] + 1e-9 and y + h <= sizes[note.image_id][1] + 1e-9
        assert note.area == pytest.approx(w * h, abs=0.06)
    assert len({note.id for note in table.annotations}) == len(table.annotations)
    first = table.annotations[0]
    assert (first.visible_ratio, first.distance_m, first.activity, first.condition) == (0.66, 14.25, "pry", "snow")


def test_frames_of_a_sequence_become_a_video() -> None:
    film = [replace(picture, frame=number) for number, picture in enumerate(pictures())]
    table = coco.table(film)
    assert [(video.id, video.name) for video in table.videos] == [(1, "lot-1")]
    assert [(image.video_id, image.frame_id) for image in table.images] == [(1, 0), (1, 1)]
    assert coco.table(pictures()).videos == ()


def test_tables_are_joined_with_fresh_numbers_and_read_back() -> None:
    film = [replace(picture, frame=number, sequence="other") for number, picture in enumerate(pictures())]
    one, two = coco.table(pictures()), coco.table(film)
    both = coco.read(coco.merged([one, coco.read(coco.encoded(two))]))
    assert [image.id for image in both.images] == [1, 2, 3, 4]
    assert [note.id for note in both.annotations] == list(range(1, 11))
    assert {note.image_id for note in both.annotations[5:]} == {3, 4}
    assert [image.video_id for image in both.images] == [0, 0, 1, 1]
    with pytest.raises(msgspec.DecodeError):
        coco.read(b'{"images": 3}')


def test_labels_hold_everything_and_are_read_back() -> None:
    incident = Incident(IncidentKind.TAMPERING, 3.0, 15.0, 40.0, "pries a door open", (101, 3))
    told = labels.Labels(
        "tampering", "development", "snow", 7, "fast", 640, 360, 10.0, 45.0, (incident,),
        (labels.Looked(0.1, (SOMEBODY,)),),
    )  # fmt: skip
    plain = json.loads(labels.as_json(told))
    assert plain["version"] == labels.VERSION
    assert (plain["condition"], plain["fidelity"], plain["library"]) == ("snow", "fast", "development")
    assert plain["incidents"][0]["kind"] == "tampering"
    assert plain["frames"][0]["objects"][0]["box"]["x_px"] == 100.123
    assert plain["frames"][0]["objects"][0]["hidden_by"] == 3
    back = msgspec.json.decode(labels.as_json(told), type=labels.Labels)
    assert back.incidents == (incident,)
    assert back.frames[0].objects[0].kind is Kind.PERSON


@pytest.mark.parametrize("bend", [0.0, -0.15])
def test_the_site_file_is_one_that_the_node_takes(bend: float) -> None:
    view = View(PolePose(), Size(896, 504), bend)
    site = site_of(lot(bend), view)
    read = msgspec.toml.decode(as_toml(site), type=SiteConfig)
    assert read.zones[0].name == "lot"
    assert 4 <= len(read.zones[0].polygon) <= 64
    assert 6 <= len(read.calibration) <= 12
    ground = Ground(read.calibration, view.size)
    for at_m in ((-4.0, 12.0), (3.0, 15.0)):
        (x_px, y_px), = view.project(np.array([[*at_m, 0.0]]))[0]  # fmt: skip
        found = ground.to_ground(x_px, y_px)
        assert found is not None
        # A fitter's homography knows no bend: what it makes of the middle of the lot is still right to half a metre.
        assert np.hypot(found[0] - at_m[0], found[1] - at_m[1]) < (0.02 if bend == 0.0 else 0.6)


def test_the_zone_follows_the_bent_edges() -> None:
    """Every point of the zone lies on the edge of the lot or of the picture."""
    view = View(PolePose(), Size(896, 504), -0.15)
    polygon = np.array(site_of(lot(-0.15), view).zones[0].polygon) * [896, 504]
    ground = view.ground(polygon)
    left, near, right, far = lot().ground_m
    on_lot = np.minimum(
        np.abs(ground[:, 0] - [[left - 0.6], [right + 0.6]]).min(axis=0),
        np.abs(ground[:, 1] - [[near - 0.6], [far + 0.6]]).min(axis=0),
    )
    on_edge = np.minimum(polygon, [896, 504] - polygon).min(axis=1)
    assert ((on_lot < 0.05) | (on_edge < 0.5)).all()


def test_boxes_are_drawn_in_the_colour_of_their_kind() -> None:
    grey = np.full((360, 640), 40, dtype=np.uint8)
    drawn = np.asarray(sheet.annotated(grey, [SOMEBODY]))
    assert tuple(drawn[50, 110]) == sheet.COLOURS[Kind.PERSON]
    assert (drawn[200, 400] == 40).all()
    hidden = np.asarray(sheet.annotated(grey, [replace(SOMEBODY, visible_ratio=0.0)]))
    assert tuple(hidden[50, 110]) == tuple(part // 3 for part in sheet.COLOURS[Kind.PERSON])


def test_a_contact_sheet_holds_all_pictures() -> None:
    tiles = [sheet.Tile(f"{n}", Image.new("L", (320, 180), 60 * n)) for n in range(1, 4)]
    whole = sheet.contact_sheet(tiles, columns=2, tile_width_px=160)
    assert whole.size == (320, 2 * (90 + 16))
    assert whole.getpixel((80, 60)) == (60, 60, 60)
    assert whole.getpixel((240, 60)) == (120, 120, 120)
    with pytest.raises(ValueError, match="no pictures"):
        sheet.contact_sheet([], columns=2)
