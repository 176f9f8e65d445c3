"""Fetch many addresses at once: many hosts side by side, few requests to each."""

from collections import defaultdict, deque
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import urlsplit

from pipeline.sources.fetching.web.fetch import Fetcher
from pipeline.sources.fetching.web.store import Outcome

GIVE_UP_AFTER = 3
"""Addresses in a row that found a host unreachable, before the rest of that host is left for the next run."""


def download_all(urls: Iterable[str], fetcher: Fetcher, workers: int, per_host: int) -> dict[str, Outcome]:
    """The outcome of each address, in the order given."""
    queues: defaultdict[str, deque[str]] = defaultdict(deque)
    order = list(dict.fromkeys(urls))
    for url in order:
        queues[_host_of(url)].append(url)
    hosts = [_Host(queue) for queue in queues.values()]
    outcomes: dict[str, Outcome] = {}
    with ThreadPoolExecutor(workers) as pool:
        drains = [
            pool.submit(_drain, host, fetcher, outcomes)
            for host in hosts
            for _ in range(min(per_host, len(host.queue)))
        ]
        try:
            for drain in drains:
                drain.result()
        finally:
            for host in hosts:  # empty by now, unless this run is being broken off
                host.queue.clear()
    return {url: outcomes[url] for url in order}


def _host_of(url: str) -> str:
    """Host and port; empty where the address can't be read: the fetcher refuses it."""
    try:
        return urlsplit(url).netloc
    except ValueError:
        return ""


@dataclass(slots=True)
class _Host:
    """The addresses of one host that are still to be asked for, and how many in a row found it unreachable."""

    queue: deque[str]
    unreachable: int = 0


def _drain(host: _Host, fetcher: Fetcher, outcomes: dict[str, Outcome]) -> None:
    """Work through a host's addresses; several threads can do so at once."""
    while host.queue:
        try:
            url = host.queue.popleft()
        except IndexError:  # another thread took the last one
            return
        if host.unreachable >= GIVE_UP_AFTER:
            detail = f"{GIVE_UP_AFTER} addresses before it found the host unreachable; the next run tries again"
            outcomes[url] = Outcome(url=url, status="failed", reason="host_unreachable", detail=detail)
            continue
        outcome = outcomes[url] = fetcher.fetch(url)
        host.unreachable = host.unreachable + 1 if outcome.reason == "unreachable" else 0
