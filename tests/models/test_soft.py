"""Soft labels from the published network. Needs PyTorch (the `maintainer` extra)."""

import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed (extra `maintainer`)")

from models.cells import Cells  # noqa: E402
from models.network import COCO_CLASSES  # noqa: E402
from models.soft import Told, soft_loss, told  # noqa: E402

pytestmark = pytest.mark.slow
CELLS = Cells.of(64, 32)
ROWS = 8 * 4 + 4 * 2 + 2 * 1


def logit(chance: float) -> float:
    return float(torch.logit(torch.tensor(chance)))


def test_kinds_of_coco_become_our_first_three_classes() -> None:
    scores = torch.full((1, ROWS, 1 + COCO_CLASSES), -20.0)
    scores[..., 0] = logit(0.8)
    for row, kind in enumerate((0, 1, 2, 3, 5, 7, 16)):  # person, bicycle, car, motorcycle, bus, lorry, dog
        scores[0, row, 1 + kind] = logit(0.5)
    answer = told(lambda images: (torch.zeros(1, ROWS, 4), scores), torch.zeros(1, 1, 32, 64), CELLS)
    best = [[round(float(score), 3) for score in row] for row in answer.scores[0, :7]]
    assert best == [[0.4, 0, 0], [0, 0, 0.4], [0, 0.4, 0], [0, 0, 0.4], [0, 0.4, 0], [0, 0.4, 0], [0, 0, 0]]
    assert torch.equal(answer.boxes, CELLS.decode(torch.zeros(1, ROWS, 4)))


def one_cell(score: float) -> tuple["torch.Tensor", Told]:
    """A teacher that sees a person in the first row and nothing else, and the boxes it says."""
    scores = torch.full((1, ROWS, 3), 1e-4)
    scores[0, 0, 0] = score
    boxes = CELLS.decode(torch.zeros(1, ROWS, 4))
    return boxes, Told(scores, boxes)


def test_who_says_the_same_as_the_teacher_has_nothing_to_learn() -> None:
    boxes, teacher = one_cell(0.6)
    same = torch.cat((teacher.scores, torch.full((1, ROWS, 3), 0.9)), -1)  # of other classes it says nothing
    assert float(soft_loss(boxes, same.log(), torch.zeros(1, ROWS, 6), teacher)) == pytest.approx(0, abs=1e-4)
    assert float(soft_loss(boxes + 4, same.log(), torch.zeros(1, ROWS, 6), teacher)) > 0.1  # boxes apart
    assert float(soft_loss(boxes, same.log() * 3, torch.zeros(1, ROWS, 6), teacher)) > 0.05  # scores apart


@pytest.mark.parametrize(("wanted", "counts"), [(0.0, True), (0.5, True), (0.7, False)])
def test_a_label_surer_than_the_teacher_counts_alone(wanted: float, counts: bool) -> None:
    boxes, teacher = one_cell(0.6)
    log_score = torch.full((1, ROWS, 6), -1.0, requires_grad=True)
    labels = torch.zeros(1, ROWS, 6)
    labels[0, 0, 0] = wanted
    (slope,) = torch.autograd.grad(soft_loss(boxes, log_score, labels, teacher), log_score)
    assert bool(slope[0, 0, 0] != 0) == counts
    assert (slope[0, 1:, :3] > 0).all()
    assert (slope[..., 3:] == 0).all()
