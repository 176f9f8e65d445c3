"""Map a function over records and give the results back in the records' order."""

from pipeline.engine.mapping import map_records

__all__ = ["map_records"]
