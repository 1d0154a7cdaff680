"""The int8 network: its start by least squares, its rounding, its export. Needs PyTorch (the `maintainer` extra)."""

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed (extra `maintainer`)")

from firmware.errors import ModelError  # noqa: E402
from models.network import CEILING, COCO_CLASSES, Conv, Detector, convolutions  # noqa: E402
from models.quantise import BOX_RANGE, SCORE_RANGE, rounded, rounded_weight  # noqa: E402
from models.train import WARMUP_STEPS, Plan, paced, set_rate  # noqa: E402
from models.transplant import transplant  # noqa: E402

pytestmark = pytest.mark.slow


def pictures(count: int, seed: int = 1) -> "torch.Tensor":
    """Smooth random pictures `[count, 1, 96, 128]`: a blurred noise has edges and areas, white noise has neither."""
    torch.manual_seed(seed)
    coarse = torch.rand(count, 1, 12, 16) * 255
    return torch.nn.functional.interpolate(coarse, (96, 128), mode="bilinear")


def lively(network: Detector) -> Detector:
    """Give random weights the spread of trained ones, so that nothing dies on the way."""
    torch.manual_seed(2)
    for layer in convolutions(network):
        torch.nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
        torch.nn.init.normal_(layer.bias, std=0.3)
    network.stem.conv.weight.data /= 80
    return network.eval()


@pytest.fixture(scope="module")
def pair() -> tuple[Detector, Detector]:
    teacher, student = lively(Detector(COCO_CLASSES, act="silu")), Detector().eval()
    transplant(teacher, student, pictures(12))
    return teacher, student


def test_the_transplanted_network_says_what_the_teacher_says(pair: tuple[Detector, Detector]) -> None:
    teacher, student = pair
    fresh = pictures(4, seed=9)

    def apart(other: Detector) -> float:
        """Mean squared difference of the boxes; the teacher's own spread is 1."""
        with torch.no_grad():
            told, said = teacher(fresh)[0], other(fresh)[0]
        return float((told - said).square().mean() / told.var())

    assert apart(student) < 0.5 * apart(lively(Detector()))


def test_every_activation_stays_within_its_range(pair: tuple[Detector, Detector]) -> None:
    seen: list[torch.Tensor] = []
    student = pair[1]
    hooks = [
        m.register_forward_hook(lambda _m, _x, y: seen.append(y)) for m in student.modules() if isinstance(m, Conv)
    ]
    with torch.no_grad():
        student(pictures(2, seed=5))
    for hook in hooks:
        hook.remove()
    assert all(float(y.min()) >= 0 and float(y.max()) <= CEILING for y in seen)


def test_small_weights_learn_in_small_steps(pair: tuple[Detector, Detector]) -> None:
    network = Detector()
    network.load_state_dict(pair[1].state_dict())
    optimiser = torch.optim.AdamW(paced(network))
    set_rate(optimiser, Plan(Path(), Path(), Path(), 1.0, rate=1e-3), WARMUP_STEPS, used=0.0)
    before = {name: values.detach().clone() for name, values in network.named_parameters()}
    raw, scores = network(pictures(2, seed=5))
    (raw.square().mean() + scores.square().mean()).backward()
    optimiser.step()
    moved = {name: float((values.detach() - before[name]).abs().max()) for name, values in network.named_parameters()}
    usual = {name: float(values.abs().median()) for name, values in before.items()}
    for name in ("stem.conv.weight", "dark2.1.around.conv.weight"):
        assert 0 < moved[name] < 0.05 * usual[name]


def test_rounding_keeps_to_256_levels_and_hands_the_gradient_on() -> None:
    values = torch.linspace(-5, 8, 4001, requires_grad=True)
    low, high = BOX_RANGE
    out = rounded(values, low, high)
    error = (out - values.clamp(low, high)).detach().abs().max()
    assert len(out.detach().unique()) <= 256
    assert float(error) <= (high - low) / 255 / 2 + 1e-5
    out.sum().backward()
    inside = (values > low) & (values < high)
    assert torch.equal(values.grad[inside], torch.ones(int(inside.sum())))
    assert float(values.grad[~inside].abs().max()) == 0


@pytest.mark.parametrize("between", [BOX_RANGE, SCORE_RANGE, (0.0, CEILING)])
def test_zero_is_a_level_of_every_range(between: tuple[float, float]) -> None:
    step = (between[1] - between[0]) / 255
    assert between[0] / step == pytest.approx(round(between[0] / step), abs=1e-6)


def test_weights_are_rounded_channel_by_channel() -> None:
    weight = torch.randn(3, 4, 3, 3) * torch.tensor([0.01, 1.0, 100.0])[:, None, None, None]
    steps = weight.abs().amax((1, 2, 3)) / 127
    error = (rounded_weight(weight) - weight).abs().amax((1, 2, 3))
    assert bool((error <= steps / 2 * 1.001).all())


def test_the_exported_file_computes_what_training_rounded_to(
    pair: tuple[Detector, Detector, list], tmp_path: Path
) -> None:  # type: ignore[type-arg]
    pytest.importorskip("litert_torch", reason="litert-torch is not installed (extra `maintainer`)")
    from ai_edge_litert.interpreter import Interpreter

    from models.export import export

    student = pair[1]
    torch.save({"average": student.state_dict()}, tmp_path / "last.pt")
    export(tmp_path / "last.pt", tmp_path / "model.tflite", (128, 96))
    interpreter = Interpreter(model_path=str(tmp_path / "model.tflite"))
    interpreter.allocate_tensors()
    picture = pictures(1, seed=7)
    given = interpreter.get_input_details()[0]
    assert given["quantization"] == (1.0, -128)
    interpreter.set_tensor(given["index"], (picture[0].round().numpy() - 128).astype(np.int8)[..., None])
    interpreter.invoke()
    student.as_int8()
    with torch.no_grad():
        wanted = student(picture.round())
    student.as_int8(on=False)
    for detail, tensor in zip(interpreter.get_output_details(), wanted, strict=True):
        scale, zero = detail["quantization"]
        got = (interpreter.get_tensor(detail["index"]).astype(np.float32) - zero) * scale
        assert np.abs(got - tensor.numpy()).mean() < 3 * scale


def test_a_size_that_the_strides_do_not_divide_is_refused(tmp_path: Path) -> None:
    from models.export import export

    with pytest.raises(ModelError, match="500x288: both sides must be multiples of 32"):
        export(tmp_path / "last.pt", tmp_path / "model.tflite", (500, 288))
