"""Annotations: damaged ones, and those that were made to do harm, taken by `ingest` with the image that they are of."""

import tempfile
from dataclasses import replace
from pathlib import Path

from hypothesis import strategies as st

from benchmarks.fuzz import Fuzzer
from benchmarks.fuzz.attacks.annotations import SOUND, Paper, papers
from benchmarks.fuzz.damage import Damaged
from benchmarks.fuzz.pictures import portrait, stored
from pipeline.core.params import parse_params
from pipeline.sources.ingest import ingest_source

_IMAGE = stored(portrait().resize((64, 64)), "PNG")
_WORDS = {"with_mask": {"masked": "yes"}, ".": {}}


def ingested(paper: Paper) -> str:
    """`taken`, or the reason of the first row."""
    with tempfile.TemporaryDirectory(prefix="fuzz-") as name:
        folder, project = Path(name, "photos"), Path(name, "project")
        folder.mkdir()
        project.mkdir()
        (folder / "a.png").write_bytes(_IMAGE)
        for name_beside, data in (*paper.beside, (paper.name, paper.data)):
            (folder / name_beside).write_bytes(data)
        source = {"adapter": paper.adapter, "path": str(folder), "labels": _WORDS, "unannotated": "unknown"}
        told = {"ingest": {"sources": ["fuzz"], "settings": {"fuzz": source}}}
        taken = ingest_source("fuzz", parse_params(told, "params.yaml"), project)
    return taken.rejections[0].reason if taken.rejections else "taken"


def _damaged(adapter: str, number: int) -> Paper:
    paper = SOUND[adapter]()
    return replace(paper, data=Damaged.of({"": paper.data}, "", number).data)


FUZZER = Fuzzer(
    "annotations",
    st.builds(_damaged, st.sampled_from(sorted(SOUND)), st.integers(0, 2**32 - 1)),
    ingested,
    (*papers(), *(make() for make in SOUND.values())),
)
