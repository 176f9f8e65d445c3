"""Pictures of every format that can be written here, damaged, and decoded in every way that the stages decode them."""

from collections.abc import Callable
from functools import partial

from hypothesis import strategies as st

from benchmarks.fuzz import Fuzzer
from benchmarks.fuzz.damage import Damaged
from benchmarks.fuzz.pictures import originals, portrait
from pipeline.core.errors import SampleRejected
from pipeline.sources.content import image_extension, refuse_polyglot
from pipeline.storage.images import decode_grey, decode_image
from pipeline.storage.orientation import turn_in_file

WAYS: tuple[Callable[[bytes], object], ...] = (
    image_extension,
    refuse_polyglot,
    turn_in_file,
    partial(decode_image, draft_side_px=64),
    decode_grey,
    decode_image,
)


def decoded(file: Damaged) -> str:
    """`pixels`; what another way than the last refuses is no news."""
    for way in WAYS[:-1]:
        try:
            way(file.data)
        except SampleRejected:
            continue
    WAYS[-1](file.data)
    return "pixels"


SOUND = originals(portrait())
FUZZER = Fuzzer(
    "images", st.builds(Damaged.of, st.just(SOUND), st.sampled_from(sorted(SOUND)), st.integers(0, 2**32 - 1)), decoded
)
