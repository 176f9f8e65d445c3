"""What a picture with a drawn mask says of itself to machines: an XMP packet, the same bytes for the same picture.

XMP: ISO 16684-1; `DigitalSourceType`: IPTC Photo Metadata Standard 2023.1, by IPTC's own vocabulary. Nothing of a
parent's metadata is copied: its place, device, owner and dates stay where they were.
"""

import re
from dataclasses import dataclass
from typing import Literal, get_args
from xml.sax.saxutils import escape

from pipeline.core.version import VERSION

SourceType = Literal[
    "compositeSynthetic", "trainedAlgorithmicMedia", "compositeWithTrainedAlgorithmicMedia", "algorithmicMedia"
]
"""The kinds of pictures that no camera took as they are."""

VOCABULARY = "http://cv.iptc.org/newscodes/digitalsourcetype/"
_TOLD = re.compile(rf"/digitalsourcetype/({'|'.join(get_args(SourceType))})\b".encode())
_DRAWN_ON = re.compile(rb"<xmp:CreatorTool>Maskwright [^<]*</xmp:CreatorTool>")
_NO_XML = re.compile("[^\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]+")
"""Line ends, and what XML 1.0 can't hold even escaped."""
_LONGEST_TEXT = 500
_PACKET = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about=""
 xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:xmp="http://ns.adobe.com/xap/1.0/"
 xmlns:xmpRights="http://ns.adobe.com/xap/1.0/rights/"
 xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/">
{properties}
</rdf:Description>
</rdf:RDF>
</x:xmpmeta>
<?xpacket end="r"?>"""


@dataclass(frozen=True, slots=True)
class SyntheticMark:
    """What is said of one picture.

    Attributes:
        identifier: The id of its row.
        licence: Of the photo that it was made of; None or `unknown` says nothing.
        author: Of that photo.
        source_type: IPTC's word; a photo with a drawn mask is a composite with synthetic elements.
    """

    identifier: str | None = None
    licence: str | None = None
    author: str | None = None
    source_type: SourceType = "compositeSynthetic"

    def packet(self) -> bytes:
        """The XMP packet; words of strangers are escaped, in one line each and at most 500 characters long."""
        licence = None if self.licence == "unknown" else _text(self.licence)
        author, identifier = _text(self.author), _text(self.identifier)
        said = [
            f"<Iptc4xmpExt:DigitalSourceType>{VOCABULARY}{self.source_type}</Iptc4xmpExt:DigitalSourceType>",
            f"<xmp:CreatorTool>Maskwright {VERSION}</xmp:CreatorTool>",
            f"<dc:identifier>{identifier}</dc:identifier>" if identifier else "",
            f"<dc:creator><rdf:Seq><rdf:li>{author}</rdf:li></rdf:Seq></dc:creator>" if author else "",
            f"<dc:rights>{_alternative(licence)}</dc:rights>" if licence else "",
            f"<xmpRights:UsageTerms>{_alternative(licence)}</xmpRights:UsageTerms>" if licence else "",
        ]
        return _PACKET.format(properties="\n".join(filter(None, said))).encode()


def _alternative(text: str) -> str:
    return f'<rdf:Alt><rdf:li xml:lang="x-default">{text}</rdf:li></rdf:Alt>'


def _text(words: str | None) -> str | None:
    """The words as they may stand between two tags; None where nothing is left of them."""
    shown = _NO_XML.sub(" ", words or "").strip()[:_LONGEST_TEXT]
    return escape(shown) or None


def source_type_in(xmp: object) -> SourceType | None:
    """What an XMP packet says that its picture is, where that is none that a camera took as it is."""
    found = _TOLD.search(_packet(xmp))
    return next((kind for kind in get_args(SourceType) if found and kind.encode() == found[1]), None)


def says_mask_drawn(xmp: object) -> bool:
    """Whether an XMP packet says that Maskwright drew a mask into its picture."""
    return source_type_in(xmp) == "compositeSynthetic" and bool(_DRAWN_ON.search(_packet(xmp)))


def _packet(xmp: object) -> bytes:
    data = xmp.encode("utf-8", "replace") if isinstance(xmp, str) else xmp
    return data if isinstance(data, bytes) else b""
