"""How a document that doesn't fit its model is told to the user."""

from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from pipeline.core.errors import without_credentials

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

_LONGEST_VALUE = 160
"""Characters of a value that are shown: of a whole document the start tells which one it is."""


def explain_validation(origin: object, error: ValidationError, within: str = "") -> str:
    """One line for each problem: where it stands, the key, the value and what was expected.

    Args:
        origin: The file that was read, or what else to call the document.
        error: What pydantic found.
        within: The key under which the document stands in that file, such as `augment.mask`.
    """
    return "\n".join(_explain(str(origin), within, problem) for problem in error.errors())


def _explain(origin: str, within: str, problem: "ErrorDetails") -> str:
    key = ".".join(str(part) for part in (*filter(None, [within]), *problem["loc"])) or "(document)"
    if problem["type"] == "missing":  # pydantic gives what it is missing from as its value
        return f"{origin}: {key}: {problem['msg']}"
    value = _shown(problem["input"])
    if problem["type"] == "extra_forbidden":
        return f"{origin}: {key}: unknown key (value {value}); check its spelling and its section"
    return f"{origin}: {key}: {value}: {problem['msg']}"


def _shown(value: Any) -> str:
    text = without_credentials(repr(value))
    return text if len(text) <= _LONGEST_VALUE else text[:_LONGEST_VALUE] + "..."
