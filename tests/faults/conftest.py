"""Projects whose stages are killed, starved and interrupted as real processes."""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.core.arrays import Rgb
from pipeline.core.params import FacesParams
from pipeline.core.records import Face, Image
from pipeline.faces.extraction import FaceExtractor
from pipeline.storage.images import encode_image
from pipeline.storage.journal import Journal
from pipeline.storage.manifests import write_manifest
from tests.shared import made_once

ROOT = Path(__file__).parent.parent.parent
PHOTOS = 40
KEPT = 28
"""So many of them go on after ingest, whose stages take longer over a photo: time enough to kill them with fewer."""
ONE_MASK: dict[str, Any] = {"augment": {"masks": ["cloth"]}}
"""Enough for what doesn't hang on how many pictures a photo gets."""


def hear_ctrl_c() -> None:
    """A shell starts its background deaf to Ctrl-C, `nohup` what it runs to a closed terminal; children inherit it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


@dataclass(frozen=True, slots=True)
class Project:
    """A folder in which stages run."""

    root: Path

    def start(self, stage: str, *words: str, preexec_fn: Callable[[], None] = hear_ctrl_c) -> "subprocess.Popen[str]":
        """Begin `python -m stages.<stage>` in a session of its own."""
        command = [sys.executable, "-m", f"stages.{stage}", *words]
        return subprocess.Popen(
            command,
            cwd=self.root,
            # A write that fails in its middle would leave half a .pyc, too, which nobody can load afterwards.
            env=os.environ | {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=preexec_fn,  # noqa: PLW1509 - sets signals and limits, no more
            start_new_session=True,
        )

    def run(
        self, stage: str, *words: str, preexec_fn: Callable[[], None] = hear_ctrl_c
    ) -> "subprocess.CompletedProcess[str]":
        """Run it to its end."""
        process = self.start(stage, *words, preexec_fn=preexec_fn)
        stdout, stderr = process.communicate(timeout=120)
        return subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr)

    def record(self, name: str) -> dict[str, Any]:
        """What `reports/runs/` says of a run."""
        found: dict[str, Any] = json.loads((self.root / f"reports/runs/{name}.json").read_text())
        return found

    def journal_lines(self, name: str) -> int:
        """Results that a build has on the disk: whole lines, for a kill can tear the last."""
        return sum(path.read_bytes().count(b"\n") for path in (self.root / ".cache/builds" / name).glob("*/journal"))

    def journal(self, name: str) -> Path:
        """The journal of a build."""
        (path,) = (self.root / ".cache/builds" / name).glob("*/journal")
        return path

    def noted_files(self, name: str) -> list[str]:
        """The locators of the files that a build's results name."""
        with Journal(self.journal(name)) as journal:
            return [file[0] for key in journal for file in journal[key]["files"]]


def kill_after(project: Project, stage: str, build: str, lines: int) -> int:
    """Kill a stage when so many results are on the disk, and say how many it were."""
    process = project.start(stage)
    wait_until(lambda: project.journal_lines(build) >= lines)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    wait_until(lambda: ended(process.pid))
    return project.journal_lines(build)


def wait_until(holds: Callable[[], bool]) -> None:
    """Wait for something that is to happen within a minute."""
    deadline = time.monotonic() + 60
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(0.005)


def ended(session: int) -> bool:
    """Whether no process of a session is left."""
    try:
        os.killpg(session, 0)
    except ProcessLookupError:
        return True
    return False


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory, portrait: Rgb) -> Path:
    """A project with photos, kept images and faces, ready for ingest, faces and augment."""
    return made_once(tmp_path_factory, "prepared", lambda root: _prepare(root, portrait))


def _prepare(root: Path, portrait: Rgb) -> None:
    (root / "photos").mkdir()
    images = []
    for number in range(PHOTOS):
        path = Path("photos", f"{number:02}.jpg")
        (root / path).write_bytes(encode_image(np.roll(portrait, number - PHOTOS // 2, axis=1)))
        image = Image(
            id=f"{number:032x}",
            sha256=f"{number:064x}",
            path=path.as_posix(),
            source="mine",
            origin=path.name,
            width_px=256,
            height_px=300,
            licence="CC0-1.0",
            mask_type="none",
        )
        images.append(image)
    images = images[:KEPT]
    write_manifest(root / "data/dedup/kept.parquet", images, Image)
    extract = FaceExtractor(FacesParams(), root, Path("found"), root)
    write_manifest(root / "data/faces/faces.parquet", [face for row in images for face in extract(row).faces], Face)


MakeProject = Callable[..., Project]


@pytest.fixture
def make_project(tmp_path: Path, prepared: Path) -> MakeProject:
    """Makes projects with the same photos: `make_project("name", jobs=2, augment={…})`; sections of params.yaml."""
    return lambda name, jobs=1, **sections: _lay_out(prepared, tmp_path / name, jobs, sections)


def _lay_out(prepared: Path, root: Path, jobs: int, sections: dict[str, Any]) -> Project:
    """A copy of what is prepared, whose source of photos lies beside it."""
    photos = root.parent / "photos"
    shutil.copytree(prepared, root)
    shutil.copytree(prepared / "photos", photos, dirs_exist_ok=True)
    source = {"adapter": "folder", "path": str(photos), "labels": {".": {"mask_type": "none"}}}
    settings = {"engine": {"jobs": jobs}, "ingest": {"sources": ["mine"], "settings": {"mine": source}}}
    (root / "params.yaml").write_text(json.dumps(settings | sections))
    return Project(root)


@dataclass(frozen=True, slots=True)
class Whole:
    """What one process makes of the photos when nothing happens to it; to be read only.

    Attributes:
        pixels: Where its pixels are: the project itself, or the storage root.
    """

    root: Path
    stdout: str
    pixels: Path


Undisturbed = Callable[..., Whole]


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, prepared: Path) -> Undisturbed:
    """Runs a stage with its words and sections of params.yaml, once for all tests that ask for the same.

    With `elsewhere`, its storage root is another folder.
    """

    def run(stage: str, *words: str, elsewhere: bool = False, **sections: Any) -> Whole:
        def make(folder: Path) -> None:
            if elsewhere:
                shutil.copytree(prepared / "photos", folder / "pixels/photos")
                sections["storage"] = {"root": str(folder / "pixels")}
            done = _lay_out(prepared, folder / "project", 1, sections).run(stage, *words)
            assert done.returncode == 0, done.stderr
            (folder / "stdout").write_text(done.stdout)

        key = hashlib.sha256(json.dumps([words, elsewhere, sections], sort_keys=True).encode()).hexdigest()
        folder = made_once(tmp_path_factory, f"{stage}-{key[:12]}", make)
        pixels = folder / ("pixels" if elsewhere else "project")
        return Whole(folder / "project", (folder / "stdout").read_text(), pixels)

    return run
