import itertools

import pytest

from pipeline.sources.image_index import Claim
from pipeline.sources.matching import match_claims

XML = "stem"


def matched(images: list[str], claims: list[tuple[str, str, str]]) -> dict[str, str]:
    """Image -> what is said; claims are (paper, named, said), and an XML has its own stem."""
    matches = match_claims(images, [claim_of(*claim) for claim in claims])
    found = {origin: claim.said for origin, claim in matches.found.items()}
    found |= dict.fromkeys(matches.contested, "contested")
    return found | {claim.paper: "missing" for claim in matches.missing}


def claim_of(paper: str, named: str, said: str) -> Claim[str]:
    stem = paper.rpartition("/")[2].removesuffix(".xml") if paper.endswith(".xml") else ""
    return Claim(paper, said, named=named, stem=stem)


@pytest.mark.parametrize(
    ("images", "claims", "expected"),
    [
        pytest.param(["a.jpg"], [("a.xml", "", "1")], {"a.jpg": "1"}, id="stem beside it"),
        pytest.param(["images/s/a.jpg"], [("annotations/s/a.xml", "", "1")], {"images/s/a.jpg": "1"}, id="parallel"),
        pytest.param(["s/images/a.jpg"], [("s/labels/a.xml", "", "1")], {"s/images/a.jpg": "1"}, id="parallel inside"),
        pytest.param(
            ["a.jpg", "b.jpg"],
            [("a.xml", "a.jpg", "1"), ("b.xml", "a.jpg", "2")],
            {"a.jpg": "1", "b.jpg": "2"},
            id="the stem before a copied filename",
        ),
        pytest.param(["a.jpg"], [("a.xml", "IMG_1.jpg", "1")], {"a.jpg": "1"}, id="renamed"),
        pytest.param(["IMG_1.jpg"], [("a.xml", "IMG_1.jpg", "1")], {"IMG_1.jpg": "1"}, id="filename last"),
        pytest.param(["p.png"], [("a.xml", "p.jpg", "1")], {"p.png": "1"}, id="another ending"),
        pytest.param(
            ["a.jpg"],
            [("a.xml", "a.jpg", "1"), ("b.xml", "a.jpg", "2")],
            {"a.jpg": "contested"},
            id="two claim one",
        ),
        pytest.param(["a.jpg"], [("a.xml", "a.jpg", "1"), ("b.xml", "a.jpg", "1")], {"a.jpg": "1"}, id="two equal"),
        pytest.param(
            ["images/a.jpg", "images/b.jpg"],
            [("labels/a.xml", "", "1"), ("labels_old/a.xml", "", "2"), ("labels_old/b.xml", "", "2")],
            {"images/a.jpg": "1", "labels_old/a.xml": "missing", "images/b.jpg": "contested"},
            id="of an older set",
        ),
        pytest.param(
            ["images/a.jpg", "images/b.jpg"],
            [("labels/a.xml", "", "1"), ("runs/detect/exp2/labels/b.xml", "", "2")],
            {"images/a.jpg": "1", "images/b.jpg": "contested"},
            id="what a model saw",
        ),
        pytest.param(
            ["images/a.jpg", "images/b.jpg"],
            [("labels/a.xml", "", "1"), ("second batch/b.xml", "", "2")],
            {"images/a.jpg": "1", "images/b.jpg": "2"},
            id="a second batch",
        ),
        pytest.param(
            ["JPEGs/a.jpg", "JPEGs/b.jpg"],
            [("anotaciones/a.xml", "", "1"), ("anotaciones/b.xml", "", "2")],
            {"JPEGs/a.jpg": "1", "JPEGs/b.jpg": "2"},
            id="all elsewhere",
        ),
        pytest.param(["img.jpg"], [("t.csv", "img.2", "1")], {"t.csv": "missing"}, id="a number is no ending"),
        pytest.param(["img.2.jpg"], [("t.csv", "img.2", "1")], {"img.2.jpg": "1"}, id="a number in the name"),
        pytest.param(
            ["a.jpg", "a.png"],
            [("a.xml", "a.png", "1")],
            {"a.png": "1"},
            id="the filename tells two of one stem",
        ),
        pytest.param(
            ["a.jpg", "a.png"],
            [("a.xml", "", "1")],
            {"a.jpg": "contested", "a.png": "contested"},
            id="two of a stem",
        ),
        pytest.param(
            ["test/a.jpg", "train/b.jpg"],
            [("train/a.xml", "a.jpg", "1")],
            {"train/a.xml": "missing"},
            id="never across folders",
        ),
        pytest.param(
            ["x/a.jpg", "y/a.jpg"],
            [("x/a.xml", "a.jpg", "1"), ("y/a.xml", "a.jpg", "2")],
            {"x/a.jpg": "1", "y/a.jpg": "2"},
            id="one name in two folders",
        ),
        pytest.param(["x/a.jpg", "y/a.jpg"], [("c.json", "x/a.jpg", "1")], {"x/a.jpg": "1"}, id="relative path"),
        pytest.param(["x/a.jpg"], [("c.json", r"X\A.JPG", "1")], {"x/a.jpg": "1"}, id="backslashes and case"),
        pytest.param(
            ["x/A.jpg", "x/a.jpg"],
            [("c.json", "x/a.jpg", "1"), ("c.json", "x/A.jpg", "2")],
            {"x/a.jpg": "1", "x/A.jpg": "2"},
            id="case tells two apart",
        ),
        pytest.param(
            ["x/A.jpg", "x/a.jpg"],
            [("x/c.json", "A.JPG", "1")],
            {"x/A.jpg": "contested", "x/a.jpg": "contested"},
            id="case that fits two",
        ),
        pytest.param(
            ["m\u00e1/a\u0301.jpg"],
            [("c.json", "ma\u0301/\u00e1.jpg", "1")],
            {"m\u00e1/a\u0301.jpg": "1"},
            id="accents",
        ),
        pytest.param(["images/a.jpg"], [("annotations/train.json", "a.jpg", "1")], {"images/a.jpg": "1"}, id="coco"),
        pytest.param(
            ["train2017/1.jpg", "val2017/1.jpg"],
            [
                ("annotations/instances_train2017.json", "1.jpg", "t"),
                ("annotations/instances_val2017.json", "1.jpg", "v"),
            ],
            {"train2017/1.jpg": "t", "val2017/1.jpg": "v"},
            id="coco's own layout",
        ),
        pytest.param(
            ["x/1.jpg", "y/1.jpg"],
            [("c.json", "1.jpg", "1")],
            {"x/1.jpg": "contested", "y/1.jpg": "contested"},
            id="a bare name in two folders",
        ),
        pytest.param(
            ["a.jpg"],
            [("c.json", "/home/me/set/a.jpg", "1")],
            {"a.jpg": "1"},
            id="a path on another machine",
        ),
        pytest.param(
            ["a.jpg", "s/b.jpg"],
            [("c.json", "a.jpg", "1"), ("d.json", "s/a.jpg", "2")],
            {"a.jpg": "1", "d.json": "missing"},
            id="who names the image before who names one that is gone",
        ),
        pytest.param(["p/a.jpg"], [("a.xml", "", "1")], {"p/a.jpg": "1"}, id="the only folder of images"),
        pytest.param(["test/a.jpg"], [("boxes_train/a.xml", "", "1")], {"boxes_train/a.xml": "missing"}, id="sides"),
        pytest.param(
            ["imagenes/entrenamiento/1.jpg", "imagenes/prueba/1.jpg"],
            [("anotaciones/entrenamiento/1.xml", "", "e"), ("anotaciones/prueba/1.xml", "", "p")],
            {"imagenes/entrenamiento/1.jpg": "e", "imagenes/prueba/1.jpg": "p"},
            id="folders of another language",
        ),
        pytest.param(
            ["fotos/prüfung/1.jpg", "fotos/übung/1.jpg"],
            [("kästen/prüfung.json", "1.jpg", "p"), ("kästen/boxen_übung_2.json", "1.jpg", "u")],
            {"fotos/prüfung/1.jpg": "p", "fotos/übung/1.jpg": "u"},
            id="files of another language",
        ),
        pytest.param(
            ["fotos/a/1.jpg", "fotos/b/1.jpg"],
            [("kästen/c.json", "1.jpg", "1")],
            {"fotos/a/1.jpg": "contested", "fotos/b/1.jpg": "contested"},
            id="folders that nothing tells apart",
        ),
        pytest.param(["images/0.jpg"], [("annotations/0.jpg.xml", "", "1")], {"images/0.jpg": "1"}, id="0.jpg.xml"),
    ],
)
def test_each_claim_finds_its_image(
    images: list[str], claims: list[tuple[str, str, str]], expected: dict[str, str]
) -> None:
    assert matched(images, claims) == expected
    for order in itertools.permutations(claims):
        assert matched(images[::-1], list(order)) == expected
