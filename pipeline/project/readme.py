"""The README of a new project."""

_TEXT = """# A Maskwright project

    pip install 'maskwright[train,pipeline]'     # once: the stages, DVC and PyTorch
    dvc repro                                    # the road: {road}

| file | what |
|---|---|
| `params.yaml` | every dial, with its unit and effect; {sources} |
| `dvc.yaml` | the stages: `dvc repro` runs those whose parameters or inputs have changed |
| `takedowns.yaml` | images that must not be used; `maskwright takedown` adds to it |
| `data/`, `models/`, `reports/` | what the stages make: look at `reports/curation.html`, `reports/report.html` |

`maskwright --help` lists the stages and the tools around them, such as `maskwright predict`, `export` and `sources`.

- Try another value: `dvc exp run -S train.epochs=30` {exp}
- DVC looks at parameters and at what stages make, not into your photo folders: after you have added photos run
  `dvc repro --force ingest@{name}`. After an upgrade of Maskwright run `dvc repro --force`.
{git}"""
_WITHOUT_GIT = (
    "- This project lies in no Git working tree, so `.dvc/config` says `no_scm = true`. After `git init` take that\n"
    "  line out; experiments then work too.\n"
)


def readme(source: str | None, *, git: bool) -> str:
    """The text; `source` is the name of the user's own source, None is the sample."""
    return _TEXT.format(
        road="about three minutes on two cores with the sample" if source is None else "masks, a data set and a model",
        sources="`ingest.sources` names what is taken in",
        exp="(DVC keeps experiments in Git)." if git else "needs Git.",
        name=source or "sample",
        git="" if git else _WITHOUT_GIT,
    )
