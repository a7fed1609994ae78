"""The publishers' original files: which belong to a study, what they hash to, how they replace the sample."""

import gzip
import hashlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from personae.core.errors import PersonaeError


@dataclass(frozen=True, slots=True)
class Original:
    """What the publisher of a study's data offers.

    Attributes
    ----------
    required
        Files without which the study cannot run: name below the study's folder to known sha256
        of the plain text.
    optional
        Files that add to it.
    kaggle
        Name of the data set on Kaggle, where it is served there.
    """

    required: Mapping[str, str]
    optional: Mapping[str, str]
    kaggle: str | None = None


FITBIT: Mapping[str, Mapping[str, str]] = {
    "Fitabase_Data_4.12.16-5.12.16": {
        "dailyActivity": "4b8f557eb29cd929cee7cc2d2a5e7704578bbffbc42c352e7b0c42bc4f3c6ac8",
        "sleepDay": "2d4250ca47dfc74263f1b61fe4ba3e338c83faab0d352fb0fefa93464b170e53",
        "weightLogInfo": "50b40176f926562e1a522dcb4e75f30c4f04441a7d5b8e570f704b1fbab2b738",
        "hourlySteps": "83b9c1acc782b58a75a550f2f1d4ee9da7723e0ec26798b502768420cf6d7316",
        "hourlyCalories": "10297488228ac4bf9cb86e8aa640208fe02e4fc479f6af1261ce52d8ab7f6b22",
        "hourlyIntensities": "a2cc7eccfb86e710931bcb34678910cbdc2bf4798b0e1c9c43f37f919871fece",
        "minuteStepsNarrow": "5ffe29b2e27c337d111686c28fff2eb8757a8bcdcf6b5d6bff92162c6f562ce4",
        "minuteCaloriesNarrow": "ebf43f28924324ea801c0f1e05f6cf26820b2a2114048f9a3e1632df9be3a285",
        "minuteIntensitiesNarrow": "6027ecc8cd02023da6d992b8b235838ee3624d4804a44d126acacc9db0eadfae",
        "minuteMETsNarrow": "2d66a4b382419b65385ac7b15326c9bff662ba5406ce89ec4667c2ac2834fde5",
        "minuteSleep": "2e12e0df4bc663f3fc8932cdfd3b4e4187f85877fd6057fd6261d2309c0368ba",
    },
    "Fitabase_Data_3.12.16-4.11.16": {
        "dailyActivity": "40c6c90a0e40e8987d5297dfb6d7789030e8358944289fc14d1227a77c58966d",
        "weightLogInfo": "14e94cca34d0101df9a35fa839ad97a3b551cd6dfce88b30552ab6d2c0601247",
        "hourlySteps": "2ae1552ec0ee7521cf002649097ba2abc9e9cc4c6e59e01c396723e98d4c6be0",
        "hourlyCalories": "e3ff873082ded281489f75c9272d4dfac4f80373ccbe78b96a61b2a6a05942b7",
        "hourlyIntensities": "8f0a042dd7528f5e9b51a1f6b05973b8f509d437a429008908c085149d20f429",
    },
}
_FITBIT = {
    f"{folder}/{name}_merged.csv": sha for folder, files in FITBIT.items() for name, sha in files.items()
}
_FITBIT_DAILY = "Fitabase_Data_4.12.16-5.12.16/dailyActivity_merged.csv"

ORIGINALS: Mapping[str, Original] = {
    "campaign": Original(
        {"marketing_campaign.csv": "cd0affa36b1b981e80ba0e27767e9b3ab723f7a3dba948f722af81abc6b990ea"},
        {},
        "imakash3011/customer-personality-analysis",
    ),
    "fitbit": Original(
        {_FITBIT_DAILY: _FITBIT[_FITBIT_DAILY]},
        {name: sha for name, sha in _FITBIT.items() if name != _FITBIT_DAILY},
        "arashnic/fitbit",
    ),
    "aerofit": Original(
        {"aerofit_treadmill.csv": "94af17fa5fb8933dd7055a82baf88be94e916cd3a96f1195abbe2a67dbb27323"},
        {},
    ),
    "grocery": Original(
        {"customer_info.csv": "5d0f4299ede7dc26b5c4d6080868e68e0b4d38203e48b5ee6bcf17640543ab32"},
        {
            "product_mapping.xlsx": "da5a3e9692e4c912a2cc467db82d32857aca708e375d42e4215ec0b4d8d6a524",
            "customer_basket.csv": "",  # no edition of it is known
        },
    ),
}


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did for one study: `known` if all files have the known content."""

    study: str
    files: tuple[str, ...]
    known: bool
    remarks: tuple[str, ...]


def import_originals(source: Path, raw: Path, only: str | None = None) -> list[Imported]:
    """Put original files in place of the sample, a study's folder whole or not at all.

    Parameters
    ----------
    source
        Holds one folder a study, named as the study.
    raw
        The project's directory of raw tables.
    only
        One study, whose files lie in `source` itself.

    Returns
    -------
    list of Imported
        One a study that was found.

    Raises
    ------
    PersonaeError
        If nothing was found, or a study's folder lacks a required file: then that folder stays as it was.
    """
    folders = {only: source} if only else {study: source / study for study in ORIGINALS}
    present = {study: folder for study, folder in folders.items() if folder.is_dir()}
    if not present or (only and only not in ORIGINALS):
        raise PersonaeError(f"{source}: no folder of original files; expected {', '.join(ORIGINALS)}")
    checked = [(study, *_match(study, folder)) for study, folder in present.items()]
    return [_replace(study, files, remarks, raw) for study, files, remarks in checked]


def _match(study: str, folder: Path) -> tuple[dict[str, Path], list[str]]:
    original = ORIGINALS[study]
    wanted = {**original.required, **original.optional}
    found: dict[str, Path] = {}
    remarks = []
    for path in sorted(folder.rglob("*")):
        name = next((each for each in wanted if _same_name(path.relative_to(folder), each)), None)
        if name and path.is_file():
            found[name] = path
        elif path.is_file():
            remarks.append(f"{path.name}: not a file of this study, left out")
    absent = [name for name in original.required if name not in found]
    if absent:
        raise PersonaeError(f"{folder}: {absent[0]} is missing; study {study} keeps what it had")
    remarks += [f"{name}: not there, optional" for name in original.optional if name not in found]
    return found, remarks


def _same_name(path: Path, name: str) -> bool:
    """Compare the ends of two paths; publishers write folders with blanks or with underscores."""
    wanted = Path(name).parts
    given = tuple(part.replace(" ", "_") for part in path.parts[-len(wanted) :])
    plain = tuple(part.removesuffix(".gz") for part in given)
    return plain == tuple(part.removesuffix(".gz") for part in wanted)


def _replace(study: str, files: Mapping[str, Path], remarks: list[str], raw: Path) -> Imported:
    partial, old, final = raw / f".{study}.partial", raw / f".{study}.old", raw / study
    for leftover in (partial, old):
        shutil.rmtree(leftover, ignore_errors=True)
    known = {**ORIGINALS[study].required, **ORIGINALS[study].optional}
    hashes = {}
    for name, path in files.items():
        target = (partial / name).with_name(path.name)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
        content = target.read_bytes()
        plain = gzip.decompress(content) if target.suffix == ".gz" else content
        hashes[name] = hashlib.sha256(plain).hexdigest()
    strange = [name for name, found in hashes.items() if found != known[name]]
    remarks = remarks + [f"{name}: another content than the known edition" for name in strange]
    data = "other" if strange else "original"
    (partial / "origin.json").write_text(json.dumps({"data": data, "sha256": hashes}, indent=2) + "\n")
    if final.exists():
        final.replace(old)
    partial.replace(final)
    shutil.rmtree(old, ignore_errors=True)
    return Imported(study, tuple(files), not strange, tuple(remarks))


def fetch_originals(raw: Path) -> list[Imported]:
    """Download what Kaggle serves, then import it.

    Raises
    ------
    PersonaeError
        If kagglehub is not installed or a download fails.
    """
    try:
        import kagglehub  # noqa: PLC0415 - an optional extra
    except ImportError:
        raise PersonaeError("kagglehub is not installed; `uv sync --extra kaggle` brings it") from None
    imported = []
    for study, original in ORIGINALS.items():
        if original.kaggle:
            try:
                folder = kagglehub.dataset_download(original.kaggle)
            except Exception as error:  # noqa: BLE001 - kagglehub raises what its transport raises
                raise PersonaeError(f"Kaggle did not serve {original.kaggle}: {error}") from None
            imported += import_originals(Path(folder), raw, only=study)
    return imported
