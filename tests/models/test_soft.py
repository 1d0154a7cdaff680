"""Soft labels from the published network. Needs PyTorch (the `maintainer` extra)."""

import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed (extra `maintainer`)")

from models.cells import Cells  # noqa: E402
from models.loss import Targets, detection_loss  # noqa: E402
from models.network import COCO_CLASSES  # noqa: E402
from models.soft import Told, soft_loss, told  # noqa: E402

pytestmark = pytest.mark.slow
CELLS = Cells.of(64, 32)
ROWS = 8 * 4 + 4 * 2 + 2 * 1
NOTHING = torch.zeros(1, ROWS, 6)
ALL = torch.ones(1, ROWS, 6, dtype=torch.bool)


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
    assert float(soft_loss(boxes, same.log(), NOTHING, ALL, teacher)) == pytest.approx(0, abs=1e-4)
    assert float(soft_loss(boxes + 4, same.log(), NOTHING, ALL, teacher)) > 0.1  # boxes apart
    assert float(soft_loss(boxes, same.log() * 3, NOTHING, ALL, teacher)) > 0.05  # scores apart


@pytest.mark.parametrize(
    ("kind", "wanted", "counts"), [(0, 0.0, True), (0, 0.5, True), (0, 0.7, False), (3, 0.1, False)]
)
def test_a_label_surer_than_the_teacher_or_of_a_class_that_it_does_not_know_counts_alone(
    kind: int, wanted: float, counts: bool
) -> None:
    boxes, teacher = one_cell(0.6)
    boxes = (boxes + 1).requires_grad_()
    log_score = torch.full((1, ROWS, 6), -1.0, requires_grad=True)
    labels = NOTHING.clone()
    labels[0, 0, kind] = wanted
    of_scores, of_boxes = torch.autograd.grad(soft_loss(boxes, log_score, labels, ALL, teacher), (log_score, boxes))
    assert bool((of_scores[0, 0, :3] != 0).all()) == counts
    assert bool((of_boxes[0, 0] != 0).any()) == counts
    assert (of_scores[0, 1:, :3] > 0).all()
    assert (of_scores[..., 3:] == 0).all()


def test_where_labels_say_nothing_of_a_class_the_teacher_says_nothing_either() -> None:
    boxes, teacher = one_cell(0.6)
    boxes = (boxes + 1).requires_grad_()
    log_score = torch.full((1, ROWS, 6), -1.0, requires_grad=True)
    known = ALL.clone()
    known[0, 0, 0] = False
    of_scores, of_boxes = torch.autograd.grad(soft_loss(boxes, log_score, NOTHING, known, teacher), (log_score, boxes))
    assert of_scores[0, 0, 0] == 0
    assert (of_scores[0, 0, 1:3] > 0).all()
    assert (of_boxes == 0).all()


def test_only_the_pictures_that_the_teacher_was_asked_about_learn_from_it() -> None:
    torch.manual_seed(3)
    raw, scores = torch.randn(3, ROWS, 4) / 4, torch.randn(3, ROWS, 7).requires_grad_()
    known = torch.ones(3, 6, 4, 8, dtype=torch.bool)
    empty = [torch.zeros(0, 4)] * 3, [torch.zeros(0, dtype=torch.long)] * 3, known
    answer = Told(torch.rand(2, ROWS, 3), CELLS.decode(torch.zeros(2, ROWS, 4)))

    def slope(targets: Targets) -> "torch.Tensor":
        return torch.autograd.grad(detection_loss(raw, scores, targets, CELLS)[0], scores)[0]

    alone, together = slope(Targets(*empty)), slope(Targets(*empty, asked=[0, 2], told=answer))
    assert [torch.allclose(alone[row], together[row], rtol=1e-5) for row in range(3)] == [False, True, False]
    swapped = Told(answer.scores.flip(0), answer.boxes.flip(0))
    assert torch.allclose(together, slope(Targets(*empty, asked=[2, 0], told=swapped)))
