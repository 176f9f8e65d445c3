"""128 numbers that are alike for one person's faces, by the face recognition network of dlib (King 2017)."""

import dlib
import numpy as np
from numpy.typing import NDArray

from pipeline.core.arrays import Points, Rgb
from pipeline.faces.models import recognition_model

EMBEDDING_SIZE = 128
Embedding = NDArray[np.float32]


class FaceEmbedder:
    """Embeds faces; the Euclidean distance of two embeddings is small where they show one person."""

    def __init__(self) -> None:
        self._network = dlib.face_recognition_model_v1(str(recognition_model()))

    def embed(self, rgb: Rgb, landmarks: Points) -> Embedding:
        """The embedding `float32 (128,)` of the face with these 68 landmarks."""
        left, top = (round(float(v)) for v in landmarks.min(axis=0))
        right, bottom = (round(float(v)) for v in landmarks.max(axis=0))
        points = [dlib.point(round(float(x)), round(float(y))) for x, y in landmarks]
        shape = dlib.full_object_detection(dlib.rectangle(left, top, right, bottom), points)
        return np.array(self._network.compute_face_descriptor(np.ascontiguousarray(rgb), shape), dtype=np.float32)
