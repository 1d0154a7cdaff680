"""What is inside a TFLite file: tensors and operators, read from the file itself without running it.

Format: the flatbuffer schema of TensorFlow Lite, of which `ai_edge_litert` ships the generated reader.
"""

from __future__ import annotations

import functools
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from firmware.errors import ModelError

IDENTIFIER = b"TFL3"  # at byte 4 of every TFLite file


@dataclass(frozen=True, slots=True)
class Tensor:
    """One tensor; value = (stored - `zero_point`) * `scale`, or the stored value where `scale` is 0.

    `scale` is also 0 where the scale differs by channel: only weights do that. `dtype` as numpy calls it.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    scale: float = 0.0
    zero_point: int = 0


@dataclass(frozen=True, slots=True)
class Operator:
    """One step; `kind` as the schema calls it (`CONV_2D`) or the name of a custom one; tensors by number, -1 none."""

    kind: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Graph:
    """The main graph of a file; `inputs` and `outputs` are numbers of tensors."""

    tensors: tuple[Tensor, ...]
    operators: tuple[Operator, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]

    def shapes(self, numbers: tuple[int, ...]) -> list[tuple[int, ...]]:
        """The shapes of some tensors."""
        return [self.tensors[number].shape for number in numbers]


def read_graph(path: Path) -> Graph:
    """Read the main graph of a TFLite file; raises `ModelError` naming the file, `OSError` where there is none."""
    data = path.read_bytes()
    if data[4:8] != IDENTIFIER:
        raise ModelError(f"{path}: is no TFLite file (no {IDENTIFIER.decode()} at byte 4)")
    from ai_edge_litert import schema_py_generated as schema

    try:
        model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(data, 0))
        main = model.subgraphs[0]
        return Graph(
            tensors=tuple(_tensor(one) for one in main.tensors),
            operators=tuple(_operator(one, model) for one in main.operators),
            inputs=_numbers(main.inputs),
            outputs=_numbers(main.outputs),
        )
    # A cut or altered flatbuffer shows in whatever its offsets then point to.
    except (struct.error, ValueError, TypeError, IndexError, KeyError, AttributeError, MemoryError) as error:
        raise ModelError(f"{path}: is a broken TFLite file: {error}") from error


def _tensor(one: Any) -> Tensor:
    scales = [] if one.quantization is None or one.quantization.scale is None else list(one.quantization.scale)
    per_tensor = len(scales) == 1
    return Tensor(
        name=(one.name or b"").decode(),
        shape=_numbers(one.shape),
        dtype=_dtypes().get(one.type, "other"),
        scale=float(scales[0]) if per_tensor else 0.0,
        zero_point=int(one.quantization.zeroPoint[0]) if per_tensor else 0,
    )


def _operator(one: Any, model: Any) -> Operator:
    code = model.operatorCodes[one.opcodeIndex]
    # Codes beyond 127 do not fit the old field; files of old converters have only the old one.
    number = max(code.builtinCode, code.deprecatedBuiltinCode)
    kind = code.customCode.decode() if code.customCode else _kinds().get(number, f"OPERATOR_{number}")
    return Operator(kind, _numbers(one.inputs), _numbers(one.outputs))


def _numbers(values: Any) -> tuple[int, ...]:
    return () if values is None else tuple(int(value) for value in values)


@functools.cache
def _kinds() -> dict[int, str]:
    from ai_edge_litert import schema_py_generated as schema

    return {number: name for name, number in vars(schema.BuiltinOperator).items() if isinstance(number, int)}


@functools.cache
def _dtypes() -> dict[int, str]:
    from ai_edge_litert import schema_py_generated as schema

    return {number: name.lower() for name, number in vars(schema.TensorType).items() if isinstance(number, int)}
