"""Whether two runs of the road, or of `augment-masks`, gave the same bytes: what a move of code must not change.

`python -m generators.compare_outs BEFORE AFTER` takes two files `dvc.lock`, of which the `outs` of the stages up to the
split are compared, or two folders, of which all files are (hidden ones, a run's own notes, left out).
"""

import hashlib
import sys
from pathlib import Path

import click
import yaml

STAGES = ("ingest", "dedup", "faces", "augment", "split")
"""Those whose bytes are promised; training depends on the processor."""


def outs_of(lock: Path) -> dict[str, str]:
    """Digest of each output by path, of the stages whose bytes are promised."""
    stages = yaml.safe_load(lock.read_text(encoding="utf-8"))["stages"]
    return {
        out["path"]: out["md5"]
        for name, stage in stages.items()
        if name.partition("@")[0] in STAGES
        for out in stage["outs"]
    }


def files_of(folder: Path) -> dict[str, str]:
    """Digest of each file by path below the folder, hidden files and folders left out."""
    paths = {path.relative_to(folder): path for path in folder.rglob("*") if path.is_file()}
    return {
        name.as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for name, path in sorted(paths.items())
        if not any(part.startswith(".") for part in name.parts)
    }


@click.command()
@click.argument("before", type=click.Path(exists=True, path_type=Path))
@click.argument("after", type=click.Path(exists=True, path_type=Path))
def main(before: Path, after: Path) -> None:
    """Compare two files dvc.lock or two folders; exit code 1 where they differ."""
    digests = files_of if before.is_dir() else outs_of
    first, second = digests(before), digests(after)
    for name in sorted(first.keys() | second.keys()):
        if first.get(name) != second.get(name):
            click.echo(f"{name}: {first.get(name, 'missing')} before, {second.get(name, 'missing')} after")
    same = sum(first[name] == second.get(name) for name in first)
    click.echo(f"{same} of {len(first.keys() | second.keys())} are the same")
    sys.exit(first != second)


if __name__ == "__main__":
    main()
