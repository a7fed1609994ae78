"""Data versions and fitted models of the active MLflow run."""

import shutil
import tempfile
import warnings
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import polars as pl

from personae.core.files import read_json
from personae.scoring.rows import AS_OF, REASONS
from personae.scoring.scorer import CHECKED, DESCRIBED, PARTS, SCORES, Scorer, assemble
from personae.tracking.scorer_model import MODELS, SCRIPT

if TYPE_CHECKING:
    from mlflow.models import ModelSignature


NAME = "scorer"
# What a scorer needs of this package.
ROOMS = (
    *("core", "features", "imputation", "response", "scoring", "segmentation", "sources", "studies"),
    *("targeting", "tracking"),
)


def log_dataset(name: str, path: str, md5: str, context: str) -> None:
    """Log a data version as a run's input, with DVC's md5."""
    import mlflow.data  # noqa: PLC0415 - costs a second
    from mlflow.data.dataset_source_registry import resolve_dataset_source  # noqa: PLC0415
    from mlflow.data.meta_dataset import MetaDataset  # noqa: PLC0415

    with warnings.catch_warnings(action="ignore", category=UserWarning):  # hints, printed for each run
        source = resolve_dataset_source(path)
        if path.endswith(".parquet"):
            logged = mlflow.data.from_pandas(pd.read_parquet(path), source=source, name=name, digest=md5)
        else:
            logged = MetaDataset(source, name=name, digest=md5)
        mlflow.log_input(logged, context=context, tags={"dvc.path": path, "dvc.md5": md5})


def log_scorer(folder: Path, study: str) -> str:
    """Log a study's scorer with signature, code and an example that is no customer; return its id.

    Cells of the signature are of any type: the scorer casts them itself, so that a cell that does not fit is
    its row's problem and not that of the whole table.

    Parameters
    ----------
    folder
        Where the stages saved the fitted parts: `models/<study>`.

    Raises
    ------
    PersonaeError
        If the models hold types that are not trusted.
    """
    import mlflow.pyfunc  # noqa: PLC0415 - costs a second

    described = read_json(folder / "scorer" / DESCRIBED)
    scorer = assemble(described, folder)
    example = _example(scorer)
    with (
        tempfile.TemporaryDirectory() as place,
        warnings.catch_warnings(action="ignore", category=UserWarning),
    ):
        code, script = _copy_code(Path(place) / "code"), Path(place) / "served.py"
        script.write_text(SCRIPT, encoding="utf-8")
        logged = mlflow.pyfunc.log_model(
            name=NAME,
            python_model=str(script),
            artifacts={MODELS: str(_copy_parts(folder, Path(place) / MODELS))},
            code_paths=[str(code)],
            signature=_signature(scorer),
            input_example=example,
            metadata={"study": study, "model_version": scorer.version},
            pip_requirements=requirements(folder),
        )
    return str(logged.model_id)


def requirements(folder: Path) -> list[str]:
    """What scoring took in a process of its own, and MLflow."""
    return [*read_json(folder / "scorer" / CHECKED)["requirements"], f"mlflow=={version('mlflow')}"]


def _signature(scorer: Scorer) -> "ModelSignature":
    from mlflow.models import ModelSignature  # noqa: PLC0415 - costs a second
    from mlflow.types import ColSpec, DataType, ParamSchema, ParamSpec, Schema  # noqa: PLC0415
    from mlflow.types.schema import AnyType  # noqa: PLC0415

    names = dict.fromkeys([*(scorer.raw_columns or ()), "customer", *scorer.parts.typical])
    kinds = {
        pl.String: "string",
        pl.Int64: "long",
        pl.Float64: "double",
        pl.Boolean: "boolean",
        pl.Date: "datetime",
    }
    params = [
        ParamSpec("as_of", DataType.string, AS_OF),
        ParamSpec("reasons", DataType.long, REASONS),
    ]
    return ModelSignature(
        Schema([ColSpec(AnyType(), name, required=False) for name in names]),
        Schema([ColSpec(kinds[kind], name, required=False) for name, kind in SCORES.items()]),
        ParamSchema(params),
    )


def _example(scorer: Scorer) -> pd.DataFrame:
    """A prepared row of typical values, which is no customer's."""
    return pd.DataFrame([{"customer": "example", **scorer.parts.typical}])


def _copy_parts(folder: Path, target: Path) -> Path:
    """Copy the fitted parts and their description, without anybody's rows."""
    for part in PARTS:
        if (folder / part).is_dir():
            shutil.copytree(folder / part, target / part)
    (target / "scorer").mkdir(parents=True)
    shutil.copyfile(folder / "scorer" / DESCRIBED, target / "scorer" / DESCRIBED)
    return target


def _copy_code(folder: Path) -> Path:
    """Copy this package's code."""
    source = Path(__file__).parents[1]
    target = folder / source.name
    for room in ROOMS:
        shutil.copytree(source / room, target / room, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copyfile(source / "__init__.py", target / "__init__.py")
    return target
