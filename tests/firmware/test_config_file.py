import os
import re
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from firmware.config import (
    BrokerConfig,
    CameraConfig,
    ClipConfig,
    IlluminatorConfig,
    NodeConfig,
    Rules,
    SiteConfig,
    ZoneConfig,
)
from firmware.config_file import load_node, load_site
from firmware.errors import ConfigError
from firmware.tables import key_paths

DOCS = Path(__file__).parents[2] / "docs"
NODE = 'node = "n1"\n[broker]\nhost = "localhost"\n'
SQUARE = "[[0.1, 0.1], [0.9, 0.1], [0.9, 0.9], [0.1, 0.9]]"


def node_problems(tmp_path: Path, text: str) -> tuple[str, ...]:
    path = tmp_path / "node.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(ConfigError) as caught:
        load_node(path)
    assert caught.value.file == str(path)
    assert str(caught.value).count(str(path)) == len(caught.value.problems)
    return caught.value.problems


def site_problems(tmp_path: Path, text: str) -> tuple[str, ...]:
    path = tmp_path / "site.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(ConfigError) as caught:
        load_site(path)
    return caught.value.problems


def test_the_least_that_a_node_needs(tmp_path: Path) -> None:
    (tmp_path / "node.toml").write_text(NODE)
    node = load_node(tmp_path / "node.toml")
    assert node.broker == BrokerConfig(host="localhost")
    assert (node.camera, node.clip, node.illuminator) == (CameraConfig(), ClipConfig(), IlluminatorConfig())


def test_an_empty_site_is_the_whole_picture(tmp_path: Path) -> None:
    (tmp_path / "site.toml").write_text("")
    assert load_site(tmp_path / "site.toml") == SiteConfig()


def test_all_faults_at_once_each_with_key_value_and_what_is_right(tmp_path: Path) -> None:
    problems = node_problems(
        tmp_path,
        """
        nod = "n1"
        [broker]
        host = ""
        port = 70000
        [camera]
        driver = "picamera"
        width-px = 161
        rate-hz = 99
        loop = "yes"
        keyframe-interval-s = nan
        [illuminator]
        driver = "gpoi"
        pin = true
        [clip]
        preroll_s = 5
        """,
    )
    assert [problem.split(":")[0].split(" = ")[0] for problem in problems] == [
        "nod",
        "node",
        "broker.host",
        "broker.port",
        "camera.driver",
        "camera.width-px",
        "camera.rate-hz",
        "camera.keyframe-interval-s",
        "camera.loop",
        "clip.preroll_s",
        "illuminator.driver",
        "illuminator.pin",
    ]
    said = dict(zip((p.split(":")[0] for p in problems), problems, strict=True))
    assert "did you mean 'node'?" in said["nod"]
    assert "missing" in said["node"]
    assert "at most 65535" in said["broker.port = 70000"]
    assert said['camera.driver = "picamera"'].endswith("""did you mean 'picamera2'?""")
    assert "a multiple of 2" in said["camera.width-px = 161"]
    assert "above 0, at most 30" in said["camera.rate-hz = 99"]
    assert "true or false" in said['camera.loop = "yes"']
    assert "did you mean 'preroll-s'?" in said["clip.preroll_s"]
    assert 'one of "gpio", "none"' in said['illuminator.driver = "gpoi"']


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('node = "a/b"\n[broker]\nhost = "x"', "letters, digits"),
        ('node = "n"\nbroker = 3', r"\[broker\]"),
        ('node = "n"', "broker: missing"),
        (NODE + '[camera]\ndriver = "file"', "camera.source: missing.*path of a video"),
        (NODE + '[camera]\ndriver = "scene"', "camera.source: missing.*name of a scene"),
        (NODE + 'cert = "a.pem"', "broker.key: missing"),
        (NODE + 'key = "a.key"', "broker.cert: missing"),
        ('node = "n"\nnode = "m"\n\n', "not TOML.*line 2"),
        ('node = "n', "not TOML"),
        ("x = " + "[" * 5000, "nested too deep|not TOML"),
        ("x = " + "9" * 5000, "not TOML"),
        (NODE + "[camera]\nrate-hz = " + "9" * 400, "camera.rate-hz"),
    ],
)
def test_one_clear_line(tmp_path: Path, text: str, says: str) -> None:
    problems = node_problems(tmp_path, text)
    assert len(problems) == 1
    assert re.search(says, problems[0])


@pytest.mark.parametrize("load", [load_node, load_site])
def test_files_that_are_none(tmp_path: Path, load: object) -> None:
    assert callable(load)
    (tmp_path / "latin.toml").write_bytes('site = "Växjö"'.encode("latin-1"))
    (tmp_path / "large.toml").write_bytes(b"#" * ((1 << 20) + 1))
    told = {"none": "no such file", ".": "is a folder", "latin.toml": "UTF-8", "large.toml": "larger"}
    for name, says in told.items():
        with pytest.raises(ConfigError, match=says) as caught:
            load(tmp_path / name)
        assert len(caught.value.problems) == 1


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    (tmp_path / "node.toml").write_text(NODE)
    (tmp_path / "node.toml").chmod(0)
    with pytest.raises(ConfigError, match="Permission denied"):
        load_node(tmp_path / "node.toml")


def test_relative_paths_are_relative_to_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "etc"
    folder.mkdir()
    (folder / "node.toml").write_text(
        'node = "n1"\nstate-dir = "state"\npermit-file = "/srv/permit.json"\n'
        '[broker]\nhost = "h"\nca = "ca.pem"\n[camera]\ndriver = "file"\nsource = "../film.mp4"\n'
    )
    monkeypatch.chdir(tmp_path)
    node = load_node(Path("etc/node.toml"))
    assert node.state_dir == str(folder / "state")
    assert node.permit_file == "/srv/permit.json"
    assert node.permit_key == str(folder / "custodians.pem")
    assert node.broker.ca == str(folder / "ca.pem")
    assert (node.broker.cert, node.model_dir) == ("", "")
    assert Path(node.camera.source) == folder / "../film.mp4"


def test_a_scenes_name_is_not_a_path(tmp_path: Path) -> None:
    (tmp_path / "node.toml").write_text(NODE + '[camera]\ndriver = "scene"\nsource = "prowler"\n')
    assert load_node(tmp_path / "node.toml").camera.source == "prowler"


@pytest.mark.parametrize(
    ("polygon", "says"),
    [
        ("[[0, 0], [1, 1], [1, 0], [0, 1]]", r"side 1 \(from \[0, 0\]\) crosses side 3"),
        ("[[0, 0], [1, 0], [1, 1], [0.5, 0], [0, 1]]", "crosses"),  # touches its first side
        ("[[0, 0], [0.5, 0.5], [1, 1]]", "one line"),
        ("[[0, 0], [1, 0], [0, 0], [1, 1]]", "twice"),
        ("[[0, 0], [1, 0]]", "2 entries.*at least 3"),
        ("[[0, 0], [1, 0], [1, 1.01]]", r"\[2\]\[1\] = 1.01: must be a number at least 0, at most 1"),
        ('[[0, 0], [1, 0], "x"]', r"\[2\] = .x.*a list of 2"),
    ],
)
@pytest.mark.parametrize("where", ["masks[0]", "zones[0].polygon"])
def test_polygons(tmp_path: Path, where: str, polygon: str, says: str) -> None:
    text = f"masks = [{polygon}]" if where == "masks[0]" else f'[[zones]]\nname = "z"\npolygon = {polygon}'
    problems = site_problems(tmp_path, text)
    assert len(problems) == 1
    assert problems[0].startswith(where)
    assert re.search(says, problems[0])


def test_a_polygon_that_is_hollow_but_whole_is_fine(tmp_path: Path) -> None:
    (tmp_path / "site.toml").write_text("masks = [[[0, 0], [1, 0], [1, 1], [0.5, 0.2], [0, 1]]]")
    assert len(load_site(tmp_path / "site.toml").masks[0]) == 5


def test_zones_with_one_name(tmp_path: Path) -> None:
    zone = f'[[zones]]\nname = "bays"\npolygon = {SQUARE}\n'
    problems = site_problems(tmp_path, zone * 3)
    assert len(problems) == 2
    assert problems[0].startswith('zones[1].name = "bays": zones[0]')
    assert problems[1].startswith('zones[2].name = "bays": zones[0]')


def calibration(points: list[tuple[float, float, float, float]]) -> str:
    return "".join(f"[[calibration]]\nimage = [{x}, {y}]\nground-m = [{a}, {b}]\n" for x, y, a, b in points)


CORNERS = [(0.1, 0.9, 0.0, 0.0), (0.9, 0.9, 10.0, 0.0), (0.7, 0.4, 10.0, 20.0), (0.3, 0.4, 0.0, 20.0)]


@pytest.mark.parametrize("count", [1, 2, 3])
def test_too_few_points_on_the_ground(tmp_path: Path, count: int) -> None:
    problems = site_problems(tmp_path, calibration(CORNERS[:count]))
    assert len(problems) == 1
    assert re.search("at least 4, or none", problems[0])


@pytest.mark.parametrize("what", ["image", "ground-m"])
def test_points_on_a_line_calibrate_nothing(tmp_path: Path, what: str) -> None:
    if what == "image":
        in_line = [(i / 10, i / 10, x, y) for i, (_, _, x, y) in enumerate(CORNERS)]
    else:
        in_line = [(u, v, 3.0 * i, 0.0) for i, (u, v, _, _) in enumerate(CORNERS)]
    problems = site_problems(tmp_path, calibration(in_line))
    assert len(problems) == 1
    assert re.search(f"one line in {what}", problems[0])


def test_four_good_points_among_more_are_enough(tmp_path: Path) -> None:
    (tmp_path / "site.toml").write_text(calibration([*CORNERS, (0.5, 0.9, 5.0, 0.0)]))
    assert len(load_site(tmp_path / "site.toml").calibration) == 5


def test_infinite_is_no_place_on_the_ground(tmp_path: Path) -> None:
    problems = site_problems(tmp_path, calibration([*CORNERS[:3], (0.3, 0.4, float("inf"), 20.0)]))
    assert problems == ("calibration[3].ground-m[0] = Infinity: must be a number, and finite",)


def test_the_examples_load_and_show_the_defaults() -> None:
    node = load_node(DOCS / "examples/node.toml")
    assert node.camera == CameraConfig()
    site = load_site(DOCS / "examples/site.toml")
    assert site.rules == Rules()
    assert len(site.calibration) == 4


@pytest.mark.parametrize(("name", "kind"), [("node.toml", NodeConfig), ("site.toml", SiteConfig)])
def test_what_is_commented_out_in_the_examples_is_the_default(
    tmp_path: Path, name: str, kind: type[msgspec.Struct]
) -> None:
    text = re.sub(r"(?m)^# ([a-z-]+ = )", r"\1", (DOCS / "examples" / name).read_text("utf-8"))
    (tmp_path / name).write_text(text, "utf-8")
    (tmp_path / "as-shown").mkdir()
    (tmp_path / "as-shown" / name).write_text((DOCS / "examples" / name).read_text("utf-8"), "utf-8")
    load = load_node if kind is NodeConfig else load_site
    full, short = load(tmp_path / name), load(tmp_path / "as-shown" / name)
    assert str(full).replace(str(tmp_path), "") == str(short).replace(str(tmp_path / "as-shown"), "")
    for key in key_paths(kind):
        assert re.search(rf"(?m)^{re.escape(key.split('.')[-1])} = ", text) or key == "masks"


@pytest.mark.parametrize("kind", [NodeConfig, SiteConfig])
def test_every_key_is_documented(kind: type[msgspec.Struct]) -> None:
    rows = [line for line in (DOCS / "configuration.md").read_text("utf-8").splitlines() if line.startswith("| `")]
    documented = {key for row in rows for key in re.findall("`([^`]+)`", row.split("|")[1])}
    keys = set(key_paths(kind))
    assert keys <= documented
    assert documented <= set(key_paths(NodeConfig)) | set(key_paths(SiteConfig))


def test_the_documented_rules_are_the_structs() -> None:
    zone = ZoneConfig(name="z", polygon=((0.0, 0.0), (1.0, 0.0), (1.0, 1.0)))
    lines = (DOCS / "configuration.md").read_text("utf-8").splitlines()
    row = next(line for line in lines if "`zones[].rules`" in line)
    assert set(re.findall("`([a-z]+)`", row)) == set(zone.rules)


VALUES = st.recursive(
    st.one_of(
        st.booleans(),
        st.integers(-(10**40), 10**40),
        st.floats(),
        st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=30),
    ),
    lambda inner: st.lists(inner, max_size=4),
    max_leaves=8,
)
KEYS = sorted({key.split(".")[-1] for kind in (NodeConfig, SiteConfig) for key in key_paths(kind)} | {"x"})
TABLES = ["", "[broker]", "[camera]", "[clip]", "[illuminator]", "[[zones]]", "[[calibration]]", "[rules.fire]"]


def toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return "[" + ", ".join(toml(item) for item in value) + "]"
    if isinstance(value, str):
        return '"' + "".join(f"\\U{ord(c):08x}" for c in value) + '"'
    return repr(value)


@given(
    st.lists(
        st.tuples(st.sampled_from(TABLES), st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=4)),
        max_size=5,
        unique_by=lambda table: table[0],
    )
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_toml_is_a_configuration_or_a_config_error(
    tmp_path: Path, tables: list[tuple[str, dict[str, object]]]
) -> None:
    lines = []
    for name, keys in sorted(tables):
        lines += [name, *(f"{key} = {toml(value)}" for key, value in keys.items())]
    path = tmp_path / "any.toml"
    path.write_text("\n".join(lines), "utf-8")
    for load in (load_node, load_site):
        try:
            load(path)
        except ConfigError as error:
            assert error.problems


@given(st.one_of(st.binary(max_size=200), st.text(max_size=200).map(str.encode)))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_rubbish_is_a_configuration_or_a_config_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "rubbish.toml"
    path.write_bytes(content)
    try:
        load_site(path)
    except ConfigError as error:
        assert error.problems
