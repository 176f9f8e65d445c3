import struct
from pathlib import Path

import numpy as np
import pytest

from pipeline.core.arrays import Rgb
from pipeline.review import page
from pipeline.storage.images import write_image


def test_a_photo_that_is_gone_is_grey_and_says_so(tmp_path: Path) -> None:
    shown = page.picture(str(tmp_path / "gone.jpg"), "train: gone.jpg")
    assert shown.caption == "train: gone.jpg (unreadable_file)"
    assert shown.uri.startswith("data:image/jpeg")


@pytest.mark.parametrize("error", [RuntimeError("odd"), struct.error("odd"), ValueError("odd")])
def test_what_a_photo_raises_spoils_no_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    write_image(tmp_path / "a.jpg", np.zeros((64, 64, 3), dtype=np.uint8))

    def resize(*_: object, **__: object) -> Rgb:
        raise error

    monkeypatch.setattr("pipeline.review.page.cv2.resize", resize)
    assert page.picture(str(tmp_path / "a.jpg"), "a").caption == "a (processing_failed)"
