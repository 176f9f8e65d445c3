"""Run the fuzzers for some minutes and print a table of what became of the inputs.

    python -m benchmarks.fuzz [--minutes 30] [--only http,yaml] [--seed 0]

The time is shared among the parsers. Ends with exit code 1 where a fault is found.
"""

import argparse
import sys

from benchmarks.fuzz import Tally, all_fuzzers, fuzz_for, limit_memory

MEMORY_MB = 4096
"""For all inputs of a run: enough for any of them, too little for one that asks for what its header claims."""


def main() -> None:
    """Share the minutes among the parsers asked for and print what came of it."""
    fuzzers = all_fuzzers()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--only", default=",".join(fuzzers), help="names, with commas between")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    names = options.only.split(",")
    if unknown := set(names) - set(fuzzers):
        parser.error(f"no fuzzer {', '.join(sorted(unknown))}; there are {', '.join(fuzzers)}")
    limit_memory(MEMORY_MB)
    tallies = [fuzz_for(fuzzers[name], options.minutes * 60 / len(names), options.seed) for name in names]
    print_table(tallies)
    sys.exit(any(tally.faults for tally in tallies))


def print_table(tallies: list[Tally]) -> None:
    """Print a line for each parser, then its rows by word and the first faults."""
    print(f"{'kind':20}{'inputs tried':>14}{'rows':>10}{'faults':>10}")
    for tally in tallies:
        print(f"{tally.kind:20}{tally.tried:14}{tally.rows.total():10}{tally.faults:10}")
    for tally in tallies:
        print(f"\n{tally.kind}: " + ", ".join(f"{word} {number}" for word, number in tally.rows.most_common()))
        for told in tally.told:
            print(f"    {told}")


if __name__ == "__main__":
    main()
