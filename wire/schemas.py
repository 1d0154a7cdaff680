"""The message schemas as JSON Schema, for `asyncapi.yaml`. `python -m wire.schemas` writes them into it (needs PyYAML).

A test holds the document equal to what stands here, so that it cannot drift from the code.
"""

import inspect
from collections.abc import Mapping
from importlib import resources
from pathlib import Path

import msgspec

from wire.messages import (
    Acknowledge,
    Alarm,
    ClipHead,
    ClipReceived,
    ClipResend,
    ClipTail,
    Close,
    Health,
    Received,
    Response,
    State,
)

SENT = (
    State, Health, Alarm, ClipHead, ClipTail, Response,
    Received, ClipReceived, ClipResend, Acknowledge, Close,
)  # fmt: skip

DOCUMENT = "asyncapi.yaml"
# From here to its end the document is generated.
MARK = "  schemas: # from the code: python -m wire.schemas\n"


def schemas() -> dict[str, object]:
    """Name -> JSON Schema (draft 07, which AsyncAPI 3.0 takes as it is)."""
    _, components = msgspec.json.schema_components(SENT, ref_template="#/components/schemas/{name}")
    return {name: _draft_07(schema) for name, schema in components.items()}


def document_text() -> str:
    """The AsyncAPI document as it is shipped."""
    return (resources.files("wire") / DOCUMENT).read_text(encoding="utf-8")


def _draft_07(part: object) -> object:
    if isinstance(part, (list, tuple)):
        return [_draft_07(one) for one in part]
    if not isinstance(part, Mapping):
        return part
    mended = {key: _draft_07(value) for key, value in part.items()}
    if isinstance(mended.get("description"), str):
        mended["description"] = " ".join(inspect.cleandoc(str(mended["description"])).split())
    if "prefixItems" in mended:
        mended["additionalItems"] = mended.pop("items", True)
        mended["items"] = mended.pop("prefixItems")
    return mended


def _write() -> None:
    import yaml

    path = Path(__file__).with_name(DOCUMENT)
    text = path.read_text(encoding="utf-8")
    kept = text[: text.index(MARK)] + MARK
    body = yaml.safe_dump(schemas(), sort_keys=False, allow_unicode=True, width=116)
    path.write_text(kept + "".join(f"    {line}\n" for line in body.splitlines()), encoding="utf-8")


if __name__ == "__main__":
    _write()
