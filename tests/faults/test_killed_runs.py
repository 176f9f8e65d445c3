"""A run that is killed loses what it had in flight, and nothing else."""

import os
import signal
from pathlib import Path

import pytest

from tests.conftest import tree
from tests.faults.conftest import KEPT, ONE_MASK, PHOTOS, MakeProject, Undisturbed, kill_after, wait_until

pytestmark = pytest.mark.slow

STAGES = {
    "ingest": ("data/raw/mine", "data-raw-mine", "ingest"),
    "faces": ("data/faces", "data-faces", "faces"),
    "augment": ("data/masked", "data-masked", "augment"),
}
"""Each stage's output, its build and its record."""


@pytest.mark.parametrize("stage", STAGES)
def test_a_killed_stage_goes_on_to_the_same_bytes(
    make_project: MakeProject, undisturbed: Undisturbed, stage: str
) -> None:
    out, build, record = STAGES[stage]
    whole, killed = undisturbed(stage), make_project("killed")
    done = kill_after(killed, stage, build, 5)
    assert killed.record(record)["status"] == "running"
    again = killed.run(stage)
    assert (again.returncode, again.stdout) == (0, whole.stdout)
    assert f"{done} finished by an earlier run" in again.stderr
    assert (killed.record(record)["status"], killed.record(record)["resumed"]) == ("complete", done)
    assert 5 <= done < (PHOTOS if stage == "ingest" else KEPT)
    assert tree(killed.root / out) == tree(whole.root / out)
    assert not list((killed.root / ".cache/builds").iterdir())


def test_killed_twice_and_with_workers(make_project: MakeProject, undisturbed: Undisturbed) -> None:
    whole, killed = undisturbed("augment", **ONE_MASK), make_project("killed", jobs=2, **ONE_MASK)
    first = kill_after(killed, "augment", "data-masked", 4)
    second = kill_after(killed, "augment", "data-masked", first + 4)
    assert killed.run("augment").returncode == 0
    assert killed.record("augment")["resumed"] == second
    assert tree(killed.root / "data/masked") == tree(whole.root / "data/masked")


SHARDED = {"augment": {"format": "shards", "shard_photos": 4, "masks": ["cloth", "ffp2"]}}


@pytest.mark.parametrize("jobs", [1, 2])
def test_killed_shards_go_on_shard_by_shard(make_project: MakeProject, undisturbed: Undisturbed, jobs: int) -> None:
    whole, killed = undisturbed("augment", **SHARDED), make_project("killed", jobs, **SHARDED)
    done = kill_after(killed, "augment", "data-masked", 2)
    build = killed.journal("data-masked").parent
    places = {name: (build / name).stat().st_ino for name in killed.noted_files("data-masked")}
    assert (2 <= done < KEPT // 4, len(places)) == (True, 2 * done)
    again = killed.run("augment")
    assert (again.returncode, again.stdout) == (0, whole.stdout)
    assert killed.record("augment")["resumed"] == done
    assert {name: (killed.root / name).stat().st_ino for name in places} == places  # none was written again
    assert tree(killed.root / "data/masked") == tree(whole.root / "data/masked")


def test_a_shard_that_was_cut_short_is_made_again(make_project: MakeProject, undisturbed: Undisturbed) -> None:
    whole, killed = undisturbed("augment", **SHARDED), make_project("killed", **SHARDED)
    done = kill_after(killed, "augment", "data-masked", 2)
    shard = killed.journal("data-masked").parent / "data/masked/crops/000001.tar"
    shard.write_bytes(shard.read_bytes()[:-512])
    assert killed.run("augment").returncode == 0
    assert killed.record("augment")["resumed"] == done - 1
    assert tree(killed.root / "data/masked") == tree(whole.root / "data/masked")


@pytest.mark.parametrize("stage", STAGES)
def test_after_a_power_cut_contents_are_compared(
    make_project: MakeProject, undisturbed: Undisturbed, stage: str
) -> None:
    """A file whose bytes never reached the disk, though its size did, and a machine that was started since."""
    out, build, record = STAGES[stage]
    whole, cut = undisturbed(stage), make_project("cut")
    done = kill_after(cut, stage, build, 5)
    folder = cut.journal(build).parent
    first = folder / cut.noted_files(build)[0]
    first.unlink()  # ingest's is a hard link to the source's file
    first.write_bytes(bytes((whole.root / first.relative_to(folder)).stat().st_size))
    (folder / "boot").write_text("the boot before")
    assert cut.run(stage).returncode == 0
    assert cut.record(record)["resumed"] == done - 1
    assert tree(cut.root / out) == tree(whole.root / out)


def test_other_parameters_use_nothing_of_a_killed_run(make_project: MakeProject) -> None:
    project = make_project("project", **ONE_MASK)
    kill_after(project, "augment", "data-masked", 3)
    parameters = project.root / "params.yaml"
    parameters.write_text(parameters.read_text().replace("{", '{"seed": 1, ', 1))
    assert project.run("augment").returncode == 0
    assert project.record("augment")["resumed"] == 0


def test_a_photo_that_changed_is_done_again(make_project: MakeProject) -> None:
    project = make_project("project")
    done = kill_after(project, "faces", "data-faces", 3)
    (project.root / "photos/00.jpg").write_bytes((project.root / "photos/39.jpg").read_bytes())
    assert project.run("faces").returncode == 0
    assert project.record("faces")["resumed"] == done - 1


def test_nothing_hangs_on_the_clock(make_project: MakeProject, undisturbed: Undisturbed) -> None:
    """Files from the future, as a clock that was set back makes them."""
    whole, killed = undisturbed("augment", **ONE_MASK), make_project("killed", **ONE_MASK)
    far = 4_000_000_000
    for path in (killed.root / "photos").iterdir():
        os.utime(path, (far, far))
    done = kill_after(killed, "augment", "data-masked", 3)
    for path in [*(killed.root / ".cache").rglob("*"), *(killed.root / "data").rglob("*")]:
        os.utime(path, (far, far))
    assert killed.run("augment").returncode == 0
    assert killed.record("augment")["resumed"] == done
    assert tree(killed.root / "data/masked") == tree(whole.root / "data/masked")


def test_augment_masks_goes_on_unasked_where_the_same_command_was_killed(make_project: MakeProject) -> None:
    project = make_project("project")
    for photo in sorted((project.root / "photos").iterdir())[20:]:
        photo.unlink()
    words = ("photos", "out", "--mask", "cloth", "--jobs", "1")
    journal = project.root / "out/.maskwright/journal"
    process = project.start("augment_masks", *words)
    wait_until(lambda: journal.is_file() and len(journal.read_bytes().splitlines()) >= 5)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=60)
    others = [
        (("--seed", "1"), "made with other settings (seed was 0, is 1)"),
        (("--limit", "2"), "an unfinished run of another command (limit was None, is 2)"),
    ]
    for options, message in others:
        refused = project.run("augment_masks", *words, *options)
        assert (refused.returncode, message in refused.stderr) == (1, True), refused.stderr
    again = project.run("augment_masks", *words, "--record", "run.json")
    assert again.returncode == 0, again.stderr
    assert "done by an earlier run" in again.stdout
    assert project.run("augment_masks", "photos", "whole", *words[2:]).returncode == 0
    assert tree(project.root / "out") == tree(project.root / "whole")
    finished = project.run("augment_masks", *words)
    assert finished.returncode == 1
    assert "out: not empty; --resume goes on with it, --overwrite makes it anew" in finished.stderr


def test_other_photos_never_replace_those_of_an_unfinished_run(make_project: MakeProject, tmp_path: Path) -> None:
    project = make_project("project")
    process = project.start("augment_masks", "photos", "out", "--mask", "cloth", "--jobs", "1")
    journal = project.root / "out/.maskwright/journal"
    wait_until(lambda: journal.is_file() and len(journal.read_bytes().splitlines()) >= 3)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=60)
    before = tree(project.root / "out/images")
    refused = project.run("augment_masks", str(tmp_path / "photos"), "out", "--mask", "cloth")
    assert refused.returncode == 1
    assert "holds an unfinished run of another command (faces was " in refused.stderr
    assert before.items() <= tree(project.root / "out/images").items()
