"""A run that is killed while its pixels go to a storage root goes on from what is there."""

import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline.core.locations import Address
from pipeline.storage.stores import read_bytes
from pipeline.storage.whole_files import write_bytes
from tests.conftest import tree
from tests.faults.conftest import KEPT, ONE_MASK, PHOTOS, MakeProject, Project, Undisturbed, kill_after
from tests.stores import list_files

pytestmark = pytest.mark.slow

STAGES = {
    "ingest": ("data/raw/mine", "data-raw-mine", "ingest", {}),
    "faces": ("data/faces", "data-faces", "faces", {}),
    "augment": ("data/masked", "data-masked", "augment", ONE_MASK),
    "augment in shards": (
        "data/masked",
        "data-masked",
        "augment",
        {"augment": {"masks": ["cloth"], "format": "shards", "shard_photos": 4}},
    ),
}
"""Each stage's output, its build, its record and its parameters."""


@pytest.fixture
def versioned(bucket: Address) -> Iterator[Address]:
    """A bucket that remembers every write."""
    import s3fs

    client = s3fs.S3FileSystem(skip_instance_cache=True)
    setting = {"Status": "Enabled"}
    client.call_s3("put_bucket_versioning", Bucket="maskwright", VersioningConfiguration=setting)
    yield bucket
    for found in _versions():
        client.call_s3("delete_object", Bucket="maskwright", Key=found["Key"], VersionId=found["VersionId"])


def _versions() -> list[dict[str, Any]]:
    import s3fs

    client = s3fs.S3FileSystem(skip_instance_cache=True)
    found: list[dict[str, Any]] = []
    more: dict[str, str] = {}
    while True:
        page = client.call_s3("list_object_versions", Bucket="maskwright", **more)
        found += [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
        if not page["IsTruncated"]:
            return found
        more = {"KeyMarker": page["NextKeyMarker"], "VersionIdMarker": page["NextVersionIdMarker"]}


def writes_below(folder: Address) -> Counter[str]:
    """How often each object below the folder was written."""
    top = f"{folder.url.removeprefix('s3://maskwright/')}/"
    return Counter(found["Key"].removeprefix(top) for found in _versions() if found["Key"].startswith(top))


def in_store(make_project: MakeProject, root: Address, sections: dict[str, Any]) -> Project:
    """A project whose pixels are below an address, its photos included."""
    project = make_project(root.name, storage={"root": str(root)}, **sections)
    for photo in sorted((project.root / "photos").iterdir()):
        write_bytes(root / "photos" / photo.name, photo.read_bytes())
    shutil.rmtree(project.root / "photos")
    return project


def contents(root: Address, out: str) -> dict[str, bytes]:
    return {name: read_bytes(root / out / name) for name in list_files(root / out)}


@pytest.mark.parametrize("name", STAGES)
def test_a_killed_stage_goes_on_to_the_same_objects(
    make_project: MakeProject, undisturbed: Undisturbed, versioned: Address, name: str
) -> None:
    out, build, stage, sections = STAGES[name]
    whole = undisturbed(stage, elsewhere=True, **sections)
    killed = in_store(make_project, versioned / "killed", sections)
    done = kill_after(killed, stage, build, 3)
    noted = killed.noted_files(build)
    again = killed.run(stage)
    assert (again.returncode, again.stdout) == (0, whole.stdout), again.stderr
    assert killed.record(stage)["resumed"] == done
    assert 3 <= done < (PHOTOS if stage == "ingest" else KEPT)
    assert tree(killed.root / out) == tree(whole.root / out)
    assert contents(versioned / "killed", out) == tree(whole.pixels / out)
    writes = writes_below(versioned / "killed")
    assert {writes[locator] for locator in noted} == {1}
    assert not list((killed.root / ".cache/builds").iterdir())


@pytest.mark.parametrize("name", ["faces", "augment in shards"])
def test_an_object_that_is_gone_or_another_is_made_again(
    make_project: MakeProject, undisturbed: Undisturbed, bucket: Address, name: str
) -> None:
    out, build, stage, sections = STAGES[name]
    whole = undisturbed(stage, elsewhere=True, **sections)
    killed = in_store(make_project, bucket / "killed", sections)
    done = kill_after(killed, stage, build, 3)
    locators = killed.noted_files(build)
    write_bytes(bucket / "killed" / locators[0], b"half")
    _remove(bucket / "killed" / locators[-1])
    assert killed.run(stage).returncode == 0
    assert killed.record(stage)["resumed"] == done - 2
    assert contents(bucket / "killed", out) == tree(whole.pixels / out)


def _remove(address: Address) -> None:
    import s3fs

    s3fs.S3FileSystem(skip_instance_cache=True).rm_file(address.url)


def test_another_storage_root_uses_nothing_of_a_killed_run(make_project: MakeProject, bucket: Address) -> None:
    project = in_store(make_project, bucket / "one", {})
    in_store(make_project, bucket / "two", {})
    kill_after(project, "faces", "data-faces", 3)
    parameters = project.root / "params.yaml"
    parameters.write_text(parameters.read_text().replace("maskwright/one", "maskwright/two"))
    assert project.run("faces").returncode == 0
    assert project.record("faces")["resumed"] == 0
    assert len(list_files(bucket / "two/data/faces/crops")) == KEPT


def test_a_source_in_a_bucket_is_not_looked_at_again(make_project: MakeProject, bucket: Address) -> None:
    """But for an object that was replaced since."""
    source = {"adapter": "folder", "path": str(bucket / "photos"), "labels": {".": {"mask_type": "none"}}}
    ingest = {"sources": ["mine"], "settings": {"mine": source}}
    whole, killed = (make_project(name, ingest=ingest) for name in ("whole", "killed"))
    photos = sorted((whole.root / "photos").iterdir())
    for photo in photos:
        write_bytes(bucket / "photos" / photo.name, photo.read_bytes())
    done = kill_after(killed, "ingest", "data-raw-mine", 3)
    write_bytes(bucket / "photos" / photos[0].name, photos[-1].read_bytes())
    assert killed.run("ingest").returncode == 0
    assert killed.record("ingest")["resumed"] == done - 1
    assert whole.run("ingest").returncode == 0
    assert tree(killed.root / "data/raw") == tree(whole.root / "data/raw")


@pytest.mark.parametrize("name", ["faces", "augment in shards"])
def test_under_a_folder_as_root_no_half_file_stays(
    make_project: MakeProject, undisturbed: Undisturbed, tmp_path: Path, name: str
) -> None:
    out, build, stage, sections = STAGES[name]
    root = tmp_path / "shared"
    whole = undisturbed(stage, elsewhere=True, **sections)
    killed = make_project("killed", 2, storage={"root": str(root)}, **sections)
    shutil.copytree(killed.root / "photos", root / "photos")
    done = kill_after(killed, stage, build, 3)
    folder = root / out / "crops"
    (folder / ".0123456789abcdef.part").write_bytes(b"half")
    (folder / "theirs.txt").write_bytes(b"somebody else's")
    assert killed.run(stage).returncode == 0
    assert killed.record(stage)["resumed"] == done
    assert tree(killed.root / out) == tree(whole.root / out)
    found = tree(root / out)
    assert found.pop("crops/theirs.txt") == b"somebody else's"
    assert found == tree(whole.pixels / out)
