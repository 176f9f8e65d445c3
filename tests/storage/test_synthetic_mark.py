"""What marked pictures say, read back by Pillow and by an XML parser that knows nothing of this project."""

import io
from typing import Literal
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as PillowImage

from pipeline.core.arrays import Rgb
from pipeline.core.version import VERSION
from pipeline.storage.images import decode_image, encode_image
from pipeline.storage.synthetic_mark import SyntheticMark, source_type_in

NAMES = {
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "dc": "http://purl.org/dc/elements/1.1/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "xmpRights": "http://ns.adobe.com/xap/1.0/rights/",
    "ext": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
}
COMPOSITE = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeSynthetic"
FULL = SyntheticMark("0f-1-cloth0", "CC-BY-4.0", "Zoë Müller")


def parsed(packet: bytes) -> ElementTree.Element:
    return ElementTree.fromstring(packet)  # noqa: S314 - our own words


def said(packet: bytes, path: str) -> str | None:
    return parsed(packet).findtext(f".//{path}", namespaces=NAMES)


def packet_in(data: bytes) -> bytes:
    with PillowImage.open(io.BytesIO(data)) as image:
        image.load()
        xmp = image.info["xmp"]
        return xmp if isinstance(xmp, bytes) else str(xmp).encode()


@pytest.mark.parametrize("kind", ["jpeg", "png"])
def test_a_file_says_what_it_is_to_another_library(portrait: Rgb, kind: Literal["jpeg", "png"]) -> None:
    packet = packet_in(encode_image(portrait, kind, mark=FULL))
    assert said(packet, "ext:DigitalSourceType") == COMPOSITE
    assert said(packet, "xmp:CreatorTool") == f"Maskwright {VERSION}"
    assert said(packet, "dc:identifier") == "0f-1-cloth0"
    assert said(packet, "dc:creator/rdf:Seq/rdf:li") == "Zoë Müller"
    assert said(packet, "dc:rights/rdf:Alt/rdf:li") == "CC-BY-4.0"
    assert said(packet, "xmpRights:UsageTerms/rdf:Alt/rdf:li") == "CC-BY-4.0"


@pytest.mark.parametrize("kind", ["jpeg", "png"])
@pytest.mark.parametrize("grey", [True, False])
def test_a_mark_changes_no_pixel_and_no_colour(portrait: Rgb, kind: Literal["jpeg", "png"], grey: bool) -> None:
    rgb = portrait[:, :, 0] if grey else portrait
    plain, marked = encode_image(rgb, kind), encode_image(rgb, kind, mark=FULL)
    assert plain != marked
    with PillowImage.open(io.BytesIO(plain)) as one, PillowImage.open(io.BytesIO(marked)) as other:
        assert (one.mode, one.info.get("icc_profile")) == (other.mode, other.info.get("icc_profile"))
        assert np.array_equal(np.asarray(one), np.asarray(other))
    assert (b"sRGB" in plain) == (b"sRGB" in marked)


@pytest.mark.parametrize("kind", ["jpeg", "png"])
def test_a_mark_is_the_same_bytes_each_time_and_holds_no_date(portrait: Rgb, kind: Literal["jpeg", "png"]) -> None:
    assert encode_image(portrait, kind, mark=FULL) == encode_image(portrait, kind, mark=FULL)
    assert b"Date" not in FULL.packet()


def test_what_nobody_knows_is_not_said() -> None:
    packet = SyntheticMark(licence="unknown").packet()
    assert said(packet, "ext:DigitalSourceType") == COMPOSITE
    for path in ("dc:identifier", "dc:creator", "dc:rights", "xmpRights:UsageTerms"):
        assert said(packet, path) is None


HOSTILE = [
    '</rdf:li></rdf:Alt></dc:rights><x:evil xmlns:x="e"/>',
    '<?xpacket end="w"?> ]]> &lol; <!DOCTYPE a>',
    "\0\x08\x1b[31m\ud800\uffff\ufeff\u2028",
    "&" * 5000,
    "{properties} {0} %s",
    "\n\r\t  ",
]


@pytest.mark.parametrize("words", HOSTILE)
def test_strangers_words_stay_words(portrait: Rgb, words: str) -> None:
    packet = packet_in(encode_image(portrait, mark=SyntheticMark(words, words, words)))
    assert said(packet, "ext:DigitalSourceType") == COMPOSITE
    assert len(list(parsed(packet).iter())) <= len(list(parsed(FULL.packet()).iter()))


@given(st.text())
def test_any_text_is_a_packet_that_says_it_in_one_line(words: str) -> None:
    packet = SyntheticMark(words, words, words).packet()
    text = said(packet, "dc:creator/rdf:Seq/rdf:li") or ""
    assert "\n" not in text
    assert len(packet) < 40_000
    kept = [letter for letter in words[:500] if letter.isalnum()]
    assert [letter for letter in text if letter.isalnum()][: len(kept)] == kept[: len(text)]


def test_a_decoded_picture_knows_that_it_is_synthetic(portrait: Rgb) -> None:
    decoded = decode_image(encode_image(portrait, mark=FULL))
    assert decoded.synthetic == "compositeSynthetic"
    assert decoded.mark("other") == SyntheticMark("other")
    assert decode_image(encode_image(portrait)).mark("other") is None


@pytest.mark.parametrize(
    ("xmp", "kind"),
    [
        (b"http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia", "trainedAlgorithmicMedia"),
        ('a="http://cv.iptc.org/newscodes/digitalsourcetype/algorithmicMedia"', "algorithmicMedia"),
        (b"http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture", None),
        (b"http://cv.iptc.org/newscodes/digitalsourcetype/compositeSyntheticX", None),
        (b"\xff\xfe\0", None),
        (None, None),
        (7, None),
    ],
)
def test_what_others_wrote_is_read_by_the_word_of_the_vocabulary(xmp: object, kind: str | None) -> None:
    assert source_type_in(xmp) == kind


def test_metadata_of_a_parent_does_not_travel(portrait: Rgb) -> None:
    exif = PillowImage.Exif()
    exif[0x010F], exif[0x013B], exif[0x8298] = "SecretCamera", "SecretOwner", "SecretOwner"
    exif.get_ifd(0x8825)[1] = "N"
    buffer = io.BytesIO()
    xmp = b"SecretXmp http://cv.iptc.org/newscodes/digitalsourcetype/compositeSynthetic"
    PillowImage.fromarray(portrait).save(buffer, "JPEG", exif=exif, xmp=xmp, comment=b"SecretComment")
    decoded = decode_image(buffer.getvalue())
    again = encode_image(decoded.rgb, mark=decoded.mark("x"))
    assert b"Secret" in buffer.getvalue()
    assert b"Secret" not in again
    assert b"Exif" not in again
