"""What an object store holds."""

from pipeline.core.locations import Address
from pipeline.storage.stores import list_objects


def list_files(folder: Address) -> list[str]:
    """The paths below `folder` of all objects in it, sorted."""
    return [found.name for found in list_objects(folder)]
