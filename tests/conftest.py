"""Shared by the tests: records with only what a test cares about spelled out, and a real photograph."""

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from PIL import Image as PillowImage

from pipeline.core.arrays import Rgb
from pipeline.core.locations import Address
from pipeline.core.records import Image
from pipeline.engine.worker import ONE_THREAD
from pipeline.storage.images import encode_image

GRACE_HOPPER = Path(matplotlib.get_data_path()) / "sample_data" / "grace_hopper.jpg"
"""A public-domain portrait that matplotlib ships: 512x600 px, one face."""


def pytest_configure() -> None:
    """One thread of each library in whatever is started from here, the processes that run the tests included.

    They are the parallelism, and the tests' pictures and models are too small for threads: those would only wait.
    """
    for name in (*ONE_THREAD, "OPENCV_FOR_THREADS_NUM"):
        os.environ.setdefault(name, "1")


@pytest.fixture(scope="session")
def portrait() -> Rgb:
    """A real photo with one face, 256x300 px."""
    with PillowImage.open(GRACE_HOPPER) as image:
        return np.asarray(image.convert("RGB").resize((256, 300)))


@pytest.fixture(scope="session")
def portrait_jpeg(portrait: Rgb) -> bytes:
    """The same as a file."""
    return encode_image(portrait)


@pytest.fixture
def make_image() -> Callable[..., Image]:
    """An `Image` row; name the fields that matter."""
    base = Image(
        id="a" * 32,
        sha256="b" * 64,
        path="photo.jpg",
        source="sample",
        origin="photo.jpg",
        width_px=256,
        height_px=300,
        licence="CC0-1.0",
    )
    return lambda **fields: replace(base, **fields)


MakePhotos = Callable[..., Path]


@pytest.fixture
def make_photos(tmp_path: Path, portrait: Rgb) -> MakePhotos:
    """Makes a folder of photos that differ from each other: `make_photos("a.jpg", "b/c.png")`."""

    def make(*names: str) -> Path:
        folder = tmp_path / "faces"
        for number, name in enumerate(names):
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            shaded = np.clip(portrait.astype(int) + 3 * number, 0, 255).astype(np.uint8)
            if path.suffix == ".jpg":
                path.write_bytes(encode_image(shaded))
            else:
                PillowImage.fromarray(shaded).save(path)
        return folder

    return make


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below a folder by its relative path."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    """An S3 server on loopback, with credentials that only it takes; its address."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("AWS_ENDPOINT_URL_S3", address)
        environment.setenv("AWS_ACCESS_KEY_ID", "dummy")
        environment.setenv("AWS_SECRET_ACCESS_KEY", "dummy")
        environment.setenv("AWS_DEFAULT_REGION", "us-east-1")
        yield address
    server.stop()


@pytest.fixture
def bucket(s3_server: str) -> Iterator[Address]:
    """An empty bucket."""
    import s3fs

    client = s3fs.S3FileSystem(skip_instance_cache=True)
    client.mkdir("maskwright")
    yield Address("s3://maskwright")
    client.invalidate_cache()
    client.rm("maskwright", recursive=True)
