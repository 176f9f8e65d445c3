"""Numbers of options; apart, so that `--help` imports nothing else."""

import math
from typing import Any

import click


class NumberRange(click.FloatRange):
    """As click's, but without `nan`, which is below no bound and above none."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The number."""
        number = float(super().convert(value, param, ctx))
        if math.isnan(number):
            self.fail(f"{value!r} is no number.", param, ctx)
        return number
