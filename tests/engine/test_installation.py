import numpy as np

from pipeline.core.version import VERSION
from pipeline.engine.installation import differences, installation


def test_tells_what_decides_the_bytes() -> None:
    found = installation()
    assert found["numpy"] == np.__version__
    assert found["maskwright"] == VERSION
    assert "missing" not in found.values()
    assert installation() == found


def test_names_what_differs() -> None:
    assert differences({"numpy": "2", "python": "3.11"}, {"numpy": "2", "python": "3.12"}) == ["python 3.12, not 3.11"]
    assert differences({"numpy": "2"}, {"numpy": "2", "more": "1"}) == []
