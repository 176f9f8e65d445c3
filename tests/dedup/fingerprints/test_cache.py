from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.core.arrays import Rgb
from pipeline.core.records import Image
from pipeline.dedup.fingerprints import cache
from pipeline.dedup.fingerprints.cache import fingerprint_images
from pipeline.dedup.fingerprints.fingerprint import fingerprint, fingerprint_version
from pipeline.storage.images import Decoded, DecodedGrey, read_grey, read_image, write_image
from stages.running.extras import missing_extra
from tests.dedup.examples import image_row, picture


def stored(tmp_path: Path, name: str, rgb: Rgb, **changes: Any) -> Image:
    path = tmp_path / f"{name}.jpg"
    write_image(path, rgb)
    return image_row(name, path=str(path), **changes)


def grey_values(thumbnail: bytes) -> NDArray[np.int64]:
    return np.frombuffer(thumbnail, np.uint8).astype(int)


def test_a_rerun_decodes_only_what_is_new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    decoded = []

    def read(path: Path, **options: Any) -> DecodedGrey:
        decoded.append(path.stem)
        return read_grey(path, **options)

    monkeypatch.setattr(cache, "read_grey", read)
    old = [stored(tmp_path, f"old{i}", picture(i)) for i in range(3)]
    folder = tmp_path / "cache"
    first, _ = fingerprint_images(old, faces=False, cache_folder=folder)
    assert decoded == ["old0", "old1", "old2"]
    second, _ = fingerprint_images([stored(tmp_path, "new", picture(9)), *old], faces=False, cache_folder=folder)
    assert decoded[3:] == ["new"]
    assert first.items() <= second.items()


def test_copies_of_one_content_are_decoded_once(tmp_path: Path) -> None:
    copies = [stored(tmp_path, f"copy{i}", picture(1), sha256="s") for i in range(3)]
    found, rejected = fingerprint_images(copies, faces=False, cache_folder=None)
    assert list(found) == ["s"]
    assert rejected == []


def test_what_cannot_be_decoded_is_rejected_and_not_remembered(tmp_path: Path) -> None:
    broken = stored(tmp_path, "broken", picture(1))
    (tmp_path / "broken.jpg").write_bytes(b"GIF89a nothing follows")
    found, rejected = fingerprint_images([broken], faces=False, cache_folder=tmp_path / "cache")
    assert found == {}
    assert [(r.id, r.reason) for r in rejected] == [(broken.id, "not_an_image")]
    write_image(tmp_path / "broken.jpg", picture(1))
    assert list(fingerprint_images([broken], faces=False, cache_folder=tmp_path / "cache")[0]) == [broken.sha256]


def test_another_version_reads_another_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    image = stored(tmp_path, "a", picture(1))
    fingerprint_images([image], faces=False, cache_folder=tmp_path / "cache")
    assert [f.stem for f in (tmp_path / "cache").iterdir()] == [fingerprint_version(False)]
    assert fingerprint_version(True) != fingerprint_version(False)


def test_a_draft_of_a_large_jpeg_hashes_like_the_whole(tmp_path: Path) -> None:
    image = stored(tmp_path, "large", picture(2, side_px=1600))
    draft = fingerprint_images([image], faces=False, cache_folder=None)[0][image.sha256]
    whole = fingerprint("", Decoded(picture(2, side_px=1600), "PNG", "RGB", None))
    assert (int(draft.phash, 16) ^ int(whole.phash, 16)).bit_count() <= 4
    assert np.abs(grey_values(draft.thumbnail) - grey_values(whole.thumbnail)).max() <= 4


def test_without_its_colours_a_photo_has_the_same_fingerprint_but_for_rounding(tmp_path: Path) -> None:
    image = stored(tmp_path, "a", picture(4))
    grey = fingerprint_images([image], faces=False, cache_folder=None)[0][image.sha256]
    colours = fingerprint("", read_image(tmp_path / "a.jpg"))
    assert (int(grey.phash, 16) ^ int(colours.phash, 16)).bit_count() <= 2
    assert np.abs(grey_values(grey.thumbnail) - grey_values(colours.thumbnail)).max() <= 2
    assert grey.sharpness == pytest.approx(colours.sharpness, rel=0.05)
    assert grey.compression == colours.compression > 0


def test_a_hasher_has_a_cache_of_its_own(tmp_path: Path) -> None:
    image = stored(tmp_path, "a", picture(1))
    fast, _ = fingerprint_images([image], faces=False, cache_folder=tmp_path / "cache")
    theirs, _ = fingerprint_images([image], faces=False, hasher="imagehash", cache_folder=tmp_path / "cache")
    assert theirs == fast
    assert len(list((tmp_path / "cache").iterdir())) == 2
    assert fingerprint_version(False, "imagehash").endswith(f"imagehash-{version('imagehash')}")


def test_a_hasher_that_is_not_installed_is_told_before_any_photo_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_imagehash(name: str) -> str:
        if name == "imagehash":
            raise PackageNotFoundError(name)
        return version(name)

    monkeypatch.setattr("pipeline.dedup.fingerprints.fingerprint.version", no_imagehash)
    with pytest.raises(ModuleNotFoundError) as caught:
        fingerprint_images([image_row("nowhere")], faces=False, hasher="imagehash", cache_folder=None)
    assert "maskwright[pipeline]" in str(missing_extra(caught.value))
