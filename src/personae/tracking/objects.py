"""Data versions and fitted models of the active MLflow run."""

import shutil
import tempfile
import warnings
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import pandas as pd

from personae.core.errors import PersonaeError

EXAMPLE_ROWS = 5
# What `personae.tracking.fitted` needs of this package, and of others.
ROOMS = ("core", "imputation", "response", "segmentation", "tracking")
REQUIREMENTS = (
    "mlflow",
    "numpy",
    "pandas",
    "pyarrow",
    "pydantic",
    "scikit-learn",
    "scipy",
    "skops",
    "xgboost-cpu",
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


def log_model(directory: Path, tables: Sequence[Path]) -> str:
    """Log a fitted model with signature, code and example rows; return its id.

    It loads where this package is not installed. Whole numbers are declared as figures, so that later rows
    may have gaps.

    Parameters
    ----------
    directory
        Where the stage saved the model; its last part is the model's name.
    tables
        Parquet files that the stage read; the first with all columns that the model needs is used.

    Raises
    ------
    PersonaeError
        If the model holds types that are not trusted, or no table has the columns that it needs.
    """
    import mlflow.pyfunc  # noqa: PLC0415 - costs a second

    from personae.tracking import fitted  # noqa: PLC0415

    loaded = fitted.load(directory)
    rows = _example(directory, loaded.columns, tables)
    whole = rows.select_dtypes("integer").columns
    example = rows.astype(dict.fromkeys(whole, "float64"))
    with (
        tempfile.TemporaryDirectory() as code,
        warnings.catch_warnings(action="ignore", category=UserWarning),
    ):
        logged = mlflow.pyfunc.log_model(
            name=directory.name,
            loader_module=fitted.__name__,
            code_paths=[str(_copy_code(Path(code)))],
            data_path=str(directory),
            signature=mlflow.models.infer_signature(example, loaded.predict(example)),
            input_example=example,
            pip_requirements=[f"{name}=={version(name)}" for name in REQUIREMENTS],
        )
    return str(logged.model_id)


def _copy_code(folder: Path) -> Path:
    """Copy the part of this package that a fitted model needs."""
    source = Path(__file__).parents[1]
    target = folder / source.name
    for room in ROOMS:
        shutil.copytree(source / room, target / room, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copyfile(source / "__init__.py", target / "__init__.py")
    return target


def _example(directory: Path, columns: Sequence[str], tables: Sequence[Path]) -> pd.DataFrame:
    for path in tables:
        table = pd.read_parquet(path)
        if set(columns) <= set(table.columns):
            return table[list(columns)].head(EXAMPLE_ROWS)
    listed = ", ".join(map(str, tables))
    raise PersonaeError(f"{directory}: no table of its stage ({listed}) has all columns that it needs")
