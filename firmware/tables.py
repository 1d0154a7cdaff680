"""Reads a table of TOML into a frozen msgspec struct and finds every fault in it, not just the first.

msgspec stops at the first fault, so the struct's fields are walked here and each value is converted on its own.
"""

import difflib
import json
import math
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, get_args, get_origin

import msgspec
from msgspec import inspect

from firmware.errors import ConfigError

T = TypeVar("T", bound=msgspec.Struct)
Check = Callable[[Any], list[str]]
"""Looks at one value that was read well; gives its faults as `key: text` (`[1].key: text` and `: text` for a list)."""

Checks = Mapping[Any, Check]
"""By the annotation of the value that a check looks at: a struct, or an annotated list."""

_LIMIT_BYTES = 1 << 20
_WRONG: object = object()


def load_table(path: Path, kind: type[T], checks: Checks) -> T:
    """Read `path` as one `kind`. Raises ConfigError with all faults, each with its key, its value and what is right."""
    reader = _Reader(checks)
    built = reader.table(kind, _read_toml(path), "")
    if reader.problems or not isinstance(built, kind):
        raise ConfigError(str(path), reader.problems)
    return built


def key_paths(kind: type[msgspec.Struct], prefix: str = "") -> Iterator[str]:
    """Every key that such a file may hold, as it is written there: `camera.rate-hz`, `zones[].name`."""
    for field in msgspec.structs.fields(kind):
        name = prefix + field.encode_name
        bare = _bare(field.type)
        if get_origin(bare) is tuple and _is_struct(_bare(get_args(bare)[0])):
            yield from key_paths(_bare(get_args(bare)[0]), f"{name}[].")
        elif _is_struct(bare):
            yield from key_paths(bare, f"{name}.")
        else:
            yield name


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > _LIMIT_BYTES:
            raise ConfigError(str(path), [f"larger than {_LIMIT_BYTES} bytes; is it the right file?"])
        return tomllib.loads(path.read_bytes().decode("utf-8"))
    except FileNotFoundError:
        problem = "no such file; give the path of an existing one (docs/configuration.md has an example)"
    except IsADirectoryError:
        problem = "is a folder, not a file; give the path of the .toml file in it"
    except OSError as error:
        problem = f"cannot be read: {error.strerror}"
    except UnicodeDecodeError as error:
        problem = f"is not UTF-8 text (byte {error.start}); save it as UTF-8"
    except RecursionError:
        problem = "is nested too deep to be a configuration; is it the right file?"
    except ValueError as error:  # TOMLDecodeError, and what int() and float() say of absurd numbers
        problem = f"is not TOML: {error}; mend that place"
    raise ConfigError(str(path), [problem])


class _Reader:
    """Walks one table and collects what is wrong in `problems`."""

    def __init__(self, checks: Checks) -> None:
        self.problems: list[str] = []
        self._checks = checks

    def table(self, kind: type[msgspec.Struct], raw: object, path: str) -> object:
        """The struct, or _WRONG once what is wrong has been noted."""
        if not isinstance(raw, dict):
            return self._wrong(path, raw, f"must be a table ([{path}])")
        fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
        before = len(self.problems)
        for key in raw:
            if key not in fields:
                self.problems.append(f"{_join(path, key)}: no such key; {_known(key, list(fields))}")
        values: dict[str, object] = {}
        for key, field in fields.items():
            if key in raw:
                values[field.name] = self._value(field.type, raw[key], _join(path, key))
            elif field.required:
                self.problems.append(f"{_join(path, key)}: missing; write {_describe(inspect.type_info(field.type))}")
        if len(self.problems) > before:
            return _WRONG
        return self._checked(kind, kind(**values), path)

    def _checked(self, annotation: Any, value: object, path: str) -> object:
        check = self._checks.get(annotation)
        faults = check(value) if check else []
        self.problems += [_join(path, fault) for fault in faults]
        return _WRONG if faults else value

    def _value(self, annotation: Any, raw: object, path: str) -> object:
        bare = _bare(annotation)
        if _is_struct(bare):
            return self.table(bare, raw, path)
        if get_origin(bare) is tuple:
            return self._list(annotation, raw, path)
        return self._leaf(annotation, raw, path)

    def _list(self, annotation: Any, raw: object, path: str) -> object:
        info = inspect.type_info(annotation)
        if not isinstance(raw, list):
            return self._wrong(path, raw, f"must be {_describe(info)}")
        items = get_args(_bare(annotation))
        if isinstance(info, inspect.VarTupleType):
            least, most = info.min_length or 0, info.max_length or len(raw)
            items = (items[0],) * len(raw)
        else:
            least = most = len(items)
        if not least <= len(raw) <= most:
            return self._wrong(path, raw, f"{len(raw)} entries; must be {_describe(info)}")
        walked = enumerate(zip(items, raw, strict=True))
        values = tuple(self._value(item, value, f"{path}[{i}]") for i, (item, value) in walked)
        return _WRONG if any(value is _WRONG for value in values) else self._checked(annotation, values, path)

    def _leaf(self, annotation: Any, raw: object, path: str) -> object:
        info = inspect.type_info(annotation)
        try:
            value: object = msgspec.convert(raw, annotation)
        except (msgspec.ValidationError, OverflowError):
            hint = _close(raw, _literals(_bare(annotation)))
            return self._wrong(path, raw, f"must be {_describe(info)}{hint}")
        if isinstance(value, float) and not math.isfinite(value):
            return self._wrong(path, raw, f"must be {_describe(info)}, and finite")
        return value

    def _wrong(self, path: str, raw: object, text: str) -> object:
        self.problems.append(f"{path} = {_show(raw)}: {text}" if path else text)
        return _WRONG


def _bare(annotation: Any) -> Any:
    return get_args(annotation)[0] if get_origin(annotation) is Annotated else annotation


def _is_struct(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


def _literals(bare: Any) -> list[str]:
    return [str(value) for value in get_args(bare)] if get_origin(bare) is Literal else []


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path and key[0] not in ":[" else path + key


def _known(key: str, keys: list[str]) -> str:
    return f"known here: {', '.join(keys)}{_close(key, keys)}"


def _close(raw: object, words: list[str]) -> str:
    near = difflib.get_close_matches(str(raw)[:64].replace("_", "-"), words, n=1)
    return f"; did you mean {near[0]!r}?" if near else ""


def _show(raw: object) -> str:
    try:
        text = json.dumps(raw, ensure_ascii=False, default=str)
    except ValueError:  # an integer too long to be written out
        return "a number of thousands of digits"
    return text if len(text) <= 60 else f"{text[:57]}..."


def _describe(info: inspect.Type) -> str:
    """What would be right, in words."""
    if isinstance(info, inspect.Metadata):
        said = (info.extra_json_schema or {}).get("description")
        return str(said) if said else _describe(info.type)
    if isinstance(info, inspect.BoolType):
        return "true or false"
    if isinstance(info, inspect.LiteralType):
        return "one of " + ", ".join(f'"{value}"' for value in info.values)
    if isinstance(info, inspect.StrType):
        return "a text" + (" that is not empty" if info.min_length else "") + _at_most(info.max_length)
    if isinstance(info, (inspect.IntType, inspect.FloatType)):
        return _describe_number(info)
    if isinstance(info, inspect.TupleType):
        return f"a list of {len(info.item_types)}: [" + ", ".join(_describe(item) for item in info.item_types) + "]"
    if isinstance(info, inspect.VarTupleType):
        limits = [f"at least {info.min_length}"] if info.min_length else []
        limits += [f"at most {info.max_length}"] if info.max_length else []
        return f"a list of {', '.join(limits) or 'any number'}, each {_describe(info.item_type)}"
    return "a table"


def _at_most(max_length: int | None) -> str:
    return f" of at most {max_length} characters" if max_length else ""


def _describe_number(info: inspect.IntType | inspect.FloatType) -> str:
    limits = [
        f"{word} {limit:g}"
        for word, limit in (("above", info.gt), ("at least", info.ge), ("below", info.lt), ("at most", info.le))
        if limit is not None
    ]
    if info.multiple_of is not None:
        limits.append(f"a multiple of {info.multiple_of:g}")
    what = "a whole number" if isinstance(info, inspect.IntType) else "a number"
    return " ".join([what, ", ".join(limits)]).strip()
