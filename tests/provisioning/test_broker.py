"""The fleet's broker: a real mosquitto, its ACL and its certificates."""

import os
import socket
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from provisioning.authority import Authority, Identity, Validity
from provisioning.broker import Broker, BrokerSettings, access_list
from provisioning.errors import BrokerError, ProvisionError
from tests.mqtt_probe import Probe

Identify = Callable[[str], Identity]
Connect = Callable[..., Probe]

NOT_ALLOWED = 0x87
NODE_WRITES = ("state", "health", "alarm", "still/a-1", "clip/a-1", "rsp", "have", "audit")


def base(node: str, site: str = "lot") -> str:
    return f"nattvakt/v1/{site}/{node}"


def test_a_node_writes_its_own_topics_at_any_site_and_the_centre_reads_them(probe: Connect, identity: Identify) -> None:
    centre, node = probe(identity("centre-1")), probe(identity("n01"))
    centre.subscribe("nattvakt/v1/#")
    written = [f"{base('n01', site)}/{channel}" for site in ("lot", "yard") for channel in NODE_WRITES]
    assert [node.publish(topic, b"{}") for topic in written] == [0] * len(written)
    centre.wait(lambda: len(centre.heard) == len(written), "all of it")
    assert [one.topic for one in centre.heard] == written


def test_a_node_cannot_write_another_nodes_topics(probe: Connect, identity: Identify) -> None:
    centre, node = probe(identity("centre-1")), probe(identity("n01"))
    centre.subscribe("#")
    forged = [f"{base('n02')}/{channel}" for channel in (*NODE_WRITES, "cmd", "want")]
    forged += [
        "nattvakt/v1/n01/state",
        "nattvakt/v1/n01/n02/alarm",
        "nattvakt/v1//n02/alarm",
        "nattvakt/v2/lot/n01/alarm",
    ]
    assert {topic: node.publish(topic, b"forged") for topic in forged} == dict.fromkeys(forged, NOT_ALLOWED)
    assert node.publish(f"{base('n01')}/alarm", b"own") == 0
    centre.wait_for("n01/alarm")
    assert [one.payload for one in centre.heard] == [b"own"]


def test_a_node_cannot_command_itself_or_invent_topics(probe: Connect, identity: Identify) -> None:
    node = probe(identity("n01"))
    for channel in ("cmd", "want", "unknown", "alarm/x", "state/x"):
        assert node.publish(f"{base('n01')}/{channel}", b"{}") == NOT_ALLOWED, channel


def test_a_node_reads_only_its_own_cmd_want_and_state(probe: Connect, identity: Identify) -> None:
    centre, first, second = probe(identity("centre-1")), probe(identity("n01")), probe(identity("n02"))
    second.subscribe("#")  # granted by mosquitto, whose file ACLs filter the delivery
    second.subscribe("nattvakt/v1/+/n01/cmd")
    for channel in ("state", "alarm", "health"):
        first.publish(f"{base('n01')}/{channel}", b"first's")
        second.publish(f"{base('n02')}/{channel}", b"own")
    for node in ("n01", "n02"):
        for channel in ("cmd", "want"):
            assert centre.publish(f"{base(node)}/{channel}", node.encode()) in (0, 16)
    second.wait_for("n02/want")
    assert {one.topic for one in second.heard} == {f"{base('n02')}/{channel}" for channel in ("state", "cmd", "want")}


def test_a_node_sees_its_own_late_will(probe: Connect, identity: Identify, broker: Broker) -> None:
    state = f"{base('n01')}/state"
    old = Probe(broker, identity("n01"), will=(state, b"lost 1"))
    old.connect()
    old.vanish()
    new = probe(identity("n01"))
    new.subscribe(state)
    assert new.wait_for("/state")[-1].payload == b"lost 1"


def test_a_centre_writes_only_cmd_and_want(probe: Connect, identity: Identify) -> None:
    centre = probe(identity("centre-2"))
    for channel in NODE_WRITES:
        assert centre.publish(f"{base('n01')}/{channel}", b"forged") == NOT_ALLOWED
    for channel in ("cmd", "want"):
        assert centre.publish(f"{base('n01')}/{channel}", b"{}") == 16  # allowed; nobody listens


def test_a_centre_that_is_not_on_the_list_reads_nothing(probe: Connect, identity: Identify) -> None:
    stranger, node = probe(identity("centre-99")), probe(identity("n01"))
    known = probe(identity("centre-1"))
    for one in (stranger, known):
        one.subscribe("nattvakt/v1/#")
    node.publish(f"{base('n01')}/alarm", b"{}")
    known.wait_for("/alarm")
    assert stranger.publish(f"{base('n01')}/cmd", b"{}") == NOT_ALLOWED
    assert not stranger.heard


def test_nobody_takes_over_anothers_session_by_its_client_id(
    probe: Connect, identity: Identify, broker: Broker
) -> None:
    first = probe(identity("n01"))
    thief = identity("n02")
    spoof = Probe(broker, Identity("n01", thief.ca, thief.cert, thief.key))  # n02's certificate, n01's client id
    spoof.connect()
    assert spoof.publish(f"{base('n02')}/health", b"{}") == 16
    assert first.publish(f"{base('n01')}/health", b"{}") == 16
    assert first.disconnects == 0
    spoof.close()


def refused(broker: Broker, who: Identity) -> bool:
    """TLS 1.3 tells a client of its refusal only after the handshake; so what counts is that no CONNACK comes."""
    one = Probe(broker, who)
    try:
        one.client.connect(broker.host, broker.port)
    except OSError:
        return True
    while one.client.loop(timeout=1.0) == 0:
        if one.connects:
            one.close()
            return False
    return True


def test_only_valid_certificates_of_our_authority_get_in(
    broker: Broker, authority: Authority, other_authority: Authority, identity: Identify
) -> None:
    now = datetime.now(UTC)
    day = timedelta(days=1)
    expired = authority.issue_node("n90", validity=Validity(now - 2 * day, now - day))
    early = authority.issue_node("n91", validity=Validity(now + day, now + 2 * day))
    foreign = other_authority.issue_node("n01")
    foreign = Identity("n01", authority.ca, foreign.cert, foreign.key)
    assert not refused(broker, identity("n01"))
    assert refused(broker, expired)
    assert refused(broker, early)
    assert refused(broker, foreign)


def test_a_servers_certificate_is_no_clients(broker: Broker, server: Identity) -> None:
    assert refused(broker, server)


def test_restart_with_memory_keeps_retained_messages_and_without_forgets(
    broker: Broker, probe: Connect, identity: Identify
) -> None:
    node = probe(identity("n01"))
    node.publish(f"{base('n01')}/state", b"kept", retain=True)
    node.close()
    port = broker.port
    broker.restart()
    assert broker.port == port
    reader = Probe(broker, identity("centre-1"))
    reader.connect()
    reader.subscribe("nattvakt/v1/#")
    assert reader.wait_for("/state")[0].payload == b"kept"
    reader.close()
    broker.restart(memory=False)
    reader = Probe(broker, identity("centre-1"))
    reader.connect()
    reader.subscribe("nattvakt/v1/#")
    writer = Probe(broker, identity("n02"))
    writer.connect()
    writer.publish(f"{base('n02')}/alarm", b"after")
    reader.wait_for("/alarm")
    assert [one.topic for one in reader.heard] == [f"{base('n02')}/alarm"]
    reader.close()
    writer.close()


def test_a_killed_broker_is_gone_and_starts_again_on_its_port(broker: Broker, identity: Identify) -> None:
    port, pid = broker.port, broker.pid
    broker.kill()
    assert not broker.running
    assert not Path(f"/proc/{pid}").exists()
    broker.start()
    assert broker.port == port
    with Probe(broker, identity("n01")) as node:
        assert node.publish(f"{base('n01')}/health", b"{}") == 16


def test_it_runs_as_an_ordinary_user_and_its_key_is_for_that_user_only(broker: Broker) -> None:
    status = Path(f"/proc/{broker.pid}/status").read_text()
    uid = int(next(line for line in status.splitlines() if line.startswith("Uid:")).split()[2])
    assert uid != 0
    key = broker.folder / "broker.key"
    assert key.stat().st_mode & 0o777 == 0o600
    assert key.stat().st_uid == uid


def test_limits_reach_the_broker(server: Identity, identity: Identify) -> None:
    with Broker(server, BrokerSettings(max_packet_bytes=1000)) as tiny, Probe(tiny, identity("n01")) as node:
        assert node.max_packet_bytes == 1000
        node.client.publish(f"{base('n01')}/clip/a", bytes(2000), 1)
        node.wait(lambda: node.disconnects > 0, "the broker ending the connection")


def test_message_size_limit_drops_what_is_larger(server: Identity, identity: Identify) -> None:
    # mosquitto answers with PUBACK 0x95, which MQTT 5 does not have there. Plain paho 2.2 takes it for a malformed
    # packet, hangs up, connects and sends again, for ever; the node's driver teaches it better. We set no such limit.
    with (
        Broker(server, BrokerSettings(message_limit_bytes=1000)) as small,
        Probe(small, identity("centre-1")) as centre,
    ):
        centre.subscribe("nattvakt/v1/#")
        with Probe(small, identity("n01")) as node:
            assert node.publish(f"{base('n01')}/clip/small", bytes(900)) == 0
            large = node.post(f"{base('n01')}/clip/large", bytes(2000))
            node.wait(lambda: node.disconnects > 0 or node.ack(large) == 0x95, "the broker's refusal")
        assert [one.topic for one in centre.wait_for("clip/small")] == [one.topic for one in centre.heard]


def test_a_port_in_use_is_told_with_what_to_do(server: Identity) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(BrokerError, match=rf"port {port} on 127.0.0.1 is in use.*choose another port"):
            Broker(server, BrokerSettings(port=port)).__enter__()


def test_an_address_that_is_not_this_machines_is_told(server: Identity) -> None:
    with pytest.raises(BrokerError, match="cannot listen on 192.0.2.1:8883"):
        Broker(server, BrokerSettings(port=8883, address="192.0.2.1")).__enter__()


def test_without_mosquitto_it_says_how_to_get_it(
    server: Identity, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("provisioning.broker.shutil.which", lambda *_, **__: None)
    with pytest.raises(BrokerError, match="apt-get install mosquitto"):
        Broker(server).__enter__()


def test_a_broken_certificate_is_told_from_the_brokers_own_log(
    authority: Authority, server: Identity, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.pem"
    broken.write_text("no certificate")
    with pytest.raises(BrokerError, match="did not start.*certificate"):
        Broker(Identity("localhost", authority.ca, broken, server.key)).__enter__()


def test_a_missing_file_is_named(authority: Authority, server: Identity, tmp_path: Path) -> None:
    with pytest.raises(BrokerError, match="gone.pem"):
        Broker(Identity("localhost", authority.ca, tmp_path / "gone.pem", server.key)).__enter__()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root hands files over to another user")
def test_a_folder_that_its_user_cannot_enter_is_told(server: Identity, tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    (closed / "broker").mkdir(parents=True)
    closed.chmod(0o700)
    with pytest.raises(BrokerError, match="cannot enter"):
        Broker(server, folder=closed / "broker").__enter__()


def test_no_wildcard_name_comes_into_the_acl() -> None:
    for name in ("#", "+", "centre/#", "n01", "centre\ntopic #"):
        with pytest.raises(ProvisionError):
            access_list((name,))


def test_nothing_is_left_behind(server: Identity) -> None:
    with Broker(server) as broker:
        folder, pid = broker.folder, broker.pid
    assert not folder.exists()
    assert not Path(f"/proc/{pid}").exists()
