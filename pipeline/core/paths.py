"""Where the road leaves what it makes, relative to the project root: the one place that spells these names.

`dvc.yaml` says the same of each stage's outputs. A table has the name of its folder's stage or of what its rows are.
"""

from pathlib import Path

DATA = Path("data")
MODELS = Path("models")
REPORTS = Path("reports")
EXPORTS = Path("exports")
CACHE = Path(".cache")
"""What a rerun can do without: unfinished builds, downloads, fingerprints, locks."""

IMAGES = "images.parquet"
REJECTED = "rejected.parquet"
"""Names that stand in several folders."""

RAW = DATA / "raw"
PROVENANCE = DATA / "provenance"

DEDUP = DATA / "dedup"
KEPT = DEDUP / "kept.parquet"
LINKS = DEDUP / "links.parquet"
CLUSTERS = DEDUP / "clusters.parquet"
QUALITY = DEDUP / "quality.parquet"
OVERSIZED_PEOPLE = DEDUP / "oversized_people.parquet"

FACES = DATA / "faces"
FACES_TABLE = FACES / "faces.parquet"
FACE_CROPS = FACES / "crops"

MASKED = DATA / "masked"
MASKED_TABLE = MASKED / "masked.parquet"

SPLIT = DATA / "split"
SPLIT_TABLE = SPLIT / "split.parquet"

MODEL = MODELS / "model.pt"
ONNX_MODEL = MODELS / "model.onnx"

BROWSE_PAGE = REPORTS / "browse.html"
CURATION_PAGE = REPORTS / "curation.html"
LABEL_CONFLICTS = REPORTS / "label_conflicts.csv"
LABEL_DOUBTS = REPORTS / "review.parquet"
RUN_RECORDS = REPORTS / "runs"
TRAINING_LOG = REPORTS / "train"

_STAGE_OF_FOLDER = {RAW: "ingest", DEDUP: "dedup", FACES: "faces", MASKED: "augment", SPLIT: "split", MODELS: "train"}


def stage_that_makes(path: Path) -> str | None:
    """The stage that writes a file of the road, None where it is none; the path may be absolute.

    >>> stage_that_makes(Path("data/dedup/kept.parquet"))
    'dedup'
    """
    for folder, stage in _STAGE_OF_FOLDER.items():
        depth = len(folder.parts)
        if any(path.parts[place : place + depth] == folder.parts for place in range(len(path.parts) - depth + 1)):
            return stage
    return None


def says_absent(path: Path) -> str:
    """That a file isn't there, and which stage writes it.

    >>> says_absent(Path("models/model.pt"))
    'models/model.pt does not exist; run `maskwright train` first'
    """
    stage = stage_that_makes(path)
    return f"{path} does not exist" + (f"; run `maskwright {stage}` first" if stage else "")


BUILDS = CACHE / "builds"
CHECKPOINT = CACHE / "train" / "last.pt"
DOWNLOADS = CACHE / "sources"
EXTERNAL_CROPS = CACHE / "external"
FINGERPRINTS = CACHE / "fingerprints"
LOCKS = CACHE / "locks"
