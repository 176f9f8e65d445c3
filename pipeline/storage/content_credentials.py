"""Content Credentials: a signed C2PA manifest in a picture that says what was done to which photo, and by whom.

C2PA Technical Specification 2.2; the extra `c2pa` writes it. A manifest has a random name and, with most keys, a
signature that differs each time: the same picture gives other bytes in another run, and the same pixels.
"""

import hashlib
import io
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pipeline.core.errors import OutputError
from pipeline.core.version import VERSION
from pipeline.storage.synthetic_mark import VOCABULARY

JPEG_TYPE = "image/jpeg"
_PARENT = "parent"
_SETTINGS = {"builder": {"thumbnail": {"enabled": False}}, "verify": {"verify_after_sign": False}}
"""No small picture of the picture in itself; reading back all that was signed would double the work."""
_CURVES = {"secp256r1": "es256", "secp384r1": "es384", "secp521r1": "es512"}


@dataclass(frozen=True, slots=True)
class Composite:
    """What is signed of a picture: what it is called, and the photo on which masks were drawn."""

    title: str
    parent_sha256: str

    def manifest(self) -> dict[str, Any]:
        """The claim as the library wants it: a photo was opened, and masks drawn on it."""
        opened = {"action": "c2pa.opened", "parameters": {"ingredientIds": [_PARENT]}}
        drawn = {
            "action": "c2pa.edited",
            "description": "face masks were drawn",
            "digitalSourceType": f"{VOCABULARY}compositeSynthetic",
        }
        photo = {"title": "photo", "format": JPEG_TYPE, "relationship": "parentOf", "label": _PARENT}
        return {
            "claim_generator_info": [{"name": "Maskwright", "version": VERSION}],
            "title": self.title,
            "format": JPEG_TYPE,
            "ingredients": [photo | {"instance_id": f"sha256:{self.parent_sha256}"}],
            "assertions": [{"label": "c2pa.actions.v2", "data": {"actions": [opened, drawn]}}],
        }


class CredentialSigner:
    """Signs pictures with one certificate and its key."""

    def __init__(self, certificates: bytes, key: bytes) -> None:
        """Take a chain of certificates, the signer's first, and its private key; both PEM.

        Raises:
            OutputError: they can't be used to sign, or don't belong together.
            ModuleNotFoundError: the extra `c2pa` isn't installed.
        """
        import c2pa  # noqa: PLC0415 - an extra brings it

        self._c2pa = c2pa
        try:
            info = c2pa.C2paSignerInfo(_algorithm_of(key), certificates, key, None)
            self._context = c2pa.Context(c2pa.Settings.from_dict(_SETTINGS), c2pa.Signer.from_info(info))
        except c2pa.C2paError as error:
            raise OutputError(f"can't be signed with: {error}") from error

    def sign(self, jpeg: bytes, said: Composite) -> bytes:
        """The JPEG with a manifest; its pixels and metadata stay.

        Raises:
            OutputError: the library refuses.
        """
        signed = io.BytesIO()
        try:
            self._c2pa.Builder(said.manifest(), self._context).sign(JPEG_TYPE, io.BytesIO(jpeg), signed)
        except self._c2pa.C2paError as error:
            raise OutputError(f"{said.title}: can't be signed: {error}") from error
        return signed.getvalue()

    def check(self, jpeg: bytes) -> None:
        """Sign a picture and read it back.

        Raises:
            OutputError: what was signed isn't valid; the message says why. Whether anyone trusts the certificate isn't
                asked: that is for readers to decide.
        """
        signed = self.sign(jpeg, Composite("a trial", "0" * 64))
        try:
            with self._c2pa.Reader(JPEG_TYPE, io.BytesIO(signed)) as reader:
                failures = _failures(reader.get_validation_results() or {})
        except self._c2pa.C2paError as error:
            raise OutputError(f"what is signed can't be read back: {error}") from error
        if failures:
            raise OutputError(f"what is signed isn't valid: {'; '.join(failures)}")


def _failures(results: Mapping[str, Any]) -> list[str]:
    found = results.get("activeManifest", {}).get("failure", [])
    wrong = [one for one in found if one["code"] != "signingCredential.untrusted"]
    return [f"{one['code']}: {one.get('explanation', '')}" for one in wrong]


def _algorithm_of(key: bytes) -> str:
    """How a private key signs, in C2PA's words.

    Raises:
        OutputError: it is no key that C2PA allows.
    """
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa  # noqa: PLC0415 - an extra brings it
    from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415 - as above

    try:
        private = load_pem_private_key(key, password=None)
    except (ValueError, TypeError) as error:
        raise OutputError(f"the key can't be read; a PEM without a password is expected: {error}") from error
    if isinstance(private, ec.EllipticCurvePrivateKey) and private.curve.name in _CURVES:
        return _CURVES[private.curve.name]
    if isinstance(private, ed25519.Ed25519PrivateKey):
        return "ed25519"
    if isinstance(private, rsa.RSAPrivateKey):
        return "ps256"
    raise OutputError("the key is of no kind that C2PA knows: P-256, P-384, P-521, Ed25519 and RSA are")


@dataclass(frozen=True, slots=True)
class Credentials:
    """Two PEM files: a chain of certificates, the signer's first, and its private key without a password."""

    certificate: Path
    key: Path

    def digest(self) -> str:
        """What tells one certificate from another; nothing of the key."""
        return hashlib.sha256(self.certificate.read_bytes()).hexdigest()[:16]


def load_signer(files: Credentials) -> CredentialSigner:
    """The signer of two files.

    Raises:
        OutputError: one can't be read or used.
        ModuleNotFoundError: the extra `c2pa` isn't installed.
    """
    try:
        return CredentialSigner(files.certificate.read_bytes(), files.key.read_bytes())
    except OSError as error:
        raise OutputError(f"{error.filename}: cannot be read: {error.strerror}") from error


shared_signer = cache(load_signer)
"""As `load_signer`, once a process: what the library holds doesn't outlive a fork."""
