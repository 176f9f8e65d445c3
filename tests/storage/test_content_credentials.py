"""Signed manifests, read back by the library's own reader."""

import io
import json
from pathlib import Path
from typing import Any

import c2pa
import numpy as np
import pytest

from pipeline.core.arrays import Rgb
from pipeline.core.errors import OutputError
from pipeline.sources.content import refuse_polyglot
from pipeline.storage.content_credentials import Composite, Credentials, CredentialSigner, load_signer
from pipeline.storage.images import ImageLimits, decode_image, encode_image
from pipeline.storage.synthetic_mark import SyntheticMark
from tests.storage.certificates import chain

SAID = Composite("anna-0-cloth0.jpg", "ab" * 32)
LIMITS = ImageLimits(max_file_bytes=1 << 24, max_pixels=1 << 24, min_side_px=1)


@pytest.fixture
def jpeg(portrait: Rgb) -> bytes:
    return encode_image(portrait, mark=SyntheticMark("a"))


def read_back(data: bytes, authority: bytes) -> tuple[str, dict[str, Any]]:
    """How valid a picture's manifest is to who trusts an authority, and what it says."""
    settings = {"trust": {"user_anchors": authority.decode()}, "verify": {"verify_trust": True}}
    with c2pa.Reader("image/jpeg", io.BytesIO(data), context=c2pa.Context(c2pa.Settings.from_dict(settings))) as reader:
        told = json.loads(reader.json())
        return reader.get_validation_state(), told["manifests"][told["active_manifest"]]


@pytest.mark.parametrize("kind", ["p256", "p384", "ed25519", "rsa"])
def test_a_picture_says_what_was_done_to_which_photo(jpeg: bytes, kind: str) -> None:
    made = chain(kind)
    signed = CredentialSigner(made.certificates, made.key).sign(jpeg, SAID)
    state, manifest = read_back(signed, made.authority)
    assert (state, manifest["title"]) == ("Trusted", SAID.title)
    (photo,) = manifest["ingredients"]
    assert (photo["relationship"], photo["instance_id"]) == ("parentOf", f"sha256:{SAID.parent_sha256}")
    assert "thumbnail" not in manifest
    (actions,) = (one["data"]["actions"] for one in manifest["assertions"] if one["label"].startswith("c2pa.actions"))
    assert [action["action"] for action in actions] == ["c2pa.opened", "c2pa.edited"]
    assert actions[1]["digitalSourceType"].endswith("/compositeSynthetic")


def test_pixels_and_mark_stay_and_the_file_is_one_that_we_take_in(jpeg: bytes) -> None:
    made = chain()
    signed = CredentialSigner(made.certificates, made.key).sign(jpeg, SAID)
    before, after = decode_image(jpeg, LIMITS), decode_image(signed, LIMITS)
    assert np.array_equal(before.rgb, after.rgb)
    assert after.synthetic == before.synthetic == "compositeSynthetic"
    refuse_polyglot(signed)
    assert 0 < len(signed) - len(jpeg) < 6000


def test_a_changed_picture_is_told(jpeg: bytes) -> None:
    made = chain()
    signed = bytearray(CredentialSigner(made.certificates, made.key).sign(jpeg, SAID))
    signed[-100] ^= 1
    assert read_back(bytes(signed), made.authority)[0] == "Invalid"


def test_who_does_not_trust_the_authority_sees_a_valid_manifest(jpeg: bytes) -> None:
    made = chain()
    signer = CredentialSigner(made.certificates, made.key)
    signer.check(jpeg)
    assert read_back(signer.sign(jpeg, SAID), chain().authority)[0] == "Valid"


GOOD, OTHER, EXPIRED = chain(), chain("ed25519"), chain(days=-90)


@pytest.mark.parametrize(
    ("certificates", "key", "why"),
    [
        (GOOD.certificates, OTHER.key, "isn't valid"),
        (GOOD.certificates, chain().key, "isn't valid"),
        (b"no certificate", GOOD.key, "certificate"),
        (b"", GOOD.key, "signed with|signed: "),
        (GOOD.authority, GOOD.key, "self-signed"),
        (GOOD.certificates, b"no key", "PEM without a password is expected"),
        (GOOD.certificates, chain("k256").key, "of no kind that C2PA knows"),
        (EXPIRED.certificates, EXPIRED.key, "not valid at time of signing"),
    ],
)
def test_what_cannot_sign_is_told_before_the_work(jpeg: bytes, certificates: bytes, key: bytes, why: str) -> None:
    with pytest.raises(OutputError, match=why):
        CredentialSigner(certificates, key).check(jpeg)


def test_a_file_that_is_gone_is_named(tmp_path: Path) -> None:
    certificate, key = GOOD.written(tmp_path)
    key.unlink()
    with pytest.raises(OutputError, match=r"key\.pem: cannot be read"):
        load_signer(Credentials(certificate, key))
