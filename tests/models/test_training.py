"""The training code. Needs PyTorch and OpenCV (the `maintainer` extra); elsewhere these tests are skipped."""

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed (extra `maintainer`)")
pytest.importorskip("cv2", reason="OpenCV is not installed (extra `maintainer`)")

from firmware.errors import ModelError  # noqa: E402
from models.canvas import compose  # noqa: E402
from models.cells import Cells  # noqa: E402
from models.checkpoint import load_average  # noqa: E402
from models.classes import N_CLASSES  # noqa: E402
from models.decoded import Stock  # noqa: E402
from models.loss import Targets, assign, detection_loss  # noqa: E402
from models.network import Detector, grey_stem  # noqa: E402
from models.train import Plan, begin, earlier, to_batch, train  # noqa: E402
from tests.training_pictures import picture  # noqa: E402

pytestmark = pytest.mark.slow
SIZE = (128, 96)


def test_the_grey_stem_equals_the_focus_stem_on_grey() -> None:
    weight = torch.randn(16, 12, 3, 3)
    grey = torch.rand(1, 1, 64, 96) * 255
    colour = grey.repeat(1, 3, 1, 1)
    corners = [colour[..., row::2, column::2] for row, column in ((0, 0), (1, 0), (0, 1), (1, 1))]
    wanted = torch.nn.functional.conv2d(torch.cat(corners, 1), weight, padding=1)
    got = torch.nn.functional.conv2d(grey, grey_stem(weight), stride=2, padding=2)
    assert torch.allclose(wanted, got, atol=1e-2)


def test_the_network_gives_a_row_for_every_cell() -> None:
    boxes, scores = Detector()(torch.zeros(2, 1, 96, 128))
    assert boxes.shape == (2, 12 * 16 + 6 * 8 + 3 * 4, 4)
    assert scores.shape == (2, boxes.shape[1], 1 + N_CLASSES)


def test_decoding_in_training_and_on_the_node_agree() -> None:
    from firmware.core.decode import Decoder
    from firmware.messages import Frame, ObjectKind, RawDetections, Size

    rng = np.random.default_rng(3)
    raw = rng.normal(0, 0.3, (252, 4)).astype(np.float32)
    scores = np.full((252, 7), -20.0, np.float32)
    scores[100] = 20.0
    picture_ = np.zeros((96, 128), np.uint8)
    decoder = Decoder(Size(128, 96), (8, 16, 32), tuple(ObjectKind), (0.5,) * 6, 0.6)
    found = decoder.decode(RawDetections(raw, scores), Frame(0, 0.0, picture_, picture_))[0].box
    corners = Cells.of(128, 96).decode(torch.from_numpy(raw))[100].tolist()
    assert (found.x_px, found.y_px) == pytest.approx(corners[:2], abs=1e-3)
    assert (found.x_px + found.w_px, found.y_px + found.h_px) == pytest.approx(corners[2:], abs=1e-3)


def _targets(known: "torch.Tensor") -> Targets:
    return Targets([torch.tensor([[40.0, 30.0, 72.0, 80.0]])], [torch.tensor([0])], known)


def test_an_unlabelled_class_is_left_out_of_the_loss() -> None:
    torch.manual_seed(1)
    cells = Cells.of(*SIZE)
    raw = torch.zeros(1, 252, 4)
    scores = torch.zeros(1, 252, 1 + N_CLASSES, requires_grad=True)
    known = torch.ones(1, N_CLASSES, 12, 16, dtype=torch.bool)
    known[:, 3] = False
    loss, _ = detection_loss(raw, scores, _targets(known), cells)
    (slope,) = torch.autograd.grad(loss, scores)
    assert (slope[..., 1 + 3] == 0).all()
    assert (slope[..., 1 + 4] > 0).all()


def test_an_ignored_region_is_left_out_of_the_loss() -> None:
    cells = Cells.of(*SIZE)
    scores = torch.zeros(1, 252, 1 + N_CLASSES, requires_grad=True)
    known = torch.ones(1, N_CLASSES, 12, 16, dtype=torch.bool)
    known[:, :, :4, :4] = False
    loss, _ = detection_loss(torch.zeros(1, 252, 4), scores, _targets(known), cells)
    (slope,) = torch.autograd.grad(loss, scores)
    hidden = (cells.centre < 32).all(1)
    assert hidden.sum() == 16 + 4 + 1
    assert (slope[0, hidden] == 0).all()
    assert (slope[0, ~hidden] != 0).any(1).all()


def test_every_object_gets_a_row_even_a_tiny_one() -> None:
    cells = Cells.of(*SIZE)
    truth = torch.tensor([[10.0, 10.0, 14.0, 15.0], [50.0, 20.0, 110.0, 90.0]])
    boxes = cells.decode(torch.zeros(252, 4))
    rows, owners = assign(boxes, torch.full((252, N_CLASSES), -2.0), truth, torch.tensor([0, 1]), cells)
    assert set(owners.tolist()) == {0, 1}
    assert len(set(rows.tolist())) == len(rows)


def test_a_few_steps_learn_one_picture() -> None:
    torch.manual_seed(1)
    network, cells = Detector(), Cells.of(*SIZE)
    optimiser = torch.optim.AdamW(network.parameters(), lr=2e-3)
    sample = compose(Stock([picture(frozenset(range(N_CLASSES)))], np.ones(1)), np.random.default_rng(5), SIZE)
    images, targets = to_batch([sample, sample])
    losses = []
    for _ in range(25):
        raw, scores = network(images)
        loss, _ = detection_loss(raw, scores, targets, cells)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.5 * losses[0]


def test_a_run_may_begin_with_what_another_one_has_learnt(tmp_path: Path) -> None:
    learnt = Detector()
    torch.save({"average": learnt.state_dict()}, tmp_path / "other.pt")
    plan = Plan(tmp_path, tmp_path / "start.onnx", tmp_path, 1.0, continue_from=tmp_path / "other.pt")
    network = earlier(plan)
    assert network is not None
    state = begin(plan, network)
    for network in (state.network, state.average):
        for wanted, got in zip(learnt.parameters(), network.parameters(), strict=True):
            assert torch.equal(wanted, got)


@pytest.mark.parametrize("content", [b"", b"no archive at all", b"a", b"Na", b"J\x01", b"PK\x03\x04 cut short"])
def test_what_is_no_checkpoint_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "last.pt"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r"last\.pt: not a checkpoint of `nattvakt model train`"):
        load_average(path)


def test_a_checkpoint_that_is_not_there_is_told_before_any_picture_is_read(tmp_path: Path) -> None:
    plan = Plan(tmp_path, tmp_path / "start.onnx", tmp_path / "run", 1.0, continue_from=tmp_path / "other.pt")
    with pytest.raises(ModelError, match=r"other\.pt: cannot be read: No such file"):
        train(plan)


def test_a_run_goes_on_from_its_own_start(tmp_path: Path) -> None:
    """Whatever is asked for by then: the paces belong to the start."""
    learnt = Detector()
    torch.save({"average": learnt.state_dict()}, tmp_path / "other.pt")
    plan = Plan(tmp_path, tmp_path / "start.onnx", tmp_path, 1.0, continue_from=tmp_path / "other.pt")
    earlier(plan)
    (tmp_path / "last.pt").touch()
    torch.save({"average": Detector().state_dict()}, tmp_path / "other.pt")
    for again in (plan, Plan(tmp_path, tmp_path / "start.onnx", tmp_path, 1.0)):
        network = earlier(again)
        assert network is not None
        assert all(map(torch.equal, begin(again, network).network.parameters(), learnt.parameters()))


def test_a_checkpoint_of_another_network_is_refused(tmp_path: Path) -> None:
    torch.save({"average": {"stem.weight": torch.zeros(3)}}, tmp_path / "last.pt")
    with pytest.raises(ModelError, match="not a checkpoint of this network"):
        load_average(tmp_path / "last.pt")


def test_a_start_that_is_no_yolox_is_refused(tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx", reason="onnx is not installed (extra `maintainer`)")
    graph = onnx.helper.make_graph([], "empty", [], [])
    onnx.save(onnx.helper.make_model(graph), str(tmp_path / "other.onnx"))
    plan = Plan(data=tmp_path, start=tmp_path / "other.onnx", run_folder=tmp_path / "run", budget_minutes=0.1)
    with pytest.raises(ModelError, match="has 0 convolutions, YOLOX-Nano has 113"):
        train(plan)
