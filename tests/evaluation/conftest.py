"""The project of tiny crops is shared by training and evaluation."""

from tests.training.project import project

__all__ = ["project"]
