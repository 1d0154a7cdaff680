"""Topic names. All stand under `nattvakt/v1/<site>/<node>/`, so that one ACL pattern serves the fleet."""

from dataclasses import dataclass

from wire.errors import WireError

ROOT = "nattvakt/v1"


@dataclass(frozen=True, slots=True)
class NodeTopics:
    """The topics of one node. Raises WireError for a site or node name that cannot stand in a topic."""

    site: str
    node: str

    def __post_init__(self) -> None:
        for what, name in (("site", self.site), ("node", self.node)):
            if not name or any(c in name for c in "/+#\0 "):
                raise WireError(f"{what} {name!r} cannot stand in a topic: use letters, digits, '-' and '_'")

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
        """One JPEG."""
        return f"{self.base}/still/{alarm}"

    def clip(self, alarm: str) -> str:
        """Head, chunks, tail."""
        return f"{self.base}/clip/{alarm}"

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
        raise WireError(f"topic {topic!r} is not {ROOT}/<site>/<node>/<channel>[/<alarm>]")
    return Address(NodeTopics(words[2], words[3]), words[4], words[5] if len(words) == 6 else None)
