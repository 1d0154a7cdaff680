"""Topic names. All stand under `nattvakt/v1/<site>/<node>/`, so that one ACL pattern serves the fleet."""

import re
from dataclasses import dataclass

from wire.errors import WireError

ROOT = "nattvakt/v1"

PLAIN_CHANNELS = frozenset({"state", "health", "alarm", "cmd", "rsp", "want", "have", "audit"})
MEDIA_CHANNELS = frozenset({"still", "clip"})

# Names come from strangers and end in topics and file names: no dots, slashes, spaces, wildcards or control characters.
# The look-ahead is for Python, whose `$` also stands before a last line feed; JSON Schema reads the same pattern.
NAME_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$(?!\n)"
_NAME = re.compile(NAME_PATTERN, re.ASCII)


def check_name(what: str, name: str) -> str:
    """The name itself. Raises WireError where it cannot stand in a topic and in a file's name."""
    if not _NAME.search(name):
        raise WireError(f"{what} {name[:80]!r} is not 1 to 64 of A-Z, a-z, 0-9, '-', '_' with a letter or digit first")
    return name


@dataclass(frozen=True, slots=True)
class NodeTopics:
    """The topics of one node. Raises WireError for a site or node name that cannot stand in a topic."""

    site: str
    node: str

    def __post_init__(self) -> None:
        check_name("site", self.site)
        check_name("node", self.node)

    @property
    def base(self) -> str:
        """Everything of this node stands under it."""
        return f"{ROOT}/{self.site}/{self.node}"

    @property
    def state(self) -> str:
        """Retained birth and Will."""
        return f"{self.base}/state"

    @property
    def health(self) -> str:
        """Retained, every 60 s."""
        return f"{self.base}/health"

    @property
    def alarm(self) -> str:
        """Never retained: an alarm that was is not an alarm that is."""
        return f"{self.base}/alarm"

    def still(self, alarm: str) -> str:
        """One JPEG. Raises WireError for an alarm id that cannot stand in a topic."""
        return f"{self.base}/still/{check_name('alarm', alarm)}"

    def clip(self, alarm: str) -> str:
        """Head, chunks, tail. Raises WireError for an alarm id that cannot stand in a topic."""
        return f"{self.base}/clip/{check_name('alarm', alarm)}"

    @property
    def command(self) -> str:
        """Down to the node."""
        return f"{self.base}/cmd"

    @property
    def response(self) -> str:
        """Up from the node, answering a command."""
        return f"{self.base}/rsp"


@dataclass(frozen=True, slots=True)
class Address:
    """What a topic says: which node, which channel (`alarm`, `clip`, ...), and the alarm id where there is one."""

    topics: NodeTopics
    channel: str
    alarm: str | None


def parse(topic: str) -> Address:
    """Take a topic apart. Raises WireError for a topic that is not one of ours."""
    words = topic.split("/")
    if words[:2] != ROOT.split("/") or not 5 <= len(words) <= 6:
        raise WireError(f"topic {topic[:200]!r} is not {ROOT}/<site>/<node>/<channel>[/<alarm>]")
    known = PLAIN_CHANNELS if len(words) == 5 else MEDIA_CHANNELS
    if words[4] not in known:
        raise WireError(
            f"topic {topic[:200]!r} has the channel {words[4][:80]!r}; right are {', '.join(sorted(known))}"
        )
    alarm = check_name("alarm", words[5]) if len(words) == 6 else None
    return Address(NodeTopics(words[2], words[3]), words[4], alarm)
