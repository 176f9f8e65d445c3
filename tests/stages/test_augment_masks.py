"""`augment-masks` as a user meets it."""

import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args
from xml.etree import ElementTree

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image as PillowImage

from pipeline.core.arrays import Rgb
from pipeline.faces.detectors import DetectorName
from pipeline.sources.content import refuse_polyglot
from pipeline.storage.images import read_image
from stages import augment_masks
from tests.conftest import MakePhotos, tree
from tests.storage.certificates import chain

ROOT = Path(__file__).parent.parent.parent
ONE_PROCESS = ("--jobs", "1")


def run(*words: object) -> Result:
    return CliRunner().invoke(augment_masks.command, [str(word) for word in words])


def rows(out: Path, name: str = "metadata.jsonl") -> list[dict[str, Any]]:
    return [json.loads(line) for line in (out / name).read_text(encoding="utf-8").splitlines()]


def reasons(out: Path) -> dict[str, str]:
    return {row["photo"]: row["reason"] for row in rows(out, "rejected.jsonl")}


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


def test_the_folder_that_one_stands_in_is_an_output_as_any(
    make_photos: MakePhotos, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photos, here, broken = make_photos("anna.jpg"), tmp_path / "here", tmp_path / "broken"
    here.mkdir()
    broken.mkdir()
    (broken / "bad.jpg").write_text("no picture")
    monkeypatch.chdir(here)
    assert "no picture was written" in run(broken, ".", *ONE_PROCESS).stderr
    assert [row["reason"] for row in rows(tmp_path, "here.rejected.jsonl")] == ["not_an_image"]
    assert list(here.iterdir()) == []
    assert run(photos, ".", "--mask", "cloth", *ONE_PROCESS).exit_code == 0
    assert [row["file_name"] for row in rows(here)] == ["images/cloth/anna-0-cloth0.jpg"]
    assert not (tmp_path / "here.rejected.jsonl").exists()


def test_a_folder_tree_becomes_a_dataset(make_photos: MakePhotos, out: Path) -> None:
    photos = make_photos("anna.jpg", "more/b.png")
    (photos / "notes.txt").write_text("x")
    (photos / "broken.jpg").write_text("no picture")
    result = run(photos, out, "--mask", "surgical", "--mask", "ffp2")
    assert result.exit_code == 0, result.output
    assert sorted(path.name for path in out.iterdir()) == [
        ".maskwright", "README.md", "contact_sheet.jpg", "images", "metadata.jsonl", "rejected.jsonl",
    ]  # fmt: skip
    assert [row["file_name"] for row in rows(out)] == [
        "images/surgical/anna-0-surgical0.jpg",
        "images/ffp2/anna-0-ffp20.jpg",
        "images/surgical/more__b_png-0-surgical0.jpg",
        "images/ffp2/more__b_png-0-ffp20.jpg",
    ]
    assert all(read_image(out / row["file_name"]).rgb.shape == (300, 256, 3) for row in rows(out))
    assert reasons(out) == {"broken.jpg": "not_an_image"}
    assert read_image(out / "contact_sheet.jpg").rgb.std() > 20


@pytest.mark.parametrize("faces", ["each", "all"])
def test_a_split_puts_all_pictures_of_a_photo_on_one_side(make_photos: MakePhotos, out: Path, faces: str) -> None:
    photos = make_photos("a.jpg", "b.jpg", "c.jpg")
    (photos / "copy of a.jpg").write_bytes((photos / "a.jpg").read_bytes())
    options = ("--per-face", 2, "--include-unmasked", "--faces", faces, "--split", "0.4,0.3,0.3", *ONE_PROCESS)
    assert run(photos, out, *options).exit_code == 0
    found = {(row["parent_sha256"], row["split"]) for row in rows(out)}
    assert len(found) == 3
    assert {side for _, side in found} <= {"train", "val", "test"}
    assert "--split 0.4,0.3,0.3" in (out / "README.md").read_text(encoding="utf-8")


def test_shares_that_are_not_one_together_are_wrong_use(make_photos: MakePhotos, out: Path) -> None:
    result = run(make_photos("a.jpg"), out, "--split", "0.8,0.1,0.2")
    assert (result.exit_code, out.exists()) == (2, False)
    assert "shares of 0 to 1 are expected that are 1 together, here they are 1.1" in result.output


@pytest.mark.parametrize("faces", ["each", "all"])
def test_pictures_with_masks_are_signed_and_bare_ones_are_not(
    make_photos: MakePhotos, out: Path, tmp_path: Path, faces: str
) -> None:
    made, options = chain(), ("--mask", "ffp2", "--faces", faces, "--include-unmasked", "--crops", *ONE_PROCESS)
    certificate, key = made.written(tmp_path)
    result = run(make_photos("a.jpg"), out, *options, "--c2pa-cert", certificate, "--c2pa-key", key)
    assert result.exit_code == 0, result.output
    signed = {name: b"jumb" in data for name, data in tree(out).items() if name.startswith(("images", "crops"))}
    assert signed == {name: not name.startswith(("images/none", "crops/none")) for name in signed}
    assert len(signed) == 4
    written = (out / ".maskwright/run.json").read_text() + (out / "README.md").read_text()
    assert (str(tmp_path) in written, "--c2pa-cert cert.pem --c2pa-key key.pem" in written) == (False, True)
    done = run(tmp_path / "faces", out, *options, "--resume", "--c2pa-cert", certificate, "--c2pa-key", key)
    assert "all done already" in done.output


def test_what_cannot_sign_stops_before_anything_is_written(make_photos: MakePhotos, out: Path, tmp_path: Path) -> None:
    certificate, key = chain(days=-90).written(tmp_path)
    result = run(make_photos("a.jpg"), out, "--c2pa-cert", certificate, "--c2pa-key", key)
    assert (result.exit_code, out.exists()) == (1, False)
    assert "not valid at time of signing" in result.output
    assert run(tmp_path / "faces", out, "--c2pa-cert", certificate).exit_code == 2


def test_signing_without_the_extra_names_it(
    make_photos: MakePhotos, out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate, key = chain().written(tmp_path)
    monkeypatch.setitem(sys.modules, "c2pa", None)
    result = run(make_photos("a.jpg"), out, "--c2pa-cert", certificate, "--c2pa-key", key)
    assert (result.exit_code, out.exists()) == (1, False)
    assert result.output == "Error: c2pa is not installed: pip install 'maskwright[c2pa]'\n"


def test_the_summary_counts_everything(make_photos: MakePhotos, out: Path) -> None:
    photos = make_photos("a.jpg", "b.jpg")
    (photos / "empty.jpg").write_bytes(b"")
    (photos / "notes.txt").write_text("x")
    shown = " ".join(run(photos, out, "--mask", "cloth").stdout.replace("│", " ").split())
    for expected in (
        "images 3",
        "faces 2",
        "written with a mask 2",
        "rejected 1",
        "empty_file 1",
        "other files left out 1 .txt 1",
        "images/s",
    ):
        assert expected in shown


def test_every_label_of_imagefolder_is_a_plain_value_or_list(make_photos: MakePhotos, out: Path) -> None:
    run(make_photos("a.jpg"), out, "--include-unmasked", "--crops", "--alpha")
    kinds: dict[str, set[type]] = {}
    for row in rows(out):
        for key, value in row.items():
            kinds.setdefault(key, set()).add(type(value))
    mixed = {key: found for key, found in kinds.items() if len(found - {type(None)}) > 1}
    assert mixed == {}, "Arrow infers one type a column"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--mask", "gas"], "'gas' is not one of 'cloth', 'surgical', 'ffp2'"),
        (["--per-face", "0"], "0 is not in the range x>=1"),
        (["--seed", "-1"], "-1 is not in the range x>=0"),
        (["--jobs", "two"], "'two' is not a valid integer"),
        (["--detector", "haar"], "'haar' is not one of"),
        (["--templates", "nowhere"], "Directory 'nowhere' does not exist"),
        (["--resume", "--overwrite"], "choose one"),
        (["--colour", "red"], "No such option"),
    ],
)
def test_wrong_use_is_exit_code_2(make_photos: MakePhotos, out: Path, words: list[str], message: str) -> None:
    result = run(make_photos("a.jpg"), out, *words)
    assert result.exit_code == 2
    assert message in result.stderr
    assert not out.exists()


def test_faces_must_exist(tmp_path: Path, out: Path) -> None:
    result = run(tmp_path / "nowhere", out)
    assert (result.exit_code, "does not exist" in result.stderr) == (2, True)


@pytest.mark.parametrize("target", [".", ".."])
def test_out_must_not_hold_the_photos(make_photos: MakePhotos, target: str) -> None:
    photos = make_photos("a.jpg")
    result = run(photos, photos / target)
    assert (result.exit_code, "must not be FACES or hold it" in result.stderr) == (2, True)
    assert [path.name for path in photos.iterdir()] == ["a.jpg"]


def test_out_may_be_inside_the_photos(make_photos: MakePhotos) -> None:
    photos = make_photos("a.jpg")
    for options in ([], ["--overwrite"], ["--resume"]):
        result = run(photos, photos / "masked", "--mask", "cloth", *options)
        assert result.exit_code == 0, result.output
        assert [row["parent"] for row in rows(photos / "masked")] == ["a.jpg"]


def test_a_folder_without_photos_says_what_it_holds(tmp_path: Path, out: Path) -> None:
    photos = tmp_path / "faces"
    (photos / "done/.maskwright").mkdir(parents=True)
    (photos / "done/.maskwright/run.json").write_text("{}")
    (photos / "DSC_1.NEF").write_bytes(b"II*\0raw")
    result = run(photos, out)
    told = "left out: 1 other file (.nef 1), 1 folder (an output of augment-masks, or seen before)"
    assert result.stderr == f"Error: {photos}: no image files here; {told}\n"


@pytest.mark.parametrize("make", [lambda _: None, lambda p: (p / "x.jpg").write_text("no picture")])
def test_exit_code_1_when_nothing_could_be_done(tmp_path: Path, out: Path, make: Callable[[Path], object]) -> None:
    photos = tmp_path / "faces"
    photos.mkdir()
    make(photos)
    result = run(photos, out)
    assert result.exit_code == 1
    assert "no image files here" in result.stderr or "no picture was written" in result.stderr
    assert not out.exists()


def test_where_every_photo_is_rejected_the_reasons_stand_beside_out(tmp_path: Path, out: Path) -> None:
    photos = tmp_path / "faces"
    photos.mkdir()
    (photos / "broken.jpg").write_text("no picture")
    PillowImage.new("RGB", (200, 150), "grey").save(photos / "wall.png")
    for _ in range(2):  # nothing is left that the next run would trip over
        result = run(photos, out, *ONE_PROCESS)
        assert result.exit_code == 1
        assert str(tmp_path / "out.rejected.jsonl") in result.stderr
        assert sorted(path.name for path in tmp_path.iterdir()) == ["faces", "out.rejected.jsonl"]
    assert {row["photo"]: row["reason"] for row in rows(tmp_path, "out.rejected.jsonl")} == {
        "broken.jpg": "not_an_image",
        "wall.png": "no_face",
    }


def test_an_empty_folder_of_the_users_is_not_left_full_of_nothing(tmp_path: Path, out: Path) -> None:
    (tmp_path / "faces").mkdir()
    (tmp_path / "faces/broken.jpg").write_text("no picture")
    out.mkdir()
    assert run(tmp_path / "faces", out, "--overwrite", *ONE_PROCESS).exit_code == 1
    assert not out.exists()
    assert len(rows(tmp_path, "out.rejected.jsonl")) == 1


def test_an_output_in_use_is_left_alone(make_photos: MakePhotos, out: Path) -> None:
    out.mkdir()
    (out / "thesis.tex").write_text("x")
    for options in ([], ["--overwrite"], ["--resume"]):
        result = run(make_photos("a.jpg"), out, *options)
        assert result.exit_code == 1
        assert "thesis.tex" in result.stderr or "not empty" in result.stderr
    assert [path.name for path in out.iterdir()] == ["thesis.tex"]


def test_a_broken_template_is_one_message(make_photos: MakePhotos, out: Path, tmp_path: Path) -> None:
    (tmp_path / "mine" / "my_mask").mkdir(parents=True)
    (tmp_path / "mine" / "my_mask" / "template.yaml").write_text("name: my_mask\n")
    result = run(make_photos("a.jpg"), out, "--templates", tmp_path / "mine")
    assert result.exit_code == 1
    assert "template.yaml" in result.stderr
    assert not out.exists()


def test_dry_run_writes_nothing_and_counts_the_same(make_photos: MakePhotos, out: Path) -> None:
    photos = make_photos("a.jpg", "b.jpg")
    result = run(photos, out, "--dry-run")
    assert (result.exit_code, out.exists()) == (0, False)
    assert "would be written" in result.stdout
    assert " 6 " in result.stdout


def test_limit_and_resume_with_a_larger_limit(make_photos: MakePhotos, out: Path) -> None:
    photos = make_photos("a.jpg", "b.jpg", "c.jpg")
    run(photos, out, "--mask", "cloth", "--limit", 1)
    assert [row["parent"] for row in rows(out)] == ["a.jpg"]
    assert run(photos, out, "--mask", "cloth", "--resume").exit_code == 0
    assert [row["parent"] for row in rows(out)] == ["a.jpg", "b.jpg", "c.jpg"]


def test_resume_on_a_whole_dataset_changes_nothing(make_photos: MakePhotos, out: Path) -> None:
    photos = make_photos("a.jpg", "b.jpg")
    run(photos, out)
    before = tree(out)
    done = run(photos, out, "--resume")
    assert done.exit_code == 0
    assert "all done already" in done.stderr
    assert tree(out) == before


def test_resume_of_a_run_without_a_picture_says_why_again(make_photos: MakePhotos, out: Path) -> None:
    photos = make_photos()
    photos.mkdir(exist_ok=True)
    (photos / "broken.jpg").write_text("no picture")
    for words in ([], ["--resume"]):
        done = run(photos, out, *words)
        assert done.exit_code == 1
        assert "out.rejected.jsonl says why" in done.stderr
        assert not out.exists()


def test_link_out_of_the_folder_is_a_row_without_a_byte_of_what_it_leads_to(
    make_photos: MakePhotos, out: Path, tmp_path: Path
) -> None:
    photos = make_photos("a.jpg")
    (tmp_path / "secret").write_text("root:x:0:0:hunter2")
    (photos / "passwd.jpg").symlink_to(tmp_path / "secret")
    (photos / "copied.jpg").write_text("root:x:0:0:hunter2")
    assert run(photos, out, "--mask", "cloth").exit_code == 0
    assert reasons(out) == {"passwd.jpg": "link_leaves_source", "copied.jpg": "not_an_image"}
    assert "root" not in (out / "rejected.jsonl").read_text()
    assert run(photos, out, "--mask", "cloth", "--overwrite", "--follow-links").exit_code == 0
    assert reasons(out)["passwd.jpg"] == "not_an_image"
    assert "root" not in (out / "rejected.jsonl").read_text()


def test_overwrite_makes_it_anew(make_photos: MakePhotos, out: Path) -> None:
    photos = make_photos("a.jpg")
    run(photos, out, "--mask", "cloth", "--seed", 1)
    assert run(photos, out, "--mask", "ffp2", "--overwrite").exit_code == 0
    assert [path for path in tree(out) if path.startswith("images/")] == ["images/ffp2/a-0-ffp20.jpg"]


def test_overwrite_without_a_picture_leaves_the_former_output(
    make_photos: MakePhotos, out: Path, tmp_path: Path
) -> None:
    photos = make_photos("a.jpg")
    assert run(photos, out, "--mask", "cloth").exit_code == 0
    before = tree(out)
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad/broken.jpg").write_text("no picture")
    failed = run(tmp_path / "bad", out, "--mask", "ffp2", "--overwrite")
    assert failed.exit_code == 1
    assert "no picture was written" in failed.stderr
    assert tree(out) == before
    assert len(rows(tmp_path, "out.rejected.jsonl")) == 1
    assert "all done already" in run(photos, out, "--mask", "cloth", "--resume").stderr
    assert run(photos, out, "--mask", "ffp2", "--overwrite").exit_code == 0
    assert not (tmp_path / "out.rejected.jsonl").exists()  # it spoke of a run that is past


@pytest.mark.parametrize("detector", ["dlib_hog", "dlib_cnn"])
def test_other_detectors(make_photos: MakePhotos, out: Path, detector: str) -> None:
    assert run(make_photos("a.jpg"), out, "--detector", detector, "--mask", "cloth").exit_code == 0
    assert len(rows(out)) == 1


def test_choices_are_those_of_the_library() -> None:
    from pipeline.core.records import MASK_TYPES, Wear

    assert set(augment_masks.DETECTORS) == set(get_args(DetectorName))
    assert set(augment_masks.MASKS) == set(MASK_TYPES) - {"none"}
    assert set(augment_masks.WEARS) == set(get_args(Wear)) - {"none", "incorrect", "unknown"}


def test_help_is_quick_and_imports_nothing_heavy() -> None:
    """CPU time: the clock would measure what else the machine does."""
    code = (
        "import sys, stages.augment_masks as a\n"
        "try: a.main(['--help'])\n"
        "except SystemExit: pass\n"
        "print([m for m in ('cv2', 'dlib', 'numpy', 'pydantic', 'torch', 'PIL', 'rich') if m in sys.modules])"
    )
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.endswith("[]\n")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 2, (
        "measured 0.1 s; slack for a slow machine"
    )


def test_templates_is_a_command_and_a_folder_of_that_name_is_a_folder(
    make_photos: MakePhotos, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = run("templates", "list")
    assert listed.exit_code == 0
    assert "surgical" in listed.stdout
    assert "augment-masks templates" in run("templates", "--help").stdout
    photos = make_photos("a.jpg")
    photos.rename(photos.with_name("templates"))
    monkeypatch.chdir(photos.parent)
    assert run("./templates", out, "--mask", "cloth").exit_code == 0


def bad_inputs(folder: Path, portrait: Rgb) -> dict[str, str | None]:
    """Write one of each; returns the reason that each name must be rejected with, None where it must be masked."""
    image = PillowImage.fromarray(portrait)
    grey = image.convert("L")
    exif = PillowImage.Exif()
    exif[0x0112] = 6
    folder.mkdir()
    whole = folder / "whole.jpg"
    image.save(whole, quality=95)
    (folder / "truncated.jpg").write_bytes(whole.read_bytes()[:9000])
    (folder / "empty.jpg").write_bytes(b"")
    (folder / "text.jpg").write_text("I am no picture.")
    PillowImage.fromarray(np.asarray(grey).astype(np.uint16) * 256).save(folder / "sixteen.png")
    image.quantize(64).save(folder / "palette.png")
    image.convert("CMYK").save(folder / "cmyk.jpg", quality=95)
    image.convert("RGBA").save(folder / "rgba.png")
    grey.save(folder / "grey.jpg", quality=95)
    image.save(folder / "animated.webp", save_all=True, append_images=[grey.convert("RGB")])
    image.transpose(PillowImage.Transpose.ROTATE_90).save(folder / "rotated.jpg", exif=exif, quality=95)
    image.resize((40, 40)).save(folder / "tiny.png")
    image.resize((6000, 4000)).save(folder / "large.jpg", quality=80)
    PillowImage.new("RGB", (300, 300), (90, 140, 70)).save(folder / "meadow.jpg")
    both = PillowImage.new("RGB", (520, 300), "white")
    both.paste(image, (0, 0))
    both.paste(image.resize((200, 234)), (290, 30))
    both.save(folder / "two faces.jpg", quality=95)
    image.save(folder / "Zoë.v2 (final).jpg", quality=95)
    (folder / "loop").symlink_to(folder)
    (folder / "self.jpg").symlink_to("self.jpg")
    rejected = {
        "truncated.jpg": "damaged_image", "empty.jpg": "empty_file", "text.jpg": "not_an_image",
        "meadow.jpg": "no_face", "self.jpg": "unreadable_file",
    }  # fmt: skip
    return {path.name: rejected.get(path.name) for path in folder.iterdir() if path.name not in {"loop", "tiny.png"}}


@pytest.mark.slow
def test_bad_input_is_masked_or_rejected_and_never_stops_the_run(tmp_path: Path, out: Path, portrait: Rgb) -> None:
    expected = bad_inputs(tmp_path / "faces", portrait)
    result = run(tmp_path / "faces", out, "--mask", "cloth", *ONE_PROCESS)
    assert result.exit_code == 0, result.output
    found: dict[str, str | None] = {row["parent"]: None for row in rows(out)} | reasons(out)
    assert {name: found[name] for name in expected} == expected
    by_name = {row["parent"]: row for row in rows(out)}
    assert by_name["two faces.jpg"]["faces_in_photo"] == 2
    assert (by_name["rotated.jpg"]["width_px"], by_name["rotated.jpg"]["height_px"]) == (256, 300)
    assert read_image(out / by_name["large.jpg"]["file_name"]).rgb.shape == (4000, 6000, 3)
    assert found["tiny.png"] in {None, "no_face", "face_too_small"}


def test_an_unreadable_folder_is_a_row(make_photos: MakePhotos, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    photos = make_photos("a.jpg", "secret/b.jpg")
    scandir = os.scandir

    def refuse(folder: Path) -> object:
        if Path(folder).name == "secret":
            raise PermissionError(13, "Permission denied")
        return scandir(folder)

    monkeypatch.setattr(os, "scandir", refuse)  # root, who runs this in containers, may read everything
    assert run(photos, out, "--mask", "cloth", *ONE_PROCESS).exit_code == 0
    assert reasons(out) == {"secret": "unreadable_folder"}


LOCK = ".maskwright/lock"


def hear_ctrl_c() -> None:
    """A shell starts its background deaf to Ctrl-C, `nohup` what it runs to a closed terminal; children inherit it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def start(photos: Path, out: Path, *words: str, **options: Any) -> "subprocess.Popen[str]":
    options = {"preexec_fn": hear_ctrl_c} | options
    command = [sys.executable, "-m", "stages.augment_masks", str(photos), str(out), "--mask", "cloth", *words]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)


def wait_for(path: Path, lines: int) -> None:
    """Until a journal has so many lines."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if path.is_file() and len(path.read_bytes().splitlines()) >= lines:
            return
        time.sleep(0.01)
    raise TimeoutError(path)


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory, portrait: Rgb) -> tuple[Path, Path]:
    """Thirty photos, and what an undisturbed run makes of them."""
    folder = tmp_path_factory.mktemp("many")
    photos = folder / "faces"
    photos.mkdir()
    for number in range(30):
        PillowImage.fromarray(np.roll(portrait, number - 15, axis=1)).save(photos / f"{number:02}.jpg", quality=95)
    assert run(photos, folder / "out", "--mask", "cloth").exit_code == 0
    return photos, folder / "out"


@pytest.mark.slow
def test_workers_change_no_byte(many: tuple[Path, Path], tmp_path: Path) -> None:
    photos, with_two_workers = many
    assert run(photos, tmp_path / "out", "--mask", "cloth", *ONE_PROCESS).exit_code == 0
    assert tree(tmp_path / "out") == tree(with_two_workers)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("sent", "jobs", "code"),
    [
        (signal.SIGINT, 1, 130),
        (signal.SIGINT, 2, 130),
        (signal.SIGTERM, 2, 130),
        (signal.SIGHUP, 2, 130),
        (signal.SIGKILL, 2, -9),
    ],
)
def test_a_stopped_run_goes_on_to_the_same_bytes(
    many: tuple[Path, Path], tmp_path: Path, sent: signal.Signals, jobs: int, code: int
) -> None:
    photos, undisturbed = many
    stopped = tmp_path / "stopped"
    process = start(photos, stopped, "--jobs", str(jobs), start_new_session=True)
    wait_for(stopped / ".maskwright" / "journal", 3)
    if sent in {signal.SIGINT, signal.SIGHUP}:
        os.killpg(process.pid, sent)  # a terminal sends them to the workers too
    else:
        process.send_signal(sent)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == code, stderr
    assert "Traceback" not in stderr
    if code == 130:
        assert "the same command goes on from here" in stderr
        listed = {row["file_name"] for row in rows(stopped)}
        assert 3 <= len(listed) < 30
        assert {name for name in tree(stopped) if name.startswith("images/")} == listed
    assert run(photos, stopped, "--mask", "cloth", "--resume").exit_code == 0
    assert tree(stopped) == tree(undisturbed)


def be_under_nohup() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)


@pytest.mark.slow
def test_a_run_under_nohup_outlives_its_terminal(many: tuple[Path, Path], tmp_path: Path) -> None:
    photos, undisturbed = many
    process = start(photos, tmp_path / "out", "--jobs", "2", start_new_session=True, preexec_fn=be_under_nohup)
    wait_for(tmp_path / "out/.maskwright/journal", 3)
    os.killpg(process.pid, signal.SIGHUP)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 0, stderr
    assert tree(tmp_path / "out") == tree(undisturbed)


@pytest.mark.slow
@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGINT])
def test_overwrite_stopped_before_its_first_picture_leaves_the_former_output(
    make_photos: MakePhotos, out: Path, sent: signal.Signals
) -> None:
    photos = make_photos("z.jpg")
    assert run(photos, out, "--mask", "cloth").exit_code == 0
    before = tree(out)
    for number in range(1000):
        (photos / f"{number:03}.jpg").write_text("no picture")
    process = start(photos, out, "--overwrite", "--seed", "1", "--jobs", "1", start_new_session=True)
    wait_for(out / ".maskwright/next/.maskwright/journal", 1)
    process.send_signal(sent)
    _, stderr = process.communicate(timeout=60)
    assert "Traceback" not in stderr
    left = {name: data for name, data in tree(out).items() if not name.startswith((".maskwright/next", LOCK))}
    assert left == before
    assert (f"stopped; {out} is as it was" in stderr) == (sent == signal.SIGINT)
    assert "not empty" in run(photos, out, "--mask", "cloth").stderr
    assert tree(out) == before


@pytest.mark.slow
def test_a_full_disk_is_one_message_and_resume_goes_on(make_photos: MakePhotos, tmp_path: Path) -> None:
    """A limit on the size of a file fails as a full disk does: with an error in the middle of a write."""
    photos = make_photos("a.jpg", "b.jpg")
    with PillowImage.open(photos / "a.jpg") as image:
        image.resize((1024, 1200)).save(photos / "b.jpg", quality=95)
    out = tmp_path / "out"

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (150_000, 150_000))

    process = start(photos, out, "--jobs", "1", preexec_fn=limit)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "cannot be written: File too large" in stderr
    assert "the same command goes on from here" in stderr
    assert [row["parent"] for row in rows(out)] == ["a.jpg"]
    assert {name for name in tree(out) if name.startswith("images/")} == {"images/cloth/a-0-cloth0.jpg"}
    assert run(photos, out, "--mask", "cloth", "--resume").exit_code == 0
    assert run(photos, tmp_path / "whole", "--mask", "cloth").exit_code == 0
    assert tree(out) == tree(tmp_path / "whole")


@pytest.mark.slow
def test_a_disk_of_two_megabytes_has_its_tables(make_photos: MakePhotos, tmp_path: Path) -> None:
    """A disk that is really full, where that can be had: the tables are written into the room that was held."""
    photos = make_photos(*(f"{number}.jpg" for number in range(60)))
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "none", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no file system can be mounted here")
    try:
        process = start(photos, disk / "out", "--jobs", "1", "--include-unmasked")
        _, stderr = process.communicate(timeout=120)
        assert process.returncode == 1
        assert "No space left on device" in stderr
        assert "Traceback" not in stderr
        found = {row["file_name"] for row in rows(disk / "out")}
        assert len(found) > 20
        assert {name for name in tree(disk / "out") if name.startswith("images/")} == found
        assert rows(disk / "out", "rejected.jsonl") == []
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_off_a_terminal_progress_is_plain_lines(
    make_photos: MakePhotos, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stages.running.progress._LINE_EVERY_S", 0.0)
    result = run(make_photos("a.jpg", "b.jpg"), out, "--mask", "cloth", *ONE_PROCESS)
    assert result.stderr.splitlines()[0].startswith("1/2 photos, 1 faces, 1 written, ")
    assert "\x1b" not in result.output


@pytest.fixture
def pairs(tmp_path: Path, portrait: Rgb) -> Path:
    """Two photos of two faces each, with odd names."""
    folder = tmp_path / "pairs"
    (folder / "cloth").mkdir(parents=True)
    for number, name in enumerate(("cloth/Zoë & Bo.JPG", "b.png")):
        canvas = np.full((320, 480, 3), 200 - number, dtype=np.uint8)
        canvas[10:310, 5:261] = portrait
        canvas[100:250, 300:428] = portrait[::2, ::2]
        PillowImage.fromarray(canvas).save(folder / name, quality=95)
    return folder


def test_all_faces_in_one_picture(pairs: Path, out: Path) -> None:
    result = run(pairs, out, "--faces", "all", "--per-face", 2, "--share", 0.5, "--include-unmasked", *ONE_PROCESS)
    assert result.exit_code == 0, result.output
    names = [row["file_name"] for row in rows(out)]
    stems = ("b_png", "cloth__Zoë & Bo")
    assert sorted(names) == sorted(
        [f"images/all/{stem}-all{number}.jpg" for stem in stems for number in range(2)]
        + [f"images/none/{stem}-none0.jpg" for stem in stems]
    )
    assert {len(row["objects"]["bbox"]) for row in rows(out)} == {2}
    assert read_image(out / "contact_sheet.jpg").rgb.std() > 20


@pytest.mark.slow
def test_all_faces_are_the_same_bytes_for_any_number_of_workers_and_after_a_stop(pairs: Path, tmp_path: Path) -> None:
    for number in range(20):
        (pairs / f"copy{number:02}.png").write_bytes((pairs / "b.png").read_bytes() + bytes(number))
    words = ("--faces", "all", "--share", 0.5, "--crops", "--crop-px", 64)
    for name, jobs in (("one", 1), ("two", 2)):
        assert run(pairs, tmp_path / name, *words, "--jobs", jobs).exit_code == 0
    part = tmp_path / "part"
    assert run(pairs, part, *words, "--limit", 9, *ONE_PROCESS).exit_code == 0
    assert run(pairs, part, *words, "--resume", *ONE_PROCESS).exit_code == 0
    whole = visible(tmp_path / "one")
    assert whole == visible(tmp_path / "two") == visible(part)
    assert len([name for name in whole if name.startswith("images/all/")]) == 22


@pytest.mark.parametrize("share", [0, 0.001])
def test_a_share_that_leaves_every_face_bare_is_no_failure(pairs: Path, out: Path, share: float) -> None:
    result = run(pairs, out, "--faces", "all", "--share", share, *ONE_PROCESS)
    assert result.exit_code == 0, result.output
    assert {category for row in rows(out) for category in row["objects"]["category"]} == {"no_mask"}


@pytest.mark.parametrize("option", ["--author", "--licence"])
def test_words_in_another_encoding_are_wrong_use(pairs: Path, out: Path, option: str) -> None:
    result = run(pairs, out, option, b"Zo\xeb".decode("utf-8", "surrogateescape"), *ONE_PROCESS)
    assert result.exit_code == 2
    assert "'Zo\\udceb' is not UTF-8" in result.output
    assert not out.exists()


def visible(folder: Path) -> dict[str, bytes]:
    return {name: data for name, data in tree(folder).items() if not name.startswith(".")}


def test_largest_is_the_old_word_for_faces_largest(pairs: Path, tmp_path: Path) -> None:
    for name, words in (("old", ("--largest",)), ("new", ("--faces", "largest"))):
        assert run(pairs, tmp_path / name, "--mask", "ffp2", *words, *ONE_PROCESS).exit_code == 0
    assert tree(tmp_path / "old") == tree(tmp_path / "new")
    assert len(rows(tmp_path / "new")) == 2


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--largest", "--faces", "all"), "--largest is --faces largest"),
        (("--share", "0.5"), "--share is for --faces all"),
        (("--faces", "all", "--share", "1.5"), "1.5 is not in the range 0<=x<=1"),
        (("--faces", "some"), "'some' is not one of"),
    ],
)
def test_wrong_words_about_faces_are_told(pairs: Path, out: Path, words: tuple[str, ...], told: str) -> None:
    result = run(pairs, out, *words)
    assert result.exit_code == 2
    assert told in result.output
    assert not out.exists()


def marks(folder: Path) -> dict[str, bool]:
    """Whether each picture below a folder says that it is a composite, as Pillow reads it."""
    found = {}
    for name in sorted(tree(folder)):
        if name.endswith(".jpg"):
            with PillowImage.open(folder / name) as image:
                found[name] = b"digitalsourcetype/compositeSynthetic" in image.info.get("xmp", b"")
    return found


@pytest.mark.parametrize("faces", ["each", "all"])
def test_pictures_with_a_drawn_mask_say_so_and_bare_ones_do_not(pairs: Path, tmp_path: Path, faces: str) -> None:
    words = ("--faces", faces, "--include-unmasked", "--crops", "--crop-px", 64, *ONE_PROCESS)
    hostile = 'CC "<script>&\n</rdf:li>'
    for name, more in (("marked", ("--licence", hostile, "--author", "Bo")), ("plain", ("--no-mark",))):
        assert run(pairs, tmp_path / name, *words, *more).exit_code == 0
    found = marks(tmp_path / "marked")
    assert {name: mark for name, mark in found.items() if "none" in Path(name).parts} != {}
    assert all(mark != ("none" in Path(name).parts) for name, mark in found.items())
    assert not any(marks(tmp_path / "plain").values())
    for name in found:
        assert np.array_equal(read_image(tmp_path / "marked" / name).rgb, read_image(tmp_path / "plain" / name).rgb)
    row = rows(tmp_path / "marked")[0]
    assert (row["licence"], row["author"]) == (hostile, "Bo")
    with PillowImage.open(tmp_path / "marked" / row["file_name"]) as image:
        said = ElementTree.fromstring(image.info["xmp"])  # noqa: S314 - our own words
    texts = {element.text for element in said.iter()}
    assert {row["id"], "Bo", 'CC "<script>& </rdf:li>'} <= texts


def test_metadata_of_the_photo_does_not_travel(tmp_path: Path, portrait: Rgb, out: Path) -> None:
    exif = PillowImage.Exif()
    exif[0x010F], exif[0x013B] = "SecretCamera", "SecretOwner"
    (tmp_path / "in").mkdir()
    photo = tmp_path / "in" / "a.jpg"
    PillowImage.fromarray(portrait).save(photo, exif=exif, xmp=b"SecretPlace", comment=b"SecretWord", quality=95)
    assert photo.read_bytes().count(b"Secret") == 4
    for faces in ("each", "all"):
        words = ("--faces", faces, "--overwrite", "--include-unmasked", "--crops", "--alpha")
        assert run(tmp_path / "in", out, *words, *ONE_PROCESS).exit_code == 0
        assert not [name for name, data in tree(out).items() if b"Secret" in data]


def test_a_marked_picture_can_be_taken_in_again(pairs: Path, out: Path) -> None:
    assert run(pairs, out, "--mask", "ffp2", "--licence", "<html> <?php", *ONE_PROCESS).exit_code == 0
    for name in marks(out):
        refuse_polyglot((out / name).read_bytes())
