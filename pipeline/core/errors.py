"""What can go wrong in a way that a user can act on."""

import re


class MaskwrightError(Exception):
    """Base of every error whose message is meant for the user; the commands print it without a traceback."""


class ConfigError(MaskwrightError):
    """A parameter is unknown or impossible; the message names the file, the key, the value and what was expected."""


class ManifestError(MaskwrightError):
    """A manifest is missing, damaged, or has another schema than its reader expects."""


class ShapeError(MaskwrightError):
    """An array has another shape or dtype than the function's docstring asks for."""


class TemplateError(MaskwrightError):
    """A mask template is broken; the message names the file, the field and what was expected."""


class SourceError(MaskwrightError):
    """A source cannot be taken as a whole; the message says what to do."""


class StorageError(MaskwrightError):
    """An object store cannot be used; the message names the address and what its client said."""


class WorkerError(MaskwrightError):
    """Workers cannot be had, or die whatever they are given; the message says what to do."""


class OutputError(MaskwrightError):
    """An output folder cannot be used or written; the message says what to do."""


class ReplayError(MaskwrightError):
    """A logged picture cannot be drawn again; the message says what is missing or has changed."""


class SampleRejected(MaskwrightError):  # noqa: N818 - a verdict about one sample, not a failure of the run
    """One sample cannot be used; it becomes a `Rejection` row.

    Attributes:
        reason: A short snake_case word that is counted, such as `no_face`.
        detail: What was found, for a person.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail

    def __reduce__(self) -> tuple[type["SampleRejected"], tuple[str, str]]:
        """Pickle by both parts: the default would call `__init__` with the message alone."""
        return (type(self), (self.reason, self.detail))


_CREDENTIALS = re.compile(r"(?<=://)[^/\s@]*@|[^\s/:'\"@]+:[^\s/'\"@]*@")
"""`user:password@`, and whatever stands before the `@` of an address."""


def without_credentials(text: str) -> str:
    """The text with the user and password in any address hidden, so that it can be shown."""
    return _CREDENTIALS.sub("***@", text)
