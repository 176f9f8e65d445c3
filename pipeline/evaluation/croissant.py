"""The dataset as Croissant 1.1 JSON-LD (mlcommons.org/croissant/1.1): its table, its pictures, what to know of them."""

import glob
import posixpath
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path, PurePosixPath
from typing import Any

from pipeline.core.locations import Stretch, located
from pipeline.core.records import Assignment
from pipeline.evaluation.cards import SourceRow
from pipeline.evaluation.responsible import Rai, synthetic_share

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
_FORMATS = {".jpg": "image/jpeg", ".png": "image/png", ".tar": "application/x-tar"}


def croissant(
    rows: Sequence[Assignment], sources: Sequence[SourceRow], rai: Rai, *, sha256: str, path: str, pixels: str
) -> dict[str, Any]:
    """The JSON-LD document; `sha256` and `path` are those of the rows' manifest, `pixels` the folder of the crops.

    Both are relative to the document, `pixels` may be an address too.
    """
    licences = sorted({licence for source in sources for licence in source.licences})
    names = ", ".join(source.name for source in sources)
    about = f"{len(rows)} face crops with mask type, wear state and split side, made from: {names}."
    return {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": ["http://mlcommons.org/croissant/1.1", "http://mlcommons.org/croissant/RAI/1.0"],
        "name": "maskwright-faces",
        "description": f"{about} {synthetic_share(rows)}",
        "license": licences or ["unknown"],
        "url": path,
        "version": "1.0.0",
        "distribution": [_table(sha256, path), *_images(rows, pixels)],
        "recordSet": [{"@type": "cr:RecordSet", "@id": "samples", "name": "samples", "field": _fields()}],
        **rai,
    }


def _table(sha256: str, path: str) -> dict[str, Any]:
    return {
        "@type": "cr:FileObject",
        "@id": _TABLE,
        "name": _TABLE,
        "contentUrl": path,
        "encodingFormat": "application/x-parquet",
        "sha256": sha256,
    }


def _images(rows: Sequence[Assignment], pixels: str) -> list[dict[str, Any]]:
    """The folders of crops as one set of files; none where there is no row, for a set must include something."""
    kinds = {(posixpath.dirname(file), PurePosixPath(file).suffix) for file in map(_file_of, rows)}
    if not kinds:
        return []
    formats = {_FORMATS.get(suffix.lower(), "application/octet-stream") for _, suffix in kinds}
    return [
        {
            "@type": "cr:FileSet",
            "@id": "images",
            "name": "images",
            "description": "The face crops, or the shards that hold them; crop_path names those that are samples.",
            "encodingFormat": sorted(formats),
            "includes": sorted(f"{glob.escape(_below(pixels, folder))}/*{suffix}" for folder, suffix in kinds),
        }
    ]


def _file_of(row: Assignment) -> str:
    """The file that a crop's locator points into."""
    place = located(Path(), row.crop_path)
    return str(place.file if isinstance(place, Stretch) else place)


def _below(pixels: str, folder: str) -> str:
    return folder if "://" in folder else posixpath.join(pixels, folder)


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
    "arrayShape": "cr:arrayShape",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "containedIn": "cr:containedIn",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "equivalentProperty": "cr:equivalentProperty",
    "samplingRate": "cr:samplingRate",
    "dct": "http://purl.org/dc/terms/",
    "description": {"@container": "@language"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileProperty": "cr:fileProperty",
    "fileObject": "cr:fileObject",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isArray": "cr:isArray",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "name": {"@container": "@language"},
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
