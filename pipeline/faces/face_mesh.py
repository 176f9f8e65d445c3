"""MediaPipe's mesh of 468 points in onnxruntime, brought to the 68 iBUG points.

The network (Kartynnik et al. 2019, arXiv 1907.06724) answers with a whole face in three dimensions, what is hidden
included, so its points stay a face's where the head turns to its side. What it was trained on lets it be used in
commerce, which dlib's points do not: docs/decisions/landmarks-by-two-models.md.
"""

import numpy as np
from numpy.typing import NDArray

from pipeline.core.arrays import Points, Rgb
from pipeline.core.step_times import timed
from pipeline.faces.detectors import Box, square_around, square_of
from pipeline.faces.models import FACE_MESH_FILE
from pipeline.faces.onnx_session import one_thread_session
from pipeline.faces.turning import roll_deg, turned_view

SIDE_PX = 192
_VERTICES = 468

_VIEW_SQUARES = 1.65
"""Side of the view over dlib's square. A second look, at the box of the first one's points as MediaPipe places it,
would be as wide to 2 % in the median, and is hardly better up to 60 degrees of yaw."""

_FRONTAL_SQUARE, _GROWTH, _MOST = 2.22, 1.6, 1.22
"""Side of that square over the way from the eyes to the mouth, as frontal heads have it at least; turned ones
have a smaller square, since their eyes lie near each other, and the mesh shrinks in it: at 45 to 60 degrees of yaw the
chin would come 5 % of the way from the sellion too high. So their view is enlarged by this power of what is missing,
up to a limit. Of masks on heads turned by 45 to 55 degrees 92 % cover what they should; 85 % with the first power."""

# fmt: off
_IBUG = np.array([
    (34, 162, 8), (137, 227, 1), (93, 132, 6), (177, 215, 1), (172, 138, 6), (136, 150, 7), (149, 150, 8),
    (140, 148, 3), (175, 152, 1), (369, 377, 3), (378, 379, 8), (365, 379, 7), (397, 367, 6), (401, 435, 1),
    (323, 361, 6), (366, 447, 1), (264, 389, 8),
    (70, 124, 4), (53, 63, 5), (52, 105, 6), (65, 65, 0), (55, 55, 0),
    (285, 285, 0), (295, 295, 0), (282, 334, 6), (283, 293, 5), (300, 353, 4),
    (6, 168, 3), (6, 197, 1), (5, 195, 7), (1, 4, 7),
    (98, 60, 6), (99, 164, 7), (2, 164, 7), (328, 164, 7), (327, 290, 6),
    (7, 247, 7), (159, 160, 6), (157, 158, 1), (112, 155, 1), (145, 153, 3), (144, 24, 6),
    (341, 382, 1), (384, 385, 1), (386, 387, 6), (249, 467, 7), (373, 254, 6), (374, 380, 3),
    *((vertex, vertex, 0) for vertex in (
        61, 39, 37, 0, 267, 269, 291, 405, 314, 17, 84, 181, 78, 82, 13, 312, 308, 317, 14, 87,
    )),
])
"""Each iBUG point between two vertices: first, second, tenths of the first. The mouth's are the usual ones; the others
were chosen by least squares against the 132 rendered portraits of the sample, left and right alike. With the usual
vertices of all 68 the points lie 4.7 % of the eye distance from the true ones, with these 3.5 %; on 377 photos, whose
true points nobody knows, they lie nearer to dlib's too: 3.7 % against 4.6 %."""

_CHEEK = (
    (34, 143, 35, 226, 130), (227, 116, 117, 118), (93, 137, 147, 187, 50), (215, 213, 192, 207, 216),
    (138, 135, 214, 202), (150, 169, 211), (149, 140), (148, 171),
)
_OTHER_CHEEK = (
    (264, 372, 265, 446, 359), (447, 345, 346, 347), (323, 366, 376, 411, 280), (435, 433, 416, 427, 436),
    (367, 364, 434, 422), (379, 394, 431), (378, 369), (377, 396),
)
# fmt: on
"""Vertices from each point of the jaw towards the middle, the temple's first, on the viewer's left and right."""

_DOWN = ((127, 356), (58, 288))
"""Vertices of both temples, and of both jaw corners right below them: between their middles lies the way down."""


class FaceMesh:
    """The network, run on one thread."""

    def __init__(self) -> None:
        self._session = one_thread_session(FACE_MESH_FILE)
        self._input = self._session.get_inputs()[0].name

    def vertices(self, rgb: Rgb) -> NDArray[np.float32]:
        """The mesh `(468, 2)` as x, y in pixels of a view `(192, 192, 3)` that shows one face upright.

        They are pixels' centres: of a mirrored view the mesh is the mirrored one.
        """
        picture = np.ascontiguousarray(rgb.transpose(2, 0, 1)[None], dtype=np.float32) / 255
        (points,) = self._session.run(["points"], {self._input: picture})
        return np.asarray(points.reshape(_VERTICES, 3)[:, :2], dtype=np.float32)


class MeshLandmarks:
    """Predicts 68 points inside a detector's box."""

    def __init__(self) -> None:
        self._mesh = FaceMesh()

    @timed("landmarks")
    def predict(self, rgb: Rgb, box: Box) -> Points:
        """Points `float32 (68, 2)` as x, y in pixels; they may lie outside the image."""
        x, y, side = square_around(box)
        roll, larger = 0.0, 1.0
        if box.five:
            five = np.reshape(np.array(box.five), (5, 2))
            roll, larger = roll_deg(five), _enlarged(five)
        view = turned_view(rgb, (x, y), max(side, 1.0) * _VIEW_SQUARES * larger, SIDE_PX, roll)
        return ibug_points(view.points(self._mesh.vertices(view.rgb)))


def _enlarged(five: NDArray[np.float64]) -> float:
    """By how much the view is enlarged for a head with these points `(5, 2)`; 1 for a frontal one."""
    down = float(np.linalg.norm(five[3:].mean(axis=0) - five[:2].mean(axis=0)))
    narrower = max(1.0, _FRONTAL_SQUARE * down / max(square_of(five)[2], 1e-6))
    return min(float(narrower**_GROWTH), _MOST)


def ibug_points(vertices: NDArray[np.float32]) -> Points:
    """The 68 iBUG points `(68, 2)` of a mesh `(468, 2)`.

    Those of the jaw that a turned head hides lie on the outline that is seen, at the height of the hidden ones: so
    iBUG marks them, so dlib predicts them, and so the masks' head is fitted to them.
    """
    first, second, tenths = _IBUG.T
    share = (tenths / 10).astype(np.float32)[:, None]
    points = vertices[first] * share + vertices[second] * (1 - share)
    down = vertices[list(_DOWN[1])].mean(axis=0) - vertices[list(_DOWN[0])].mean(axis=0)
    across = np.array([down[1], -down[0]]) / max(float(np.hypot(*down)), 1e-6)
    for place, path in enumerate(_CHEEK):
        points[place] -= across * max(0.0, float(((points[place] - vertices[list(path)]) @ across).max()))
    for place, path in enumerate(_OTHER_CHEEK):
        points[16 - place] += across * max(0.0, float(((vertices[list(path)] - points[16 - place]) @ across).max()))
    return np.asarray(points, dtype=np.float32)
