"""The README of a new project."""

from pipeline.project.faces_source import FacesSource

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

{taken}- Another folder or archive: `maskwright sources add PATH` says what it is, and puts it into
  `params.yaml` on a yes.
- Try another value: `dvc exp run -S train.epochs=30` {exp}
- DVC looks at parameters and at what stages make, not into your photo folders: after you have added photos run
  `dvc repro --force ingest@{name}`. After an upgrade of Maskwright run `dvc repro --force`.
{git}"""
_WITHOUT_GIT = (
    "- This project lies in no Git working tree, so `.dvc/config` says `no_scm = true`. After `git init` take that\n"
    "  line out; experiments then work too.\n"
)


def readme(source: FacesSource | None, *, git: bool) -> str:
    """The text; `source` is the user's own photos, None is the sample."""
    return _TEXT.format(
        road="about three minutes on two cores with the sample" if source is None else "masks, a data set and a model",
        sources="`ingest.sources` names what is taken in",
        taken="" if source is None else _taken(source),
        exp="(DVC keeps experiments in Git)." if git else "needs Git.",
        name="sample" if source is None else source.name,
        git="" if git else _WITHOUT_GIT,
    )


def _taken(source: FacesSource) -> str:
    """How the photos are labelled, and what is left to say."""
    if not source.recognised:
        return (
            f"- No folder's name and nothing beside the photos of `{source.name}` tells of masks: every photo counts\n"
            "  as bare, by `default_label` in `params.yaml`.\n"
        )
    text = f"- `{source.name}` was recognised: {source.recognised}. Its settings stand under `ingest.settings`.\n"
    if source.several:
        text += f"  But {source.several}: see that `adapter` there is the right one.\n"
    if source.untold:
        words = ", ".join(f"`{word}`" for word in source.untold)
        text += f"  Say there, under `labels`, in `params.yaml` what {words} means before the first `dvc repro`.\n"
    return text
