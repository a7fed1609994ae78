"""Settings of a sweep, one file in conf/sweep/."""

import json
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter, ValidationError

from personae.config.reading import read_yaml
from personae.core.errors import PersonaeError
from personae.core.settings import Frozen, Seed


class Prune(Frozen):
    """Stop trials below the median of others at an intermediate step.

    Attributes
    ----------
    trials
        Complete trials before the first can be stopped.
    steps
        Steps of a trial before it can be stopped: folds, or rounds of bootstraps.
    """

    trials: int = Field(8, gt=0)
    steps: int = Field(1, gt=0)


class _SweepSettings(Frozen):
    """Settings common to all sweeps.

    Attributes
    ----------
    space
        Keys and what they may be, in Hydra's grammar of overrides.
    trials
        In all, those of earlier calls and other workers counted.
    sampler, startup
        Tree-structured Parzen estimators after `startup` random trials, or random throughout.
    seed
        Of the sampler and of what the search scores on: other folds and bootstraps than the stage's own.
    prune
        null, or when to stop a trial early; a sweep with several objectives never does.
    """

    space: list[str] = Field(min_length=1)
    trials: int = Field(40, gt=0)
    sampler: Literal["tpe", "random"] = "tpe"
    startup: int = Field(10, gt=0)
    seed: Seed = 1
    prune: Prune | None = None


class SegmentSweep(_SweepSettings):
    """Sweep of stage segment; `bootstraps` measure a trial's stability."""

    stage: Literal["segment"] = "segment"
    objectives: list[Literal["quality", "silhouette", "stability"]] = Field(["quality"], min_length=1)
    bootstraps: int = Field(16, gt=1)


class ClassifySweep(_SweepSettings):
    """Sweep of stage classify: `folds` inner folds, one in `outer` held out."""

    stage: Literal["classify"] = "classify"
    objectives: list[Literal["average_precision", "roc_auc", "profit"]] = Field(
        ["average_precision"], min_length=1
    )
    folds: int = Field(4, gt=1)
    outer: int = Field(5, gt=2)


class ImputeSweep(_SweepSettings):
    """Sweep of stage impute: `folds` folds, one customer in `outer` held out."""

    stage: Literal["impute"] = "impute"
    objectives: list[Literal["error"]] = Field(["error"], min_length=1)
    folds: int = Field(4, gt=1)
    outer: int = Field(5, gt=2)


Sweep = SegmentSweep | ClassifySweep | ImputeSweep
_ANY: TypeAdapter[Sweep] = TypeAdapter(Annotated[Sweep, Field(discriminator="stage")])


def load_sweep(path: Path, stage: str, *, space: list[str], trials: int | None = None) -> Sweep:
    """Read a sweep's file, with space or trials overridden.

    Raises
    ------
    PersonaeError
        If the file is missing or says something that no sweep has, or is about another stage.
    """
    if not path.exists():
        known = ", ".join(sorted(each.stem for each in path.parent.glob("*.yaml"))) or "none"
        raise PersonaeError(f"{path}: no such file; sweeps there are: {known}")
    content = read_yaml(path)
    if content.get("stage") != stage:
        raise PersonaeError(f"{path}: is about stage {content.get('stage')!r}; expected {stage}")
    given = content | ({"space": space} if space else {}) | ({"trials": trials} if trials is not None else {})
    try:
        return _ANY.validate_json(json.dumps(given))
    except ValidationError as error:
        problem = error.errors()[0]
        name = ".".join(str(part) for part in problem["loc"][1:])
        raise PersonaeError(f"{path}: {name} holds {problem['input']!r}; {problem['msg']}") from None
