"""A chain of two certificates made on the spot, as C2PA asks for: an authority's and a signer's."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

SIGNS = {"digital_signature": True, "key_cert_sign": False, "crl_sign": False}
ISSUES = {"digital_signature": True, "key_cert_sign": True, "crl_sign": True}
NOTHING_ELSE = dict.fromkeys(
    ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "encipher_only", "decipher_only"),
    False,
)


class Chain(NamedTuple):
    """PEM of the signer's certificate and the authority's, of its key, and of the authority's alone."""

    certificates: bytes
    key: bytes
    authority: bytes

    def written(self, folder: Path) -> tuple[Path, Path]:
        """The files of the chain and the key."""
        (folder / "cert.pem").write_bytes(self.certificates)
        (folder / "key.pem").write_bytes(self.key)
        return folder / "cert.pem", folder / "key.pem"


def new_key(kind: str) -> Any:
    if kind == "rsa":
        return rsa.generate_private_key(65537, 2048)
    if kind == "ed25519":
        return ed25519.Ed25519PrivateKey.generate()
    curves: dict[str, ec.EllipticCurve] = {"p256": ec.SECP256R1(), "p384": ec.SECP384R1(), "k256": ec.SECP256K1()}
    return ec.generate_private_key(curves[kind])


def chain(kind: str = "p256", days: int = 0) -> Chain:
    """A chain whose signer has a key of that kind, valid from yesterday for a month, `days` later."""
    authority, signer = new_key("p256"), new_key(kind)
    root = _certificate("Authority", authority, authority, days).sign(authority, hashes.SHA256())
    mail = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION])
    leaf = _certificate("Signer", signer, authority, days).add_extension(mail, False).sign(authority, hashes.SHA256())
    key = signer.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    pem = root.public_bytes(Encoding.PEM)
    return Chain(leaf.public_bytes(Encoding.PEM) + pem, key, pem)


def _certificate(name: str, own: Any, issuer: Any, days: int) -> x509.CertificateBuilder:
    start, root = datetime.now(UTC) + timedelta(days=days - 1), own is issuer
    public, above = own.public_key(), issuer.public_key()
    return (
        x509.CertificateBuilder(_name("Authority"), _name(name), public, x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=31))
        .add_extension(x509.BasicConstraints(root, None), True)
        .add_extension(x509.KeyUsage(**(ISSUES if root else SIGNS), **NOTHING_ELSE), True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(above), False)
    )


def _name(common: str) -> x509.Name:
    return x509.Name(
        [x509.NameAttribute(NameOID.COMMON_NAME, common), x509.NameAttribute(NameOID.ORGANIZATION_NAME, "A test")]
    )
