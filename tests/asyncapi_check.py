"""Hold a message, as it was heard on a real broker, against `wire/asyncapi.yaml`."""

import json
import re
from datetime import datetime
from typing import Any

import jsonschema
import yaml

from tests.mqtt_probe import Heard
from wire.schemas import document_text

DOCUMENT: dict[str, Any] = yaml.safe_load(document_text())


def resolve(part: Any) -> Any:
    """Follow a `$ref` within the document."""
    while isinstance(part, dict) and "$ref" in part:
        found: Any = DOCUMENT
        for word in part["$ref"].removeprefix("#/").split("/"):
            found = found[word]
        part = found
    return part


def channel_of(topic: str) -> str:
    """The name of the one channel whose address fits."""
    fitting = [
        name
        for name, channel in DOCUMENT["channels"].items()
        if re.fullmatch(re.sub(r"\{\w+\}", "[A-Za-z0-9_-]+", channel["address"]), topic)
    ]
    assert len(fitting) == 1, f"{topic} fits the channels {fitting}"
    return fitting[0]


def check(heard: Heard) -> str:
    """AssertionError where topic, payload, content type, QoS or expiry are not as documented; else the message's name.

    A broker clears the retain flag for whoever was subscribed already; so it is asked only where it is set.
    """
    channel = channel_of(heard.topic)
    names = [
        name for name, message in DOCUMENT["channels"][channel]["messages"].items() if _is(resolve(message), heard)
    ]
    assert len(names) == 1, f"{heard.topic}: {heard.payload[:200]!r} ({heard.content_type}) is one of {names}"
    operation = next(
        one for one in DOCUMENT["operations"].values() if one["channel"]["$ref"] == f"#/channels/{channel}"
    )  # fmt: skip
    binding = operation["bindings"]["mqtt"]
    assert heard.qos == binding["qos"], f"{heard.topic}: QoS {heard.qos}, documented {binding['qos']}"
    assert binding.get("retain", False) or not heard.retain, f"{heard.topic} is retained"
    limit_s = binding.get("messageExpiryInterval")
    if limit_s is None:
        assert heard.expiry_s is None, f"{heard.topic} expires after {heard.expiry_s} s"
    else:
        assert heard.expiry_s is not None and 0 < heard.expiry_s <= limit_s, f"{heard.topic}: expiry {heard.expiry_s}"
    return names[0]


def _is(message: dict[str, Any], heard: Heard) -> bool:
    if message.get("contentType", DOCUMENT["defaultContentType"]) != heard.content_type:
        return False
    if "headers" in message and list(_schema(message["headers"]).iter_errors(heard.user)):
        return False
    schema = resolve(message["payload"])
    if schema.get("format") == "binary":
        return schema.get("minLength", 0) <= len(heard.payload) <= schema["maxLength"]
    return not list(_schema(schema).iter_errors(json.loads(heard.payload)))


_FORMATS = jsonschema.FormatChecker()


@_FORMATS.checks("date-time", raises=ValueError)
def _is_date_time(text: object) -> bool:
    return not isinstance(text, str) or datetime.fromisoformat(text).tzinfo is not None


def _schema(schema: dict[str, Any]) -> jsonschema.Draft7Validator:
    return jsonschema.Draft7Validator({**schema, "components": DOCUMENT["components"]}, format_checker=_FORMATS)
