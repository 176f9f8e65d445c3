"""The dataset as Croissant 1.0 JSON-LD (mlcommons.org/croissant/1.0): what each column of split.parquet is."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from pipeline.core.records import Assignment
from pipeline.evaluation.cards import SourceRow

_MEANING = {
    "sample_id": "Identity of the face or of the masked copy of a face.",
    "image_id": "Identity of the image that the face was found in.",
    "group": "Connected component of everything that is the same photo or person; a group stands on one side.",
    "side": "train, val or test.",
    "mask_type": "none, cloth, surgical, ffp2 or unknown.",
    "wear": "How the mask is worn; correct covers nose, mouth and chin, incorrect is wrong in a way nobody stated.",
    "valve": "Whether the mask has an exhalation valve.",
    "source": "The source that the photo came from.",
    "synthetic": "Whether the mask was drawn.",
    "template": "The template that a drawn mask was made from.",
    "crop_path": "Path of the square face crop, relative to the dataset's folder.",
    "masked": "Whether a mask is worn at all, yes, no or unknown; known of many photos whose mask's type isn't.",
    "fold": "Number of the cross-validation fold, where folds were asked for.",
}
_TYPES = {"bool": "sc:Boolean", "int": "sc:Integer"}
_TABLE = "split.parquet"


def croissant(rows: Sequence[Assignment], sources: Sequence[SourceRow], *, sha256: str, path: str) -> dict[str, Any]:
    """The JSON-LD document; `sha256` and `path`, relative to it, are those of the rows' manifest."""
    licences = sorted({licence for source in sources for licence in source.licences})
    names = ", ".join(source.name for source in sources)
    return {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": "maskwright-faces",
        "description": f"{len(rows)} face crops with mask type, wear state and split side, made from: {names}.",
        "license": licences or ["unknown"],
        "url": path,
        "version": "1.0.0",
        "distribution": [
            {
                "@type": "cr:FileObject",
                "@id": _TABLE,
                "name": _TABLE,
                "contentUrl": path,
                "encodingFormat": "application/x-parquet",
                "sha256": sha256,
            }
        ],
        "recordSet": [{"@type": "cr:RecordSet", "@id": "samples", "name": "samples", "field": _fields()}],
    }


def _fields() -> list[dict[str, Any]]:
    return [
        {
            "@type": "cr:Field",
            "@id": f"samples/{field.name}",
            "name": field.name,
            "description": _MEANING[field.name],
            "dataType": _TYPES.get(str(getattr(field.type, "__name__", field.type)).split(" ")[0], "sc:Text"),
            "source": {"fileObject": {"@id": _TABLE}, "extract": {"column": field.name}},
        }
        for field in fields(Assignment)
    ]


_CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "equivalentProperty": "cr:equivalentProperty",
    "samplingRate": "cr:samplingRate",
    "dct": "http://purl.org/dc/terms/",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileProperty": "cr:fileProperty",
    "fileObject": "cr:fileObject",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
