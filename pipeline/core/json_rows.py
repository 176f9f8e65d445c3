"""A line of JSON Lines that a stranger may have written."""

import json
from typing import Any


def json_object(line: str | bytes) -> dict[str, Any]:
    """The object of one line.

    Raises:
        ValueError: it is no JSON, or no object, or nested too deep to read.
    """
    try:
        row = json.loads(line)
    except RecursionError as error:
        raise ValueError("nested too deep") from error
    if not isinstance(row, dict):
        raise ValueError("is no JSON object")
    return row
