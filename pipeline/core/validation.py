"""How a document that doesn't fit its model is told to the user."""

from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from pipeline.core.errors import without_credentials

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

_LONGEST_VALUE = 160
"""Characters of a value that are shown: of a whole document the start tells which one it is."""
_LONGEST_READ = 2000
"""Characters of a value in which credentials are looked for, so that a long one takes no minutes."""
_MOST_PROBLEMS = 20


def explain_validation(origin: object, error: ValidationError, within: str = "") -> str:
    """One line for each problem: where it stands, the key, the value and what was expected.

    Args:
        origin: The file that was read, or what else to call the document.
        error: What pydantic found.
        within: The key under which the document stands in that file, such as `augment.mask`.
    """
    problems = error.errors(include_url=False)
    told = [_explain(str(origin), within, problem) for problem in problems[:_MOST_PROBLEMS]]
    more = len(problems) - len(told)
    return "\n".join([*told, *([f"{origin}: and {more} more"] if more else [])])


def _explain(origin: str, within: str, problem: "ErrorDetails") -> str:
    key = _cut(".".join(str(part) for part in (*filter(None, [within]), *problem["loc"])) or "(document)")
    expected = problem["msg"][:_LONGEST_READ]
    if problem["type"] == "missing":  # pydantic gives what it is missing from as its value
        return f"{origin}: {key}: {expected}"
    value = _shown(problem["input"])
    if problem["type"] == "extra_forbidden":
        return f"{origin}: {key}: unknown key (value {value}); check its spelling and its section"
    return f"{origin}: {key}: {value}: {expected}"


def _shown(value: Any) -> str:
    return _cut(without_credentials(repr(value)[:_LONGEST_READ]))


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_VALUE else text[:_LONGEST_VALUE] + "..."
