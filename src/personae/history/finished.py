"""A study's last finished result, read whole: never files of two results."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
import polars.selectors as cs

from personae.config.reading import read_yaml
from personae.core import paths
from personae.core.errors import PersonaeError
from personae.core.lock import read_lock
from personae.core.settings import read
from personae.report.results import REPORTS
from personae.tracking import key

if TYPE_CHECKING:
    from personae.scoring.scorer import Scorer

TABLES = ("rules.csv", "curves/profit.csv")
UNREAD = PersonaeError, OSError, ValueError, TypeError, KeyError, pl.exceptions.PolarsError


@dataclass(frozen=True, slots=True)
class StudyResults:
    """What the stages of a study found, all of one result.

    Attributes
    ----------
    study, key
        Its name, and the key of the result: equal results have equal keys.
    reports
        Contents of the JSON reports that the study has, by name without ending; `answer` among them.
    tables
        `targets`, `rules` and `curves/profit`, those that the study has.
    labels
        Names of columns for people, from the data dictionary.
    """

    study: str
    key: str
    reports: Mapping[str, Any]
    tables: Mapping[str, pl.DataFrame]
    labels: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class FittedScorer:
    """Scorer of a finished result, with the data that it was fitted on.

    Attributes
    ----------
    key
        Of the result.
    scorer
        From inputs of a customer to segment, probability and decision.
    files
        The study's own files, where each of their rows is a customer; else none.
    customers
        Completed customers, where one takes several rows or files; else none.
    ranges
        Least and largest value of each column of numbers that the scorer reads.
    """

    key: str
    scorer: "Scorer"
    files: Sequence[Path]
    customers: pl.DataFrame
    ranges: Mapping[str, tuple[float, float]]


def studies() -> list[str]:
    """Name the studies of the project.

    Raises
    ------
    PersonaeError
        If there is no project around.
    """
    return list(read_yaml(paths.PARAMS))


def read_results(study: str) -> StudyResults:
    """Read the finished result of a study.

    Every file must be the one that `dvc.lock` says its stage wrote, and every stage must have seen the latest
    outputs of those before it: while `dvc repro` runs, and where it was broken off, there is no result.

    Raises
    ------
    PersonaeError
        With what to run, if there is no finished result.
    """
    with _finished(study) as (result, written):
        labels = read(paths.settings(study, "profile"))["profile"]["labels"]
        key.check_settings(result)
        reports = {
            name: json.loads(text)
            for name in (*REPORTS, "answer", "headline")
            if (text := _content(paths.report(study, f"{name}.json"), written)) is not None
        }
        tables = {
            name.removesuffix(".csv"): pl.read_csv(BytesIO(content), infer_schema_length=None)
            for name in TABLES
            if (content := _content(paths.report(study, name), written)) is not None
        }
        if (content := _content(paths.table(study, "targets"), written)) is not None:
            tables["targets"] = pl.read_parquet(BytesIO(content))
    return StudyResults(study, result.key, reports, tables, labels)


class LastResults:
    """Finished results of a project's studies, kept: the last one while the next is computed."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[int, StudyResults]] = {}

    def read(self, study: str) -> StudyResults:
        """Read the finished result of a study, again only where `dvc.lock` has changed.

        Raises
        ------
        PersonaeError
            With what to run, if there is none and none was read before.
        """
        lock = Path("dvc.lock")
        changed = lock.stat().st_mtime_ns if lock.exists() else 0
        if study not in self._kept or self._kept[study][0] != changed:
            try:
                self._kept[study] = changed, read_results(study)
            except PersonaeError:
                if study not in self._kept:
                    raise
        return self._kept[study][1]


def read_scorer(study: str) -> FittedScorer:
    """Read the scorer of a study's finished result, as `read_results` does.

    Raises
    ------
    PersonaeError
        With what to run, if there is no finished result.
    """
    from personae.scoring.scorer import PARTS, load_scorer  # noqa: PLC0415 - scikit-learn takes a second

    with _finished(study) as (result, written):
        scorer = load_scorer(study)
        parts = [paths.model(study, part).as_posix() for part in (*PARTS, "scorer")]
        seen = {path: written[path] for path in parts if path in written} | result.data()
        for path, md5 in seen.items():
            if key.md5(Path(path)) != md5:
                raise PersonaeError(f"{path} is not what dvc.lock says")
        content = BytesIO(_content(paths.table(study, "complete"), written) or b"")
        columns = ["customer", *scorer.parts.columns(pl.read_parquet_schema(content))]
        customers = pl.read_parquet(content, columns=list(dict.fromkeys(columns)))
        numbers = customers.select(cs.numeric().exclude("customer"))
        least, most = (numbers.select(each).row(0) for each in (pl.all().min(), pl.all().max()))
        ends = zip(numbers.columns, least, most, strict=True)
        ranges = {name: (low, high) for name, low, high in ends if low is not None}
        alone = hasattr(scorer.preparation, "apply")
        files = scorer.preparation.raw(paths.raw(study)) if alone else []
    return FittedScorer(result.key, scorer, files, customers.clear() if alone else customers, ranges)


@contextmanager
def _finished(study: str) -> Iterator[tuple[key.Finished, Mapping[str, str]]]:
    """Finished result and MD5 of its outputs; whatever cannot be read is one error."""
    try:
        result = key.finished(study, read_lock(), Path("dvc.yaml").read_text("utf-8"))
        yield result, {path: md5 for path, md5, _ in result.outputs()}
    except UNREAD as error:
        raise PersonaeError(
            f"{study} has no finished result here: run `make repro` (`dvc repro track@{study}`); "
            f"while that runs, come back when it has ended ({error})"
        ) from None


def _content(path: Path, written: Mapping[str, str]) -> bytes | None:
    """Content of a file as its stage wrote it; None if no stage writes it.

    Raises
    ------
    PersonaeError
        If it holds something else.
    """
    if path.as_posix() not in written:
        return None
    content = path.read_bytes()
    if hashlib.md5(content, usedforsecurity=False).hexdigest() != written[path.as_posix()]:
        raise PersonaeError(f"{path} is not what dvc.lock says")
    return content
