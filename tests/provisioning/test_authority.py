from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from provisioning.authority import LEAF_LIFE, Authority, Identity, Role, Validity, make_key, make_request
from provisioning.errors import ProvisionError

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture
def own(tmp_path: Path) -> Authority:
    return Authority.create(tmp_path / "ca", now_utc=lambda: NOW)


def cert_of(identity: Identity) -> x509.Certificate:
    return x509.load_pem_x509_certificate(identity.cert.read_bytes())


def test_a_nodes_certificate_is_for_a_client_and_holds_against_its_authority(own: Authority) -> None:
    node = own.issue_node("n07")
    cert = cert_of(node)
    assert cert.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value == "n07"
    assert list(cert.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value) == [
        ExtendedKeyUsageOID.CLIENT_AUTH
    ]
    assert not cert.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    cert.verify_directly_issued_by(x509.load_pem_x509_certificate(own.ca.read_bytes()))
    key = serialization.load_pem_private_key(node.key.read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    assert isinstance(key.curve, ec.SECP256R1)
    assert key.public_key() == cert.public_key()
    assert cert.not_valid_after_utc == NOW + LEAF_LIFE


def test_a_servers_certificate_holds_for_its_names_and_no_other(own: Authority) -> None:
    cert = cert_of(own.issue_server("localhost", ("127.0.0.1", "::1")))
    store = Store([x509.load_pem_x509_certificate(own.ca.read_bytes())])
    PolicyBuilder().store(store).time(NOW).build_server_verifier(x509.DNSName("localhost")).verify(cert, [])
    with pytest.raises(VerificationError):
        PolicyBuilder().store(store).time(NOW).build_server_verifier(x509.DNSName("other")).verify(cert, [])
    names = cert.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert [str(ip) for ip in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1", "::1"]


def test_keys_are_for_their_owner_only_and_never_overwritten(own: Authority) -> None:
    node = own.issue_node("n07")
    for key in (node.key, own.folder / "ca.key"):
        assert key.stat().st_mode & 0o777 == 0o600
    assert own.folder.stat().st_mode & 0o777 == 0o700
    before = node.key.read_bytes()
    with pytest.raises(ProvisionError, match="never overwritten"):
        own.issue_node("n07")
    with pytest.raises(ProvisionError, match=r"ca\.key exists"):
        Authority.create(own.folder)
    assert node.key.read_bytes() == before


@pytest.mark.parametrize(
    "name", ["", "N07", "n 7", "n/7", "+", "#", "../n7", "n\n", "é", "n" * 33, "-n", "centre-1", "centre"]
)
def test_a_node_has_a_name_that_can_stand_in_a_topic_and_is_no_centres(own: Authority, name: str) -> None:
    with pytest.raises(ProvisionError, match="node name"):
        own.issue_node(name)


@pytest.mark.parametrize("name", ["", "n07", "Centre-1", "the-centre", "centre/#", "centre\nuser x"])
def test_a_centre_has_a_name_that_says_so(own: Authority, name: str) -> None:
    with pytest.raises(ProvisionError, match="centre name"):
        own.issue_centre(name)


def test_a_wrong_address_is_named_and_leaves_no_key(own: Authority) -> None:
    with pytest.raises(ProvisionError, match="'here' is not an IP address"):
        own.issue_server("localhost", ("here",))
    own.issue_server("localhost")


def test_validity_can_be_chosen(own: Authority) -> None:
    past = Validity(NOW - timedelta(days=2), NOW - timedelta(days=1))
    assert cert_of(own.issue_node("n90", validity=past)).not_valid_after_utc == past.until_utc


def test_no_certificate_outlives_its_authority(tmp_path: Path) -> None:
    short = Authority.create(tmp_path / "short", life=timedelta(days=2), now_utc=lambda: NOW)
    assert cert_of(short.issue_node("n07")).not_valid_after_utc == NOW + timedelta(days=2)


def test_an_authority_is_taken_up_again(own: Authority) -> None:
    again = Authority.open(own.folder, now_utc=lambda: NOW)
    cert_of(again.issue_node("n08")).verify_directly_issued_by(x509.load_pem_x509_certificate(own.ca.read_bytes()))


def test_what_is_no_authority_is_named(own: Authority, tmp_path: Path) -> None:
    with pytest.raises(ProvisionError, match=r"ca\.pem: No such file"):
        Authority.open(tmp_path / "nowhere")
    other = Authority.create(tmp_path / "other")
    (own.folder / "ca.key").write_bytes((other.folder / "ca.key").read_bytes())
    with pytest.raises(ProvisionError, match="is not the key of"):
        Authority.open(own.folder)
    (own.folder / "ca.key").write_text("rubbish")
    with pytest.raises(ProvisionError, match="not a private key"):
        Authority.open(own.folder)
    (own.folder / "ca.key").unlink()
    with pytest.raises(ProvisionError, match=r"ca\.key: No such file.*provision ca"):
        Authority.open(own.folder)
    (own.folder / "ca.pem").write_text("rubbish")
    with pytest.raises(ProvisionError, match="not a certificate"):
        Authority.open(own.folder)


def test_a_key_made_on_the_pole_never_leaves_it(own: Authority, tmp_path: Path) -> None:
    key = make_key(tmp_path / "key.pem")
    cert = x509.load_pem_x509_certificate(own.sign(make_request(key, "n07"), Role.NODE, "n07"))
    assert cert.public_key() == key.public_key()


def test_a_request_gets_no_name_but_the_expected_one_and_no_extensions_of_its_own(
    own: Authority, tmp_path: Path
) -> None:
    key = make_key(tmp_path / "key.pem")
    with pytest.raises(ProvisionError, match="for 'n01', not for 'n07'"):
        own.sign(make_request(key, "n01"), Role.NODE, "n07")
    with pytest.raises(ProvisionError, match="names that begin with 'centre'"):
        own.sign(make_request(key, "centre-1"), Role.NODE, "centre-1")
    greedy = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "n07")]))
        .add_extension(x509.BasicConstraints(ca=True, path_length=3), critical=True)
        .sign(key, hashes.SHA256())
    )
    cert = x509.load_pem_x509_certificate(own.sign(greedy.public_bytes(serialization.Encoding.PEM), Role.NODE, "n07"))
    assert not cert.extensions.get_extension_for_class(x509.BasicConstraints).value.ca


def test_a_request_that_is_none_is_refused(own: Authority) -> None:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "n07")])
    weak = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(name)
        .sign(rsa.generate_private_key(65537, 2048), hashes.SHA256())
    )
    nameless = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(x509.Name([]))
        .sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())
    )
    for request, says in ((b"rubbish", "PKCS#10"), (pem(weak), "EC key"), (pem(nameless), "common name")):
        with pytest.raises(ProvisionError, match=says):
            own.sign(request, Role.NODE, "n07")
    forged = bytearray(
        pem(
            x509.CertificateSigningRequestBuilder()
            .subject_name(name)
            .sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())
        )
    )
    forged[-60] ^= 1
    with pytest.raises(ProvisionError):
        own.sign(bytes(forged), Role.NODE, "n07")


def pem(request: x509.CertificateSigningRequest) -> bytes:
    return request.public_bytes(serialization.Encoding.PEM)
