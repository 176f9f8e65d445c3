"""Lists of addresses, fetched from the loopback interface: each failure once."""

import base64
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from generators.docs.loopback import Reply, Request, Server, ranged, serve
from generators.docs.made_up import picture
from pipeline.core.errors import SourceError
from pipeline.sources.adapters.urls import AddressStatus
from pipeline.sources.catalogue import make_adapter
from pipeline.sources.fetching.web import guard
from pipeline.sources.fetching.web.lists import read_list
from pipeline.sources.fetching.web.pace import Pace
from pipeline.sources.ingest import Ingested
from pipeline.storage.manifests import read_manifest
from tests.sources.kit import Ingest, by_origin, ingest_params, reasons

LABELS = {"cloth": {"mask_type": "cloth"}}
PHOTOS = {f"/{number}.jpg": picture(number, (200, 150)) for number in range(12)}


class Site:
    """A site with some photos; `special` answers before them."""

    def __init__(self) -> None:
        self.special: dict[str, Callable[[Request], Reply]] = {}
        self.server: Server

    def __call__(self, request: Request) -> Reply:
        if request.path in self.special:
            return self.special[request.path](request)
        if request.path in PHOTOS:
            return ranged(request, PHOTOS[request.path], {"ETag": f'"{request.path}"'})
        return Reply(b"no such page", 404)

    def url(self, path: str) -> str:
        return self.server.address + path


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setattr("pipeline.sources.fetching.web.fetch.wait_s", lambda _, header: float(header or 0) / 1000)
    site = Site()
    with serve(site) as server:
        site.server = server
        yield site


@pytest.fixture
def fetch(ingest: Ingest, tmp_path: Path, site: Site) -> Ingest:
    """Ingest a text list of the site's paths, or of whole addresses."""

    def run(*addresses: str, **settings: Any) -> Ingested:
        whole = [address if ":" in address else site.url(address) for address in ("/0.jpg", *addresses)]
        (tmp_path / "list.txt").write_text("# mine\n" + "\n".join(whole))
        base = {"delay_s": 0, "allow_private_addresses": True, "label": "cloth", "labels": LABELS, "attempts": 3}
        return ingest(**{"adapter": "urls", "path": "list.txt", **base, **settings})

    return run


def reason_of(taken: Ingested) -> str:
    (reason,) = reasons(taken.rejections).values()
    return reason


def test_photos_are_fetched_once_and_told_row_by_row(site: Site, fetch: Ingest, tmp_path: Path) -> None:
    taken = fetch("/1.jpg", "/gone.jpg", "/1.jpg")
    image = by_origin(taken)[site.url("/1.jpg")]
    assert (image.url, image.mask_type, image.licence) == (site.url("/1.jpg"), "cloth", "unknown")
    assert (tmp_path / image.path).read_bytes() == PHOTOS["/1.jpg"]
    assert reasons(taken.rejections) == {site.url("/gone.jpg"): "http_404"}
    rows = read_manifest(tmp_path / "data/provenance/mine/addresses.parquet", AddressStatus)
    assert [(row.url.rpartition("/")[2], row.status) for row in rows] == [
        ("0.jpg", "fetched"),
        ("1.jpg", "fetched"),
        ("gone.jpg", "refused"),
    ]
    assert fetch("/1.jpg", "/gone.jpg") == taken
    assert site.server.count("/1.jpg") == site.server.count("/gone.jpg") == 1


def test_agent_is_named_with_its_contact(site: Site, fetch: Ingest) -> None:
    fetch(contact="ann@example.org")
    assert site.server.seen[-1].headers["user-agent"] == "maskwright/0.1 (face-mask data sets; ann@example.org)"


def test_csv_and_jsonl_carry_label_licence_and_author(site: Site, fetch: Ingest, tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text(f"url,label,license,author\n{site.url('/2.jpg')},ffp2,CC0-1.0,Ann\n")
    (tmp_path / "list.jsonl").write_text(f'{{"url": "{site.url("/3.jpg")}", "author": "Bob"}}\n')
    taken = fetch(path=["list.csv", "list.jsonl"], labels={**LABELS, "ffp2": {"mask_type": "ffp2"}})
    images = by_origin(taken)
    first, second = images[site.url("/2.jpg")], images[site.url("/3.jpg")]
    assert (first.mask_type, first.licence, first.author) == ("ffp2", "CC0-1.0", "Ann")
    assert (second.mask_type, second.licence, second.author) == ("cloth", "unknown", "Bob")


def test_list_without_url_column_is_named(fetch: Ingest, tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("address\nx\n")
    with pytest.raises(SourceError, match=r"list\.csv: a row lacks the column 'url'"):
        fetch(path="list.csv")


class TestRefusals:
    @pytest.mark.parametrize("status", [401, 403, 404, 410, 451])
    def test_client_errors_are_final(self, site: Site, fetch: Ingest, status: int) -> None:
        site.special["/x"] = lambda _: Reply(b"", status)
        assert reason_of(fetch("/x")) == f"http_{status}"
        assert reason_of(fetch("/x")) == f"http_{status}"
        assert site.server.count("/x") == 1

    def test_server_errors_are_retried_now_and_in_the_next_run(self, site: Site, fetch: Ingest) -> None:
        site.special["/x"] = lambda _: Reply(b"", 503)
        assert reason_of(fetch("/x")) == "http_503"
        assert site.server.count("/x") == 3
        site.special["/x"] = lambda request: ranged(request, PHOTOS["/1.jpg"])
        assert site.url("/x") in by_origin(fetch("/x"))

    def test_retry_after_is_honoured(self, site: Site, fetch: Ingest) -> None:
        replies = iter([Reply(b"", 429, {"Retry-After": "400"}), Reply(PHOTOS["/1.jpg"])])
        site.special["/x"] = lambda _: next(replies)
        assert site.url("/x") in by_origin(fetch("/x"))
        first, second = (request.at for request in site.server.seen if request.path == "/x")
        assert second - first >= 0.4, "the stand-in makes milliseconds of seconds"

    def test_page_instead_of_an_image(self, site: Site, fetch: Ingest) -> None:
        site.special["/x.jpg"] = lambda _: Reply(b"<html>login", headers={"Content-Type": "image/jpeg"})
        assert reason_of(fetch("/x.jpg")) == "not_an_image"

    def test_size_is_capped_whether_announced_or_not(self, site: Site, fetch: Ingest) -> None:
        site.special["/said.jpg"] = lambda _: Reply(b"", headers={"Content-Length": str(65 << 20)}, cut=0)
        chunk = b"100000\r\n" + bytes(1 << 20) + b"\r\n"
        unsaid = {"Transfer-Encoding": "chunked", "Content-Length": ""}
        site.special["/unsaid.jpg"] = lambda _: Reply(chunk * 65 + b"0\r\n\r\n", headers=unsaid)
        found = reasons(fetch("/said.jpg", "/unsaid.jpg").rejections)
        assert set(found.values()) == {"file_too_large"}
        assert len(found) == 2

    def test_redirects_are_followed_but_not_for_ever(self, site: Site, fetch: Ingest) -> None:
        site.special["/moved"] = lambda _: Reply(b"", 301, {"Location": "/1.jpg"})
        site.special["/loop"] = lambda _: Reply(b"", 302, {"Location": "/loop"})
        taken = fetch("/moved", "/loop", max_redirects=4)
        assert site.url("/moved") in by_origin(taken)
        assert reasons(taken.rejections) == {site.url("/loop"): "too_many_redirects"}
        assert site.server.count("/loop") == 5

    @pytest.mark.parametrize(
        "address",
        ["ftp://h/a.jpg", "file:///etc/passwd", "http://u:p@h/a.jpg", "http:///a.jpg", "http://[::1/a", "x:y"],
    )
    def test_only_plain_web_addresses_are_asked(self, fetch: Ingest, address: str) -> None:
        assert reason_of(fetch(address)) == "bad_address"

    def test_redirect_to_another_scheme(self, site: Site, fetch: Ingest) -> None:
        site.special["/x"] = lambda _: Reply(b"", 302, {"Location": "file:///etc/passwd"})
        assert reason_of(fetch("/x")) == "bad_address"

    def test_slow_drip_is_cut_off(self, site: Site, fetch: Ingest) -> None:
        site.special["/x"] = lambda _: Reply(PHOTOS["/1.jpg"], delay_s=0.05)
        fetch()
        (row,) = fetch("/x", max_seconds=1e-9, attempts=1).rejections
        assert (row.reason, row.detail) == ("unreachable", "ReadTimeout: not done after 1e-09 s")


class TestRobots:
    def test_disallowed_is_not_asked_for(self, site: Site, fetch: Ingest) -> None:
        rules = b"User-agent: *\nDisallow: /private/*.jpg$\n\nUser-agent: maskwright\nDisallow: /3.jpg\nAllow: /\n"
        site.special["/robots.txt"] = lambda _: Reply(rules)
        assert reason_of(fetch("/3.jpg", "/4.jpg")) == "robots_disallowed"
        assert site.server.count("/3.jpg") == 0
        assert site.server.count("/robots.txt") == 1

    def test_it_can_be_overridden(self, site: Site, fetch: Ingest) -> None:
        site.special["/robots.txt"] = lambda _: Reply(b"User-agent: *\nDisallow: /\n")
        assert len(fetch("/3.jpg", honour_robots=False).images) == 2

    def test_unreachable_robots_means_no_and_is_tried_again(self, site: Site, fetch: Ingest) -> None:
        site.special["/robots.txt"] = lambda _: Reply(b"", 503)
        with pytest.raises(SourceError, match="robots_unreachable"):
            fetch("/3.jpg")
        del site.special["/robots.txt"]
        assert len(fetch("/3.jpg").images) == 2

    @pytest.mark.parametrize(
        ("headers", "taken"),
        [
            ({"X-Robots-Tag": "noai"}, False),
            ({"X-Robots-Tag": "noindex, noimageai"}, False),
            ({"X-Robots-Tag": "maskwright: noai"}, False),
            ({"TDM-Reservation": "1"}, False),
            ({"X-Robots-Tag": "otherbot: noai"}, True),
            ({"X-Robots-Tag": "noindex"}, True),
        ],
    )
    def test_opt_out_headers(self, site: Site, fetch: Ingest, headers: dict[str, str], taken: bool) -> None:
        site.special["/x"] = lambda _: Reply(PHOTOS["/1.jpg"], headers=headers)
        assert (site.url("/x") in by_origin(fetch("/x"))) == taken

    def test_opt_out_can_be_overridden(self, site: Site, fetch: Ingest) -> None:
        site.special["/x"] = lambda _: Reply(PHOTOS["/1.jpg"], headers={"X-Robots-Tag": "noai"})
        assert reason_of(fetch("/x")) == "opted_out"
        assert site.url("/x") in by_origin(fetch("/x", honour_opt_out=False))
        assert reason_of(fetch("/x")) == "opted_out", "what was fetched under other rules must not slip through"

    def test_dripping_robots_is_no_robots(self, site: Site, fetch: Ingest, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("pipeline.sources.fetching.web.robots._MAX_SECONDS", 1e-9)
        site.special["/robots.txt"] = lambda _: Reply(b"User-agent: *\nAllow: /\n")
        with pytest.raises(SourceError, match="robots_unreachable"):
            fetch()


class TestLocalNetwork:
    @pytest.mark.parametrize(
        "address",
        [
            *("127.0.0.1", "10.1.2.3", "169.254.169.254", "100.64.0.1", "224.0.0.1", "0.0.0.1"),
            *("::1", "fe80::1%eth0", "::ffff:192.168.1.1", "64:ff9b::7f00:1", "2002:7f00:1::"),
        ],
    )
    def test_private_addresses_are_known(self, address: str) -> None:
        assert not guard.is_public(address)

    def test_loopback_is_refused_without_the_flag(self, site: Site, fetch: Ingest) -> None:
        with pytest.raises(SourceError, match="private_address"):
            fetch(allow_private_addresses=False, honour_robots=False)
        assert not site.server.seen

    def test_name_that_means_a_private_address(
        self, site: Site, fetch: Ingest, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        _pretend_public(monkeypatch, {"rebind.example": "127.0.0.2"})
        port = site.server.address.rpartition(":")[2]
        taken = fetch(f"http://rebind.example:{port}/1.jpg", allow_private_addresses=False, honour_robots=False)
        assert reason_of(taken) == "private_address"

    def test_redirect_into_the_local_network(self, site: Site, fetch: Ingest, monkeypatch: pytest.MonkeyPatch) -> None:
        _pretend_public(monkeypatch, {})
        site.special["/x"] = lambda _: Reply(b"", 302, {"Location": "http://169.254.169.254/latest/meta-data"})
        assert reason_of(fetch("/x", allow_private_addresses=False)) == "private_address"

    def test_name_with_one_private_address_among_public_ones(self, monkeypatch: pytest.MonkeyPatch) -> None:
        rows = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, 80)) for ip in ("8.8.8.8", "10.0.0.1")]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: rows)
        with pytest.raises(Exception, match="private_address"):
            guard.resolve("mixed.example", 80, allow_private=False)

    def test_proxy_of_the_environment_is_not_used(self, fetch: Ingest, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
        assert fetch().images


def _pretend_public(monkeypatch: pytest.MonkeyPatch, names: dict[str, str]) -> None:
    """Let 127.0.0.1, where the test's server is, pass for a public address, and some names exist."""
    real, is_public = socket.getaddrinfo, guard.is_public

    def lookup(host: str, *rest: Any, **settings: Any) -> Any:
        return real(names.get(host, host), *rest, **settings)

    monkeypatch.setattr(guard, "is_public", lambda address: address == "127.0.0.1" or is_public(address))
    monkeypatch.setattr(socket, "getaddrinfo", lookup)


class TestResume:
    def test_broken_body_goes_on_where_it_stopped(self, site: Site, fetch: Ingest) -> None:
        cuts = iter([700, None])
        site.special["/x"] = lambda request: ranged(request, PHOTOS["/1.jpg"], {"ETag": '"v1"'}, next(cuts))
        assert site.url("/x") in by_origin(fetch("/x"))
        second = [request.headers for request in site.server.seen if request.path == "/x"][1]
        assert (second["range"], second["if-range"]) == ("bytes=700-", '"v1"')

    def test_without_a_mark_it_starts_again(self, site: Site, fetch: Ingest) -> None:
        cuts = iter([700, None])
        site.special["/x"] = lambda request: ranged(request, PHOTOS["/1.jpg"], {"ETag": 'W/"v1"'}, next(cuts))
        assert site.url("/x") in by_origin(fetch("/x"))
        assert not [request for request in site.server.seen if "range" in request.headers]

    def test_file_that_changed_is_fetched_whole(self, site: Site, fetch: Ingest, tmp_path: Path) -> None:
        replies = iter([(PHOTOS["/1.jpg"], 700), (PHOTOS["/2.jpg"], None)])

        def changed(_: Request) -> Reply:
            body, cut = next(replies)
            return Reply(body, headers={"ETag": f'"{cut}"'}, cut=cut)

        site.special["/x"] = changed
        image = by_origin(fetch("/x"))[site.url("/x")]
        assert (tmp_path / image.path).read_bytes() == PHOTOS["/2.jpg"]

    def test_wrong_rest_is_not_appended(self, site: Site, fetch: Ingest, tmp_path: Path) -> None:
        def tricky(request: Request) -> Reply:
            if "range" in request.headers:
                return Reply(b"x" * 9, 206, {"Content-Range": "bytes 5-13/14"})
            whole = site.server.count("/x") > 1
            return Reply(PHOTOS["/1.jpg"], headers={"ETag": '"v"'}, cut=None if whole else 700)

        site.special["/x"] = tricky
        image = by_origin(fetch("/x"))[site.url("/x")]
        assert (tmp_path / image.path).read_bytes() == PHOTOS["/1.jpg"]


def test_dead_host_is_left_after_three_addresses(site: Site, fetch: Ingest) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        dead = f"http://127.0.0.1:{free.getsockname()[1]}"
    taken = fetch(*(f"{dead}/{number}.jpg" for number in range(6)), honour_robots=False, per_host=1)
    found = list(reasons(taken.rejections).values())
    assert found == ["unreachable"] * 3 + ["host_unreachable"] * 3


def test_pace_keeps_requests_to_one_host_apart() -> None:
    clock, slept = [100.0], list[float]()

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        clock[0] += seconds

    pace = Pace(2.0, sleep, lambda: clock[0])
    for host in ("a", "b", "a", "a"):
        pace.wait(host)
    pace.pause("b", 30)
    pace.wait("b")
    pace.slow_down("c", 9)
    pace.wait("c")
    pace.wait("c")
    assert slept == [2.0, 2.0, 30.0, 9.0]


@pytest.mark.slow
def test_killed_download_loses_and_repeats_nothing(tmp_path: Path) -> None:
    slow = {path: picture(number, (300, 200)) for number, path in enumerate(PHOTOS)}

    def answer(request: Request) -> Reply:
        if request.path not in slow:
            return Reply(b"", 404)
        reply = ranged(request, slow[request.path], {"ETag": f'"{request.path}"'})
        reply.delay_s = 0.05
        return reply

    with serve(answer) as server:
        (tmp_path / "list.txt").write_text("\n".join(server.address + path for path in slow))
        settings = {"adapter": "urls", "path": "list.txt", "delay_s": 0, "allow_private_addresses": True}
        ingest = {"sources": ["mine"], "settings": {"mine": {**settings, "per_host": 1}}}
        (tmp_path / "params.yaml").write_text(yaml.safe_dump({"ingest": ingest}))
        command = [sys.executable, "-m", "stages.ingest"]
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[4])}
        process = subprocess.Popen(command, cwd=tmp_path, env=environment)
        deadline = time.monotonic() + 30
        while len(_outcomes(tmp_path)) < 4 and time.monotonic() < deadline:
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
        done = [json.loads(file.read_text())["url"].removeprefix(server.address) for file in _outcomes(tmp_path)]
        assert 4 <= len(done) < len(slow)
        assert not (tmp_path / "data/raw/mine").exists()
        result = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
        assert "12 items in, 12 kept" in result.stdout
        assert [server.count(path) for path in done] == [1] * len(done)
        assert sum(server.count(path) for path in slow) <= len(slow) + 1, "only the one in flight is asked for again"


def _outcomes(project: Path) -> list[Path]:
    return list((project / ".cache/sources/mine/web").glob("*/*/outcome.json"))


PAGE = """<!-- saved from url=(0040)https://example.org/search/page.html?q=1 -->
<html><body><img src="/logo.png" width="16" height="16">
<img src="page_files/thumb.jpg"><img data-src="photos/lazy.jpg">
<img srcset="https://cdn.example.org/s.jpg 320w, https://cdn.example.org/l.jpg 1280w">
<a href="/imgres?imgurl=https%3A%2F%2Ffar.example%2Ffull.jpg&imgrefurl=x">x</a>
<a href="https://example.org/direct.webp">y</a><a href="https://example.org/about">z</a>
<img src="data:image/png;base64,INLINE">
<script>["https://big.example/a\\u003d1.jpg",900,1200],["https://encrypted-tbn0.gstatic.com/x",180,240]</script>
"""


def test_saved_page(tmp_path: Path) -> None:
    (tmp_path / "page_files").mkdir()
    (tmp_path / "page_files/thumb.jpg").write_bytes(picture())
    inline = base64.b64encode(picture(kind="PNG")).decode()
    (tmp_path / "page.html").write_text(PAGE.replace("INLINE", inline))
    found = read_list(tmp_path / "page.html")
    assert [image.url for image in found if image.url] == [
        "https://big.example/a=1.jpg",
        "https://example.org/search/photos/lazy.jpg",
        "https://cdn.example.org/l.jpg",
        "https://far.example/full.jpg",
        "https://example.org/direct.webp",
    ]
    assert [image.file for image in found if image.file] == [tmp_path / "page_files/thumb.jpg"]
    assert [image.data for image in found if image.data] == [picture(kind="PNG")]


def test_saved_page_is_ingested_with_what_it_carries(ingest: Ingest, tmp_path: Path) -> None:
    (tmp_path / "page_files").mkdir()
    (tmp_path / "page_files/thumb.jpg").write_bytes(picture())
    inline = base64.b64encode(picture(kind="PNG")).decode()
    page = f'<img src="page_files/thumb.jpg"><img src="data:image/png;base64,{inline}"><img src="../../etc/passwd">'
    (tmp_path / "page.html").write_text(page)
    taken = ingest("google-cloth", path="page.html")
    assert [image.mask_type for image in taken.images] == ["cloth", "cloth"]
    assert not taken.rejections


@pytest.mark.parametrize(
    ("name", "content", "bad"),
    [
        ("list.txt", b"https://a.example/1.jpg\nhttps://a.example/\xe9.jpg\n", "list.txt#2"),
        ("list.csv", b"url,label\nhttps://a.example/1.jpg,cloth\n,cloth\n", "list.csv#2"),
        ("list.csv", b"url,label\nhttps://a.example/1.jpg,cloth\nhttps://a.example/2.jpg,\xe9\n", "list.csv#2"),
        ("list.jsonl", b'{"url": "https://a.example/1.jpg"}\n{"url": \n', "list.jsonl#2"),
        ("list.json", b'[{"url": "https://a.example/1.jpg"}, 7]', "list.json#2"),
    ],
)
def test_a_bad_line_of_a_list_is_one_row(tmp_path: Path, name: str, content: bytes, bad: str) -> None:
    (tmp_path / name).write_bytes(content)
    adapter = make_adapter("mine", ingest_params(adapter="urls", path=name, labels=LABELS).ingest, tmp_path)
    found = {one.origin: getattr(one, "reason", "") for one in adapter.listed() or ()}
    assert found == {"https://a.example/1.jpg": "", bad: "damaged_annotation"}


def test_an_address_that_is_named_with_two_labels_is_a_conflict(tmp_path: Path) -> None:
    rows = "url,label\nhttp://x.org/a.jpg,with mask\nhttp://x.org/a.jpg,no mask\nhttp://x.org/b.jpg,\n"
    (tmp_path / "one.csv").write_text(rows + "http://x.org/b.jpg,with_mask\nhttp://x.org/b.jpg,With Mask\n")
    (tmp_path / "two.jsonl").write_text('{"url": "http://x.org/c.jpg", "label": 0}\n')
    params = ingest_params(adapter="urls", path=["one.csv", "two.jsonl"], labels={}).ingest
    found = list(make_adapter("mine", params, tmp_path).listed() or ())
    said = [getattr(one, "reason", "") or getattr(one, "labels", ()) for one in found]
    assert said == ["label_conflict", ("with_mask",), ("0",)]


def test_labels_in_a_column_of_another_name_are_not_lost(tmp_path: Path) -> None:
    (tmp_path / "l.csv").write_text("url,class\nhttp://x.org/a.jpg,with mask\n")
    with pytest.raises(SourceError, match="'class' is not read; the column with the labels is called 'label'"):
        read_list(tmp_path / "l.csv")


def test_a_list_as_spreadsheets_write_it(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_bytes("url,author\r\nhttps://a.example/1.jpg,José\r\n".encode("utf-16"))
    assert [image.author for image in read_list(tmp_path / "list.csv")] == ["José"]
