"""Where the model files are: here or inside the packages that carry them, so that nothing is downloaded at run time."""

from importlib.util import find_spec
from pathlib import Path

from pipeline.core.errors import MaskwrightError

YUNET_FILE = Path(__file__).with_name("yunet.onnx")
"""YuNet as generators/yunet_model.py makes it."""
YUNET_RELEASE = "2023mar"
FACE_MESH_FILE = Path(__file__).with_name("face_mesh.onnx")
"""MediaPipe's mesh of 468 points as generators/landmark_mesh_model.py makes it."""


def packaged_file(package: str, pattern: str) -> Path:
    """The one file that matches `pattern` under an installed package, found without importing the package.

    Importing would fail: face_recognition_models asks for `pkg_resources`, which current setuptools lacks.

    Raises:
        MaskwrightError: the package or the file is missing.
    """
    spec = find_spec(package)
    roots = spec.submodule_search_locations if spec else None
    files = sorted(file for root in roots or () for file in Path(root).rglob(pattern))
    if not files:
        raise MaskwrightError(f"the package {package} with a file {pattern} is not installed: pip install {package}")
    return files[0]


def landmark_model() -> Path:
    """The 68-point shape predictor of dlib, carried by `face_recognition_models`."""
    return packaged_file("face_recognition_models", "shape_predictor_68_face_landmarks.dat")


def cnn_detector_model() -> Path:
    """The mmod CNN face detector of dlib, carried by `face_recognition_models`."""
    return packaged_file("face_recognition_models", "mmod_human_face_detector.dat")


def recognition_model() -> Path:
    """The face recognition network of dlib, carried by `face_recognition_models`."""
    return packaged_file("face_recognition_models", "dlib_face_recognition_resnet_model_v1.dat")
