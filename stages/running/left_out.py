"""What is told of the files and folders that a walk through the photos leaves out."""

from collections import Counter

from stages.running.screen import counted

_SHOWN = 5


def by_ending(files: Counter[str]) -> list[tuple[str, int]]:
    """Endings with how many files have each, the most frequent first; what is rare, or has none, is one line.

    >>> by_ending(Counter({".txt": 1, ".nef": 3, "": 2}))
    [('.nef', 3), ('.txt', 1), ('others', 2)]
    """
    known = sorted(((ending, number) for ending, number in files.items() if ending), key=lambda one: (-one[1], one[0]))
    rest = files.total() - sum(number for _, number in known[:_SHOWN])
    return known[:_SHOWN] + ([("others", rest)] if rest else [])


def left_out_told(files: Counter[str], folders: int) -> str:
    """The same in a sentence's words, with the folders; empty where nothing was left out.

    >>> left_out_told(Counter({".nef": 3}), 1)
    'left out: 3 other files (.nef 3), 1 folder (an output of augment-masks, or seen before)'
    """
    endings = ", ".join(f"{ending} {number}" for ending, number in by_ending(files))
    told = [f"{counted(files.total(), 'other file')} ({endings})"] if files else []
    if folders:
        told.append(f"{counted(folders, 'folder')} (an output of augment-masks, or seen before)")
    return f"left out: {', '.join(told)}" if told else ""
