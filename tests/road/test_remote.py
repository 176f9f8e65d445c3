"""A DVC remote in an object store, as docs/storage.md sets it up."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.core.locations import Address
from tests.stores import list_files


def dvc(project: Path, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "dvc", *words], cwd=project, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.mark.slow
def test_data_goes_to_a_bucket_and_comes_back(tmp_path: Path, bucket: Address, s3_server: str) -> None:
    dvc(tmp_path, "init", "--no-scm", "--quiet")
    dvc(tmp_path, "config", "core.analytics", "false")
    dvc(tmp_path, "remote", "add", "--default", "store", f"{bucket}/dvc")
    dvc(tmp_path, "remote", "modify", "store", "endpointurl", s3_server)
    dvc(tmp_path, "remote", "modify", "store", "verify", "true")
    (tmp_path / "data.txt").write_text("faces")
    dvc(tmp_path, "add", "data.txt")
    dvc(tmp_path, "push")
    assert any(name.startswith("dvc/files/md5/") for name in list_files(bucket))
    shutil.rmtree(tmp_path / ".dvc/cache")
    (tmp_path / "data.txt").unlink()
    dvc(tmp_path, "pull")
    assert (tmp_path / "data.txt").read_text() == "faces"
    settings = (tmp_path / ".dvc/config").read_text()
    assert os.environ["AWS_SECRET_ACCESS_KEY"] not in settings, "the client reads credentials from the environment"
