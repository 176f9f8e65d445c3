"""Kaggle's protocol from the loopback interface: the good way and every refusal."""

import base64
import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from generators.docs.loopback import Reply, Request, Server, ranged, serve
from generators.docs.made_up import picture
from pipeline.core.errors import SourceError
from pipeline.sources.fetching.pins import locked
from tests.sources.kit import Ingest, by_origin, reasons

HANDLE = "dhruvmak/face-mask-detection"
API = "/v1/datasets.DatasetApiService"


def archive() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as out:
        out.writestr("dataset/with_mask/1.jpg", picture(1, (400, 300)))
        out.writestr("dataset/without_mask/2.jpg", picture(2, (400, 300)))
        out.writestr("../../evil.jpg", picture(3))
    return buffer.getvalue()


DATA = archive()
MD5 = "crc32c=AAAAAA==,md5=" + base64.b64encode(hashlib.md5(DATA, usedforsecurity=False).digest()).decode()


class Kaggle:
    """A stand-in for Kaggle and the storage that it sends clients to; `script` goes before the normal answers."""

    def __init__(self) -> None:
        self.version = 3
        self.waits: list[float] = []
        self.script: list[Callable[[Request], Reply | None]] = []
        self.server: Server

    def __call__(self, request: Request) -> Reply:
        for number, step in enumerate(self.script):
            reply = step(request)
            if reply is not None:
                del self.script[number]
                return reply
        if request.path == f"{API}/GetDataset":
            body = json.dumps({"currentVersionNumber": self.version, "ref": HANDLE}).encode()
            return Reply(body, headers={"Content-Type": "application/json"})
        if request.path == f"{API}/DownloadDataset":
            return Reply(status=302, headers={"Location": f"{self.server.address}/storage/archive.zip"})
        return ranged(request, DATA, {"x-goog-hash": MD5})


def refuse(path: str, status: int, **headers: str) -> Callable[[Request], Reply | None]:
    def step(request: Request) -> Reply | None:
        return Reply(b'{"message": "no"}', status, dict(headers)) if request.path.startswith(path) else None

    return step


def cut(after: int, **headers: str) -> Callable[[Request], Reply | None]:
    def step(request: Request) -> Reply | None:
        if not request.path.startswith("/storage"):
            return None
        return ranged(request, DATA, {"x-goog-hash": MD5, **headers}, cut=after)

    return step


@pytest.fixture
def kaggle(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Kaggle]:
    kaggle_env = pytest.importorskip("kagglesdk.kaggle_env")
    for name in ("KAGGLE_API_TOKEN", "KAGGLE_USERNAME", "KAGGLE_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("KAGGLE_CONFIG_DIR", str(tmp_path / "nothing"))
    monkeypatch.setenv("HOME", str(tmp_path))
    kaggle = Kaggle()
    monkeypatch.setattr("pipeline.sources.fetching.kaggle.sleep", kaggle.waits.append)
    # It looks for the notebook that calls it, six times through the stack and all that is loaded: a second an attempt.
    monkeypatch.setattr("kagglehub.clients.get_user_agent", lambda: "kagglehub")
    with serve(kaggle) as server:
        kaggle.server = server
        monkeypatch.setitem(kaggle_env._env_to_endpoint, kaggle_env.KaggleEnv.PROD, server.address)
        yield kaggle


@pytest.fixture
def token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAGGLE_USERNAME", "ann")
    monkeypatch.setenv("KAGGLE_KEY", "not-a-real-key")


def test_data_set_is_fetched_once_and_pinned(kaggle: Kaggle, ingest: Ingest, tmp_path: Path, token: None) -> None:
    taken = ingest("kaggle-dhruvmak")
    images = by_origin(taken)
    assert images["dataset/without_mask/2.jpg"].mask_type == "none"
    assert images["dataset/with_mask/1.jpg"].mask_type == "unknown"
    assert reasons(taken.rejections) == {"../../evil.jpg": "unsafe_path"}
    assert locked(tmp_path, HANDLE) == {"version": 3, "sha256": hashlib.sha256(DATA).hexdigest()}
    asked = len(kaggle.server.seen)
    assert ingest("kaggle-dhruvmak") == taken
    assert len(kaggle.server.seen) == asked, "a second run asked Kaggle again"


def test_account_is_sent_to_kaggle(kaggle: Kaggle, ingest: Ingest, token: None) -> None:
    ingest("kaggle-dhruvmak")
    basic = "Basic " + base64.b64encode(b"ann:not-a-real-key").decode()
    assert kaggle.server.seen[0].headers["authorization"] == basic


def test_locked_version_is_asked_for(kaggle: Kaggle, ingest: Ingest, tmp_path: Path) -> None:
    digest = hashlib.sha256(DATA).hexdigest()
    (tmp_path / "sources.lock.yaml").write_text(f"{HANDLE}: {{version: 2, sha256: {digest}}}\n")
    ingest("kaggle-dhruvmak")
    (asked,) = (json.loads(request.body) for request in kaggle.server.seen if request.path.endswith("/DownloadDataset"))
    assert asked["datasetVersionNumber"] == 2


def test_other_content_under_the_locked_version_is_refused(kaggle: Kaggle, ingest: Ingest, tmp_path: Path) -> None:
    (tmp_path / "sources.lock.yaml").write_text(f"{HANDLE}: {{version: 3, sha256: {'0' * 64}}}\n")
    with pytest.raises(SourceError, match="version 3 has another content"):
        ingest("kaggle-dhruvmak")


def test_cut_connection_is_resumed(kaggle: Kaggle, ingest: Ingest) -> None:
    kaggle.script = [cut(1000)]
    assert len(ingest("kaggle-dhruvmak").images) == 2
    ranges = [request.headers.get("range") for request in kaggle.server.seen if request.path.startswith("/storage")]
    assert ranges == [None, None, "bytes=1000-"]


def test_error_page_is_not_appended(kaggle: Kaggle, ingest: Ingest) -> None:
    def error_page(request: Request) -> Reply | None:
        return Reply(b"<html>oops", 503) if "range" in request.headers else None

    kaggle.script = [cut(1000), error_page]
    assert len(ingest("kaggle-dhruvmak").images) == 2
    assert kaggle.waits == [1.0], "a page that was appended costs another attempt"


def test_corrupt_archive_is_fetched_again(kaggle: Kaggle, ingest: Ingest) -> None:
    def corrupt(request: Request) -> Reply | None:
        wrong = bytes(len(DATA))
        return Reply(wrong, headers={"x-goog-hash": MD5}) if request.path.startswith("/storage") else None

    kaggle.script = [corrupt]
    assert len(ingest("kaggle-dhruvmak").images) == 2


def test_server_errors_and_429_are_waited_out(kaggle: Kaggle, ingest: Ingest) -> None:
    kaggle.script = [refuse(API, 503), refuse(API, 429, **{"Retry-After": "17"})]
    assert len(ingest("kaggle-dhruvmak").images) == 2
    assert kaggle.waits == [1.0, 17.0]


@pytest.mark.parametrize(
    ("status", "advice"),
    [
        (401, "does not accept the credentials.*Create an API token"),
        (403, "accept its terms while logged in"),
        (404, "no such data set"),
        (400, "answers 400"),
    ],
)
def test_refusals_say_what_to_do(kaggle: Kaggle, ingest: Ingest, token: None, status: int, advice: str) -> None:
    kaggle.script = [refuse(API, status)]
    with pytest.raises(SourceError, match=advice) as caught:
        ingest("kaggle-dhruvmak")
    assert "not-a-real-key" not in str(caught.value)


@pytest.mark.parametrize("status", [401, 403])
def test_missing_credentials_are_named(kaggle: Kaggle, ingest: Ingest, status: int) -> None:
    kaggle.script = [refuse(API, status)]
    with pytest.raises(SourceError, match=r"no credentials were found.*KAGGLE_API_TOKEN"):
        ingest("kaggle-dhruvmak")


def test_broken_kaggle_json_is_named(kaggle: Kaggle, ingest: Ingest, tmp_path: Path) -> None:
    (tmp_path / "nothing").mkdir()
    (tmp_path / "nothing/kaggle.json").write_text("{")
    with pytest.raises(SourceError, match="Invalid Kaggle credentials file"):
        ingest("kaggle-dhruvmak")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("script", "problem"),
    [
        ([refuse(API, 503)] * 9, "Kaggle answers 503"),
        ([refuse(API, 429)] * 9, "Kaggle answers 429"),
        ([cut(10)] * 20, "the connection fails"),
    ],
)
def test_it_gives_up_in_the_end(
    kaggle: Kaggle, ingest: Ingest, script: list[Callable[[Request], Reply | None]], problem: str
) -> None:
    kaggle.script = script
    with pytest.raises(SourceError, match=f"gave up after 6 attempts: {problem}"):
        ingest("kaggle-dhruvmak")


def test_long_retry_after_is_told_instead_of_slept(kaggle: Kaggle, ingest: Ingest) -> None:
    kaggle.script = [refuse(API, 429, **{"Retry-After": "86400"})]
    with pytest.raises(SourceError, match="come back in 86400 s"):
        ingest("kaggle-dhruvmak")
