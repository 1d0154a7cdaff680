from pathlib import Path

import pytest

from firmware.lamp_off import main

NODE = 'node = "n1"\n[broker]\nhost = "localhost"\n'


def test_without_a_lamp_there_is_nothing_to_do(tmp_path: Path) -> None:
    (tmp_path / "node.toml").write_text(NODE)
    assert main([str(tmp_path / "node.toml")]) == 0


def test_a_lamp_that_cannot_be_reached_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "node.toml").write_text(NODE + '[illuminator]\ndriver = "gpio"\n')
    assert main([str(tmp_path / "node.toml")]) == 1
    assert "RPi.GPIO" in capsys.readouterr().err


def test_a_broken_configuration_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / "none.toml")]) == 1
    assert "no such file" in capsys.readouterr().err


def test_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "usage" in capsys.readouterr().err
