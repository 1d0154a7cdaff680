import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wire.errors import WireError
from wire.topics import NAME_PATTERN, NodeTopics, parse

NAMES = st.from_regex(re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}"), fullmatch=True)
BAD_NAMES = [
    "",
    "a/b",
    "+",
    "#",
    "a b",
    "..",
    "a.b",
    "-a",
    "_a",
    "é",
    "a\n",
    "a\0",
    "a" * 65,
    "../../etc/passwd",
    "a%2fb",
]


@given(NAMES, NAMES, NAMES)
def test_every_topic_is_taken_apart_again(site: str, node: str, alarm: str) -> None:
    topics = NodeTopics(site, node)
    for topic, channel, of in (
        (topics.state, "state", None),
        (topics.health, "health", None),
        (topics.alarm, "alarm", None),
        (topics.still(alarm), "still", alarm),
        (topics.clip(alarm), "clip", alarm),
        (topics.command, "cmd", None),
        (topics.response, "rsp", None),
    ):
        address = parse(topic)
        assert (address.topics, address.channel, address.alarm) == (topics, channel, of)


@pytest.mark.parametrize("name", BAD_NAMES)
def test_a_bad_name_is_refused_wherever_it_stands(name: str) -> None:
    for make in (
        lambda: NodeTopics(name, "n01"),
        lambda: NodeTopics("lot", name),
        lambda: NodeTopics("lot", "n01").still(name),
        lambda: NodeTopics("lot", "n01").clip(name),
        lambda: parse(f"nattvakt/v1/lot/{name}/alarm"),
        lambda: parse(f"nattvakt/v1/{name}/n01/alarm"),
        lambda: parse(f"nattvakt/v1/lot/n01/clip/{name}"),
    ):
        with pytest.raises(WireError):
            make()


@pytest.mark.parametrize(
    "topic",
    [
        "",
        "nattvakt",
        "nattvakt/v1/lot/n01",
        "nattvakt/v2/lot/n01/alarm",
        "other/v1/lot/n01/alarm",
        "nattvakt/v1/lot/n01/clip",
        "nattvakt/v1/lot/n01/alarm/a-1",
        "nattvakt/v1/lot/n01/clip/a-1/x",
        "nattvakt/v1/lot/n01/nonsense",
        "$SYS/broker/uptime",
    ],
)
def test_a_topic_that_is_not_ours_is_refused(topic: str) -> None:
    with pytest.raises(WireError, match="topic"):
        parse(topic)


@given(st.text(max_size=100))
def test_parse_gives_an_address_or_a_wire_error(text: str) -> None:
    for topic in (text, f"nattvakt/v1/lot/n01/clip/{text}"):
        try:
            alarm = parse(topic).alarm
        except WireError:
            continue
        assert alarm is None or re.fullmatch(r"[A-Za-z0-9_-]+", alarm, re.ASCII)


def test_the_pattern_refuses_a_last_line_feed() -> None:
    assert re.search(NAME_PATTERN, "a")
    assert not re.search(NAME_PATTERN, "a\n")
