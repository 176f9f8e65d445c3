"""Fetch a Kaggle data set's archive: kagglehub's accounts and protocol, with the care that it leaves out.

kagglehub 1.0.2 doesn't retry, sets no time-out on API calls, ignores `Retry-After`, appends an error page to a
half-fetched archive, keeps a corrupt one for ever, and unpacks without limits. So its client asks, and the bytes are
fetched, checked and unpacked here.
"""

import base64
import hashlib
from dataclasses import dataclass
from pathlib import Path
from time import sleep
from typing import Any

import requests

from pipeline.core.errors import SourceError
from pipeline.sources.fetching.http import (
    CONNECT_TIMEOUT_S,
    MAX_WAIT_S,
    READ_TIMEOUT_S,
    TRANSIENT_ERRORS,
    TRANSIENT_STATUS,
    TimedAdapter,
    append_body,
    length_of,
    starts_at,
    wait_s,
)
from pipeline.sources.fetching.pins import locked, write_lock
from pipeline.storage.whole_files import sha256_of, size_of, sync_file

ATTEMPTS = 6
MAX_ARCHIVE_BYTES = 64 * 2**30
CREDENTIALS = (
    "Create an API token in your Kaggle account's settings, then set KAGGLE_API_TOKEN, or KAGGLE_USERNAME and "
    "KAGGLE_KEY, or put kaggle.json into ~/.kaggle"
)


@dataclass(frozen=True, slots=True)
class KaggleDataset:
    """A data set by its handle `owner/slug`; without a version the lock's, else the newest."""

    handle: str
    version: int | None = None

    @property
    def page(self) -> str:
        """Where a person finds it."""
        return f"https://www.kaggle.com/datasets/{self.handle}"


def has_credentials() -> bool:
    """Whether kagglehub finds an account; public data sets are often served without.

    Raises:
        SourceError: kaggle.json can't be read.
    """
    from kagglehub.config import get_kaggle_credentials  # noqa: PLC0415 - an optional dependency

    try:
        return get_kaggle_credentials() is not None
    except (ValueError, OSError) as error:
        raise SourceError(f"Kaggle credentials: {error}. {CREDENTIALS}.") from error


def archive_path(dataset: KaggleDataset, version: int, store: Path) -> Path:
    """Where the archive of one version is kept."""
    return store / "kaggle" / f"{dataset.handle.replace('/', '--')}--v{version}.zip"


def fetch_dataset(dataset: KaggleDataset, root: Path, store: Path) -> Path:
    """The archive of a data set, downloaded once; an interrupted download goes on where it stopped.

    The version and hash are pinned in `sources.lock.yaml`.

    Raises:
        SourceError: says what to do, for each way in which Kaggle can refuse.
    """
    pinned = locked(root, dataset.handle)
    version = dataset.version or pinned.get("version")
    if version and archive_path(dataset, version, store).is_file():
        return archive_path(dataset, version, store)
    has_credentials()
    download = _Download(dataset, store)
    path = download.run(version)
    digest = sha256_of(path)
    expected = pinned.get("sha256") if pinned.get("version") == download.version else None
    if expected not in {None, digest}:
        path.unlink()
        raise SourceError(
            f"{dataset.handle}: version {download.version} has another content than sources.lock.yaml says "
            f"(sha256 {digest}, locked {expected}). If you trust the new one, delete its entry from the lock."
        )
    write_lock(root, dataset.handle, download.version, digest)
    return path


class _Download:
    """One data set's download, over several attempts."""

    def __init__(self, dataset: KaggleDataset, store: Path) -> None:
        self._dataset = dataset
        self._store = store
        self.version = 0

    def run(self, version: int | None) -> Path:
        """The finished archive's path."""
        problem = "nothing was tried"
        for attempt in range(ATTEMPTS):
            try:
                return self._attempt(version)
            except requests.HTTPError as error:
                wait = self._wait_or_raise(error, attempt)
                problem = f"Kaggle answers {_status(error)}"
            except TRANSIENT_ERRORS as error:
                wait, problem = wait_s(attempt, None), f"the connection fails: {type(error).__name__}"
            except _CorruptError as error:
                wait, problem = wait_s(attempt, None), str(error)
            if attempt + 1 < ATTEMPTS:
                sleep(wait)
        raise SourceError(
            f"{self._dataset.handle}: gave up after {ATTEMPTS} attempts: {problem}. What was fetched is kept: "
            f"run again later to go on, or download the zip from {self._dataset.page} and set path to it."
        )

    def _attempt(self, version: int | None) -> Path:
        from kagglehub.clients import build_kaggle_client  # noqa: PLC0415 - an optional dependency

        with build_kaggle_client() as client:
            session = client.http_client()._session
            session.mount("https://", TimedAdapter())
            session.mount("http://", TimedAdapter())
            self.version = version or self._newest(client)
            path = archive_path(self._dataset, self.version, self._store)
            path.parent.mkdir(parents=True, exist_ok=True)
            self._fill(self._ask(client), path.with_suffix(".part"))
        sync_file(path.with_suffix(".part"))
        path.with_suffix(".part").replace(path)
        return path

    def _newest(self, client: Any) -> int:
        from kagglesdk.datasets.types.dataset_api_service import ApiGetDatasetRequest  # noqa: PLC0415

        request = ApiGetDatasetRequest()
        request.owner_slug, request.dataset_slug = self._dataset.handle.split("/")
        return int(client.datasets.dataset_api_client.get_dataset(request).current_version_number)

    def _ask(self, client: Any) -> requests.Response:
        from kagglesdk.datasets.types.dataset_api_service import ApiDownloadDatasetRequest  # noqa: PLC0415

        request = ApiDownloadDatasetRequest()
        request.owner_slug, request.dataset_slug = self._dataset.handle.split("/")
        request.dataset_version_number = self.version
        response: requests.Response = client.datasets.dataset_api_client.download_dataset(request)
        return response

    def _fill(self, whole: requests.Response, part: Path) -> None:
        """Bring the part file up to the whole archive, and check it against the server's MD5 and length."""
        with whole:
            if size_of(part) and whole.headers.get("Accept-Ranges") == "bytes":
                self._resume(whole, part)
            else:
                _store_body(whole, part, "wb")
        self._check(whole, part)

    def _resume(self, whole: requests.Response, part: Path) -> None:
        have = size_of(part)
        if have == length_of(whole):
            return
        timeout = (CONNECT_TIMEOUT_S, READ_TIMEOUT_S)
        headers = {"Range": f"bytes={have}-"}
        with requests.get(whole.url, headers=headers, stream=True, timeout=timeout) as rest:
            if starts_at(rest, have):
                _store_body(rest, part, "ab")
                return
            rest.close()
        _store_body(whole, part, "wb")  # it sent something else than the rest: an error page must not be appended

    def _check(self, whole: requests.Response, part: Path) -> None:
        expected = _md5_header(whole)
        length = length_of(whole)
        if length is not None and size_of(part) != length:
            too_long = size_of(part) > length
            if too_long:
                part.unlink()
            raise _CorruptError(f"{length} bytes were promised, {'more' if too_long else 'fewer'} came")
        if expected is not None and _md5(part) != expected:
            part.unlink()
            raise _CorruptError("the archive's MD5 is not the one that Kaggle gave")

    def _wait_or_raise(self, error: requests.HTTPError, attempt: int) -> float:
        status = _status(error)
        if status in TRANSIENT_STATUS:
            header = error.response.headers.get("Retry-After") if error.response is not None else None
            wait = wait_s(attempt, header)
            if wait > MAX_WAIT_S:
                raise SourceError(f"{self._dataset.handle}: Kaggle asks to come back in {wait:.0f} s: run again then.")
            return wait
        raise SourceError(f"{self._dataset.handle}: {self._advice(status)}") from error

    def _advice(self, status: int) -> str:
        if status in {401, 403} and not has_credentials():
            return f"Kaggle wants an account, and no credentials were found. {CREDENTIALS}."
        if status == 401:
            return f"Kaggle does not accept the credentials that were found. {CREDENTIALS}."
        if status == 403:
            return f"Kaggle refuses (403). Open {self._dataset.page}, accept its terms while logged in, and run again."
        if status == 404:
            version = f" or no version {self.version} of it" if self.version else ""
            return f"Kaggle has no such data set{version} (404). Look at {self._dataset.page}."
        return f"Kaggle answers {status}. Look at {self._dataset.page}, or download the zip there and set path to it."


class _CorruptError(Exception):
    """What came is not what was promised; another attempt may do better."""


def _store_body(response: requests.Response, part: Path, mode: str) -> None:
    with part.open(mode) as file:
        if not append_body(response, file, MAX_ARCHIVE_BYTES):
            raise _CorruptError(f"more than {MAX_ARCHIVE_BYTES} bytes")


def _status(error: requests.HTTPError) -> int:
    return error.response.status_code if error.response is not None else 0


def _md5_header(response: requests.Response) -> bytes | None:
    for entry in response.headers.get("x-goog-hash", "").split(","):
        name, _, value = entry.strip().partition("=")
        if name == "md5":
            return base64.b64decode(value)
    return None


def _md5(path: Path) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).digest()
