"""One module a parser; its `FUZZER` is found by being there."""
