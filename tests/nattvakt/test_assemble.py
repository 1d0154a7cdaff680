"""What the assembly hands from one part to another."""

from pathlib import Path

import pytest

from firmware.config import BrokerConfig, CameraConfig, NodeConfig, SiteConfig
from firmware.drivers.clock_system import SystemClock
from firmware.messages import Size
from nattvakt.assemble import open_camera
from tests.pictures import Film, write_film


@pytest.mark.parametrize("driver", ["file", "scene"])
def test_the_camera_makes_the_luma_that_the_network_wants(driver: str, tmp_path: Path) -> None:
    film = write_film(tmp_path / "film.mp4", Film(pictures=3, size=Size(320, 180)))
    source = str(film) if driver == "file" else "prowling"
    camera = CameraConfig(driver=driver, source=source, width_px=320, height_px=180)
    config = NodeConfig(node="pole-1", broker=BrokerConfig(host="nowhere"), camera=camera)
    eyes = open_camera(config, SiteConfig(site="lot"), SystemClock("host"), Size(192, 96))
    frame = next(iter(eyes.frames()))
    eyes.close()
    assert frame.picture.shape == (180, 320)
    assert frame.luma.shape == (96, 170)
