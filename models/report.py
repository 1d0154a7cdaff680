"""The figures of an evaluation as Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from models.cost import Cost
from models.evaluate import Line, Operating
from models.recall import Group

UNKNOWN = "-"  # a class that a detector does not know


def markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def ap_table(lines: Sequence[Line], names: Sequence[str]) -> str:
    """AP50 by source and class; a dash where a detector does not know the class."""
    rows = [
        [line.source, line.label, str(line.pictures), str(line.objects), *_cells(line.ap50, names)] for line in lines
    ]
    return markdown(["source", "class", "pictures", "objects", *names], rows)


def size_table(lines: Sequence[Line], names: Sequence[str]) -> str:
    """AP50 / recall at a precision of 0.9, by source, class and size."""
    rows = []
    for line in lines:
        pairs = zip(_cells(line.ap50, names), _cells(line.recall_p90, names), strict=True)
        cells = [ap if ap == UNKNOWN else f"{ap} / {recall}" for ap, recall in pairs]
        rows.append([line.source, line.label, line.band, str(line.objects), *cells])
    return markdown(["source", "class", "size", "objects", *names], rows)


def _cells(values: dict[str, float], names: Sequence[str]) -> list[str]:
    return [f"{values[name]:.2f}" if name in values else UNKNOWN for name in names]


def operating_table(points: Sequence[Operating]) -> str:
    """Precision, recall and false finds at the thresholds."""
    head = ["source", "class", "threshold", "objects", "precision", "recall", "false finds per 1,000 pictures"]
    head += ["pictures without any", "false finds per 1,000 of those (95 %: at most)", "of those with one"]
    rows = []
    for point in points:
        shown = [f"{point.precision:.2f}", f"{point.recall:.2f}"] if point.objects else ["-", "-"]
        row = [point.source, point.label, f"{point.threshold:.2f}", str(point.objects), *shown]
        row += [f"{point.false_per_1000:.1f}", str(point.bare.pictures)]
        if point.bare.pictures:
            row += [f"{point.bare.per_1000:.1f} ({point.bare.per_1000_at_most:.1f})", str(point.bare.pictures_with)]
        else:
            row += ["-", "-"]
        rows.append(row)
    return markdown(head, rows)


def recall_table(groups: Sequence[Group], names: Sequence[str]) -> str:
    """Recall by class and group."""
    rows = [[group.label, group.what, str(group.objects), *_cells(group.recall, names)] for group in groups]
    return markdown(["class", "what", "objects", *names], rows)


def cost_table(costs: Sequence[Cost]) -> str:
    """What the files cost, and their operators below."""
    spots = list(dict.fromkeys((one.runtime, one.threads) for cost in costs for one in cost.latencies))
    head = ["file", "input", "million multiply-adds", "MiB", "operators", *(f"{r}, {n} threads, ms" for r, n in spots)]
    rows = []
    for cost in costs:
        times = {(one.runtime, one.threads): one.median_ms for one in cost.latencies}
        shape = f"{cost.input_dtype} {'x'.join(str(side) for side in cost.input_shape)}"
        row = [cost.name, shape, f"{cost.macs / 1e6:.0f}", f"{cost.bytes / 2**20:.2f}"]
        row.append(str(sum(count for _, count in cost.operators)))
        rows.append(row + [f"{times[spot]:.1f}" if spot in times else "-" for spot in spots])
    kinds = [f"{cost.name}: " + ", ".join(f"{count} {kind}" for kind, count in cost.operators) for cost in costs]
    return markdown(head, rows) + "\n" + "\n".join(kinds) + "\n"
