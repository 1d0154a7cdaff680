"""A certificate that cannot work is told by file, key of node.toml, and what would be right."""

import ssl
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from firmware.drivers.certificates import Identity, check, tls_context
from firmware.errors import LinkError
from provisioning.authority import Authority, Validity

NOW = datetime.now(UTC)


@pytest.fixture(scope="module")
def issued(authority: Authority) -> Identity:
    made = authority.issue_node("certs-1")
    return Identity(made.ca, made.cert, made.key)


@pytest.fixture(scope="module")
def other(authority: Authority) -> Identity:
    made = authority.issue_node("certs-2")
    return Identity(made.ca, made.cert, made.key)


def refused(identity: Identity, name: str = "certs-1", now_utc: datetime | None = NOW) -> str:
    with pytest.raises(LinkError) as caught:
        check(identity, name, now_utc)
    return str(caught.value)


def test_a_good_pair_is_taken_and_its_end_told(issued: Identity) -> None:
    assert check(issued, "certs-1", NOW) > NOW
    assert tls_context(issued).check_hostname
    assert tls_context(issued).minimum_version is ssl.TLSVersion.TLSv1_2
    assert tls_context(issued).verify_mode is ssl.CERT_REQUIRED


@pytest.mark.parametrize(
    ("field", "says"),
    [
        ("ca", "(broker.ca): No such file or directory; it must be the certificate of the authority that signed"),
        ("cert", "(broker.cert): No such file or directory; it must be this node's certificate"),
        ("key", "(broker.key): No such file or directory; it must be the private key of this node's certificate"),
    ],
)
def test_a_missing_file_is_named(issued: Identity, tmp_path: Path, field: str, says: str) -> None:
    missing = tmp_path / "nothing.pem"
    text = refused(replace(issued, **{field: missing}))
    assert text.startswith(str(missing))
    assert says in text


@pytest.mark.parametrize(
    ("field", "says"),
    [
        ("ca", "(broker.ca) holds no PEM certificate"),
        ("cert", "(broker.cert) holds no PEM certificate"),
        ("key", "(broker.key) holds no PEM key without a password"),
    ],
)
def test_a_file_of_rubbish_is_named(issued: Identity, tmp_path: Path, field: str, says: str) -> None:
    rubbish = tmp_path / "rubbish.pem"
    rubbish.write_bytes(b"\x00rubbish")
    assert f"{rubbish} {says}" in refused(replace(issued, **{field: rubbish}))
    with pytest.raises(LinkError, match="rubbish.pem"):
        tls_context(replace(issued, **{field: rubbish}))


def test_a_key_of_another_certificate_is_named(issued: Identity, other: Identity) -> None:
    text = refused(replace(issued, key=other.key))
    assert text == f"{other.key} (broker.key) is not the key of {issued.cert} (broker.cert): give both of one pair"
    with pytest.raises(LinkError, match="KEY_VALUES_MISMATCH"):
        tls_context(replace(issued, key=other.key))


def test_a_certificate_of_another_node_is_named(issued: Identity) -> None:
    assert (
        refused(issued, name="n99") == f"{issued.cert} (broker.cert) is for 'certs-1'; this node is 'n99' (key `node`)"
    )


def test_a_certificate_that_has_ended_or_not_begun_is_told_with_its_dates(authority: Authority) -> None:
    old = authority.issue_node("certs-old", validity=Validity(NOW - timedelta(days=9), NOW - timedelta(days=2)))
    identity = Identity(old.ca, old.cert, old.key)
    text = refused(identity, "certs-old")
    ended = NOW - timedelta(days=2)
    assert f"{old.cert} (broker.cert) is good from " in text
    assert f" to {ended:%Y-%m-%d %H:%M} UTC, and it is {NOW:%Y-%m-%d %H:%M} UTC: put a new certificate there" in text
    assert f"{old.ca} (broker.ca) is good from " in refused(identity, "certs-old", NOW - timedelta(days=100))
    # With a clock that nobody trusts (boot in 1970), dates say nothing.
    assert check(identity, "certs-old", None) < NOW
