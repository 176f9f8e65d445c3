"""Masked pictures in tar shards, and pixels in an object store: the same pictures as in a folder."""

import gc
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import webdataset
from click.testing import CliRunner, Result

from pipeline.core import paths
from pipeline.core.locations import Address, Stretch, located
from pipeline.core.params import FacesParams
from pipeline.core.records import Face, Image, MaskedImage
from pipeline.faces.extraction import FaceExtractor
from pipeline.storage.images import read_image
from pipeline.storage.manifests import read_manifest, write_manifest
from pipeline.storage.shards import StoredFile
from pipeline.storage.stores import read_bytes
from pipeline.storage.whole_files import write_bytes
from stages import augment, faces
from tests.conftest import tree
from tests.stores import list_files

MakeImage = Callable[..., Image]
PHOTOS = 3


def placeless(row: MaskedImage) -> MaskedImage:
    return replace(row, path="", crop_path="", alpha_path="")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, portrait_jpeg: bytes, make_image: MakeImage) -> Path:
    """A project with some photos of one unmasked face each."""
    monkeypatch.chdir(tmp_path)
    images = []
    for number in range(PHOTOS):
        name = f"photo{number}.jpg"
        (tmp_path / name).write_bytes(portrait_jpeg)
        images.append(make_image(id=f"{number:032x}", sha256=f"{number:064x}", path=name, mask_type="none"))
    extract = FaceExtractor(FacesParams(), Path(), paths.FACE_CROPS)
    write_manifest(paths.KEPT, images, Image)
    write_manifest(paths.FACES_TABLE, [face for image in images for face in extract(image).faces], Face)
    return tmp_path


def invoke(params: str) -> Result:
    Path("params.yaml").write_text(params)
    result = CliRunner().invoke(augment.command, [], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result


def masked() -> list[MaskedImage]:
    return read_manifest(paths.MASKED_TABLE, MaskedImage)


def pixels(rows: list[MaskedImage], root: Path | Address = Path()) -> list[list[bytes]]:
    paths = [(row.path, row.crop_path, row.alpha_path) for row in rows]
    return [[read_bytes(located(root, path or "")) for path in found] for found in paths]


def test_shards_hold_the_pictures_that_a_folder_holds(project: Path) -> None:
    said = invoke("augment: {alpha: true}").output
    folder_rows = masked()
    folder_pixels = pixels(folder_rows)
    assert invoke("augment: {alpha: true, format: shards, shard_photos: 2}").output == said
    rows = masked()
    assert pixels(rows) == folder_pixels
    assert [placeless(row) for row in rows] == [placeless(row) for row in folder_rows]
    assert sorted(tree(paths.MASKED)) == [
        "crops/000000.tar",
        "crops/000001.tar",
        "crops/index.parquet",
        "images/000000.tar",
        "images/000001.tar",
        "images/index.parquet",
        "masked.parquet",
        "rejected.parquet",
    ]


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # it leaves the shards to the garbage collector
def test_the_webdataset_library_reads_them(project: Path) -> None:
    invoke("augment: {alpha: true, format: shards, shard_photos: 2}")
    shards = sorted(str(path) for path in (paths.MASKED / "images").glob("*.tar"))
    samples = list(webdataset.WebDataset(shards, shardshuffle=False))
    gc.collect()
    rows = masked()
    assert [sample["__key__"] for sample in samples] == [row.id for row in rows]
    for sample, row in zip(samples, rows, strict=True):
        facts = json.loads(sample["json"])
        assert (facts["mask_type"], facts["template"], facts["draw"]) == (row.mask_type, row.template, row.draw)
        assert sample["jpg"] == read_bytes(located(Path(), row.path))
        assert sample["alpha.png"] == read_bytes(located(Path(), row.alpha_path or ""))


def test_the_index_finds_a_member_without_a_scan(project: Path) -> None:
    invoke("augment: {format: shards}")
    rows = {row.id: row for row in masked()}
    index = read_manifest(paths.MASKED / "crops/index.parquet", StoredFile)
    assert {(file.key, file.member) for file in index} == {(key, member) for key in rows for member in ("jpg", "json")}
    for file in index:
        data = read_bytes(Stretch(Path(file.shard), file.offset, file.size))
        if file.member == "json":
            assert json.loads(data)["id"] == file.key
        else:
            assert data == read_bytes(located(Path(), rows[file.key].crop_path or ""))


def test_the_number_of_workers_changes_no_byte(project: Path) -> None:
    found = []
    for jobs in (1, 2):
        invoke(f"engine: {{jobs: {jobs}}}\naugment: {{masks: [ffp2], format: shards, shard_photos: 1}}")
        found.append(tree(paths.MASKED))
    assert found[0] == found[1]


def test_a_shard_without_a_picture_leaves_no_gap(project: Path) -> None:
    Path("photo1.jpg").unlink()
    invoke("augment: {masks: [ffp2], format: shards, shard_photos: 1}")
    assert [path.name for path in sorted((paths.MASKED / "crops").glob("*.tar"))] == [f"00000{n}.tar" for n in range(3)]
    assert len(masked()) == PHOTOS - 1


@pytest.mark.parametrize("kind", ["folder", "shards"])
def test_pictures_go_under_the_storage_root(project: Path, bucket: Address, kind: str) -> None:
    params = f"augment: {{masks: [ffp2], format: {kind}}}"
    invoke(params)
    rows, expected, local = masked(), pixels_of_crops(masked()), tree(project)
    for name in ("photo0.jpg", "photo1.jpg", "photo2.jpg"):
        write_bytes(bucket / "set" / name, Path(name).read_bytes())
    invoke(f"{params}\nstorage: {{root: {bucket}/set}}")
    assert masked() == rows
    assert pixels_of_crops(masked(), bucket / "set") == expected
    stored = {f"data/masked/{name}" for name in list_files(bucket / "set/data/masked")}
    assert stored == {name for name in local if name.startswith("data/masked/") and not name.endswith(".parquet")}
    index = read_manifest(paths.MASKED / "crops/index.parquet", StoredFile)
    assert {file.key for file in index} == {row.id for row in rows}


def pixels_of_crops(rows: list[MaskedImage], root: Path | Address = Path()) -> list[bytes]:
    return [read_bytes(located(root, row.crop_path or "")) for row in rows]


def test_faces_are_cut_out_under_the_storage_root(project: Path, bucket: Address) -> None:
    for number in range(PHOTOS):
        write_bytes(bucket / f"photo{number}.jpg", Path(f"photo{number}.jpg").read_bytes())
    Path("params.yaml").write_text(f"storage: {{root: '{bucket}'}}")
    result = CliRunner().invoke(faces.command, [], catch_exceptions=False)
    assert result.output == "faces: 3 images in, 3 kept, 0 rejected\n"
    rows = read_manifest(paths.FACES_TABLE, Face)
    assert [read_image(located(bucket, row.crop_path or "")).rgb.shape for row in rows] == [(224, 224, 3)] * PHOTOS
    assert sorted(tree(paths.FACES)) == ["crops/index.parquet", "faces.parquet", "rejected.parquet"]
