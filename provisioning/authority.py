"""A small certificate authority: EC P-256 keys, one certificate for each node, broker and alarm centre.

A certificate's common name (CN) is the MQTT user name, and the broker's ACL grants by it; so the names have rules:
a node is `n07`, `pole-017`, ...; an alarm centre's name begins with `centre`, a node's never does.
Keys are made where they are used: on a pole with `make_key` and `make_request`, and only the request travels to
`Authority.sign`. `issue_*` does both in one folder, for tests, the demo and spares.
"""

import ipaddress
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from firmware.drivers.files import write_atomic
from provisioning.errors import ProvisionError

CA_LIFE = timedelta(days=10 * 365)
LEAF_LIFE = timedelta(days=397)
# Certificates are good from a little before they were made, for clocks that run a little slow.
CLOCK_SLACK = timedelta(minutes=5)

_NODE_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Identity:
    """Files with which one party speaks TLS. All PEM; the key has mode 0600."""

    name: str
    ca: Path
    cert: Path
    key: Path


@dataclass(frozen=True, slots=True)
class Validity:
    """From when until when a certificate is good; aware times."""

    from_utc: datetime
    until_utc: datetime


class Role(Enum):
    """What a certificate is for."""

    NODE = "node"
    CENTRE = "centre"
    SERVER = "server"


def check_name(name: str, role: Role) -> None:
    """Raises ProvisionError for a name that its role may not have."""
    if role is Role.SERVER:
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9.:-]{0,63}", name, re.ASCII):
            raise ProvisionError(f"server name {name!r}: use a host name or an IP address of at most 64 characters")
        return
    if not _NODE_NAME.fullmatch(name):
        raise ProvisionError(f"{role.value} name {name!r}: use 1 to 32 of a-z, 0-9, '-', '_', a letter or digit first")
    if role is Role.NODE and name.startswith("centre"):
        raise ProvisionError(f"node name {name!r}: names that begin with 'centre' are for alarm centres")
    if role is Role.CENTRE and not name.startswith("centre"):
        raise ProvisionError(f"centre name {name!r}: must begin with 'centre', for example 'centre-1'")


def make_key(path: Path) -> ec.EllipticCurvePrivateKey:
    """Make a private key where it will be used (mode 0600). An old one is never overwritten: ProvisionError."""
    if path.exists():
        raise ProvisionError(f"{path} exists; a key is never overwritten: remove it yourself if it is of no more use")
    key = ec.generate_private_key(ec.SECP256R1())
    write_atomic(path, _key_pem(key), 0o600)
    return key


def make_request(key: ec.EllipticCurvePrivateKey, name: str) -> bytes:
    """A certificate signing request (PEM) for `name`; it holds no secret."""
    request = x509.CertificateSigningRequestBuilder().subject_name(_subject(name)).sign(key, hashes.SHA256())
    return request.public_bytes(serialization.Encoding.PEM)


class Authority:
    """A certificate authority in a folder: `ca.pem`, `ca.key` (0600)."""

    def __init__(
        self, folder: Path, cert: x509.Certificate, key: ec.EllipticCurvePrivateKey, now_utc: Callable[[], datetime]
    ) -> None:
        self.folder = folder
        self._cert = cert
        self._key = key
        self._now_utc = now_utc

    @property
    def ca(self) -> Path:
        """The certificate that everybody trusts."""
        return self.folder / "ca.pem"

    @classmethod
    def create(
        cls,
        folder: Path,
        *,
        life: timedelta = CA_LIFE,
        name: str = "Nattvakt CA",
        now_utc: Callable[[], datetime] | None = None,
    ) -> "Authority":
        """Make a new authority. Raises ProvisionError where the folder has one already or cannot be written."""
        clock = now_utc or _utc_clock
        now = clock()
        make_folder(folder)
        key = make_key(folder / "ca.key")
        cert = (
            x509.CertificateBuilder()
            .subject_name(_subject(name))
            .issuer_name(_subject(name))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - CLOCK_SLACK)
            .not_valid_after(now + life)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_key_usage(authority=True), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .sign(key, hashes.SHA256())
        )
        write_atomic(folder / "ca.pem", cert.public_bytes(serialization.Encoding.PEM))
        return cls(folder, cert, key, clock)

    @classmethod
    def open(cls, folder: Path, *, now_utc: Callable[[], datetime] | None = None) -> "Authority":
        """Take up an authority made before. Raises ProvisionError naming the file at fault."""
        cert = read_certificate(folder / "ca.pem")
        path = folder / "ca.key"
        try:
            key = serialization.load_pem_private_key(path.read_bytes(), password=None)
        except OSError as error:
            raise ProvisionError(f"{path}: {error.strerror}; make an authority with: nattvakt provision ca") from error
        except (ValueError, TypeError) as error:
            raise ProvisionError(f"{path} is not a private key in PEM without a password") from error
        if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != cert.public_key():
            raise ProvisionError(f"{path} is not the key of {folder / 'ca.pem'}")
        return cls(folder, cert, key, now_utc or _utc_clock)

    def issue_node(self, name: str, *, validity: Validity | None = None) -> Identity:
        """Key and certificate of a node, in `<folder>/<name>/`."""
        return self._issue(name, Role.NODE, (), validity)

    def issue_centre(self, name: str, *, validity: Validity | None = None) -> Identity:
        """Key and certificate of an alarm centre."""
        return self._issue(name, Role.CENTRE, (), validity)

    def issue_server(
        self, name: str = "localhost", ips: Sequence[str] = ("127.0.0.1",), *, validity: Validity | None = None
    ) -> Identity:
        """Key and certificate of a broker; clients find it under its host name or one of its addresses."""
        return self._issue(name, Role.SERVER, ips, validity)

    def sign(
        self, request_pem: bytes, role: Role, name: str, *, ips: Sequence[str] = (), validity: Validity | None = None
    ) -> bytes:
        """The certificate (PEM) for a request made elsewhere, which must ask for just this name.

        Of the request only its key is taken.
        """
        try:
            request = x509.load_pem_x509_csr(request_pem)
        except ValueError as error:
            raise ProvisionError("the request is not a PKCS#10 certificate request in PEM") from error
        names = request.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        key = request.public_key()
        if len(names) != 1 or not isinstance(key, ec.EllipticCurvePublicKey) or not request.is_signature_valid:
            raise ProvisionError("the request must be signed, with an EC key and exactly one common name (CN)")
        if names[0].value != name:
            raise ProvisionError(f"the request is for {str(names[0].value)[:80]!r}, not for {name!r}")
        return self._certify(name, key, role, ips, validity)

    def _issue(self, name: str, role: Role, ips: Sequence[str], validity: Validity | None) -> Identity:
        check_name(name, role)
        _alternatives(name, ips)  # refuses a wrong address before a key is made
        folder = self.folder / name
        make_folder(folder)
        key = make_key(folder / "key.pem")
        write_atomic(folder / "cert.pem", self.sign(make_request(key, name), role, name, ips=ips, validity=validity))
        return Identity(name, self.ca, folder / "cert.pem", folder / "key.pem")

    def _certify(
        self, name: str, key: ec.EllipticCurvePublicKey, role: Role, ips: Sequence[str], validity: Validity | None
    ) -> bytes:
        check_name(name, role)
        now = self._now_utc()
        span = validity or Validity(now - CLOCK_SLACK, min(now + LEAF_LIFE, self._cert.not_valid_after_utc))
        usage = ExtendedKeyUsageOID.SERVER_AUTH if role is Role.SERVER else ExtendedKeyUsageOID.CLIENT_AUTH
        builder = (
            x509.CertificateBuilder()
            .subject_name(_subject(name))
            .issuer_name(self._cert.subject)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(span.from_utc)
            .not_valid_after(span.until_utc)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_key_usage(authority=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
        )
        if role is Role.SERVER:
            builder = builder.add_extension(x509.SubjectAlternativeName(_alternatives(name, ips)), critical=False)
        return builder.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def read_certificate(path: Path) -> x509.Certificate:
    """Raises ProvisionError naming the file."""
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except OSError as error:
        raise ProvisionError(f"{path}: {error.strerror}") from error
    except ValueError as error:
        raise ProvisionError(f"{path} is not a certificate in PEM") from error


def _utc_clock() -> datetime:
    return datetime.now(UTC)


def make_folder(folder: Path) -> None:
    """A folder for keys; where it is new, for its owner only. Raises ProvisionError."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ProvisionError(f"{folder}: {error.strerror}; give a folder that can be written") from error


def _subject(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _key_usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        key_cert_sign=authority,
        crl_sign=authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _alternatives(name: str, ips: Sequence[str]) -> list[x509.GeneralName]:
    found: list[x509.GeneralName] = []
    for word in (name, *ips):
        try:
            found.append(x509.IPAddress(ipaddress.ip_address(word)))
        except ValueError as error:
            if word != name:
                raise ProvisionError(f"{word!r} is not an IP address, as 192.0.2.7 is") from error
            found.append(x509.DNSName(word))
    return found
