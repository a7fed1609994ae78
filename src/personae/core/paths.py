"""Paths of all files, relative to the project's root."""

from pathlib import Path
from urllib.parse import unquote

CONF = Path("conf")
PARAMS = Path("params.yaml")
RAW = Path("data")
MLRUNS = Path("mlruns")
OVERVIEW = Path("reports") / "index.html"
RESTORED = Path("build") / "restored"
COMPARED = Path("build") / "compare"


PACKAGE = Path(__file__).parents[1]


def installed() -> bool:
    """Whether the package runs from a wheel, without a checkout."""
    return (PACKAGE / "conf").exists()


def shipped_conf() -> Path:
    """Directory of the configuration groups shipped with the package."""
    return PACKAGE / "conf" if installed() else PACKAGE.parents[1] / "conf"


def shipped(name: str) -> Path:
    """A project file that the wheel carries for use without a checkout."""
    return PACKAGE / "project" / name if installed() else PACKAGE.parents[1] / name


def choice(conf: Path, group: str, name: str) -> Path:
    """File of a configuration choice, the user's before the package's."""
    own = conf / group / f"{name}.yaml"
    return own if own.exists() else shipped_conf() / group / f"{name}.yaml"


def choices(conf: Path, group: str) -> list[str]:
    """Names that a configuration group has, the user's own and the package's."""
    return sorted({path.stem for each in (conf, shipped_conf()) for path in (each / group).glob("*.yaml")})


def sqlite_url(database: Path) -> str:
    """URL of an SQLite file for SQLAlchemy, whatever signs its path has.

    Only what would end the path or be decoded is quoted: MLflow takes the rest of the URL for a folder.

    Examples
    --------
    >>> sqlite_url(Path("/ä b/50%2F?#/x.db"))
    'sqlite:////ä b/50%252F%3F#/x.db'
    """
    return "sqlite:///" + str(database).replace("%", "%25").replace("?", "%3F")


def sqlite_path(url: str) -> Path | None:
    """File of an SQLite URL; None for another database.

    Examples
    --------
    >>> sqlite_path("sqlite:////ä b/50%252F%3F#/x.db"), sqlite_path("postgresql://host/x")
    (PosixPath('/ä b/50%2F?#/x.db'), None)
    """
    prefix = "sqlite:///"
    return Path(unquote(url.removeprefix(prefix))) if url.startswith(prefix) else None


def raw(study: str) -> Path:
    """Directory with the publisher's files of a study."""
    return RAW / study


def origin(study: str) -> Path:
    """File with the kind of the raw data: sample, original or other."""
    return raw(study) / "origin.json"


def resolved(study: str) -> Path:
    """Directory with the composed settings of a study, one file a stage."""
    return Path("resolved") / study


def settings(study: str, stage: str) -> Path:
    """Composed settings of one stage; absent where the study lacks the stage."""
    return resolved(study) / f"{stage}.yaml"


def table(study: str, name: str) -> Path:
    """Table that one stage hands to the next."""
    return Path("build") / study / f"{name}.parquet"


def extra_table(study: str, name: str) -> Path:
    """Table in addition to the customers: days, baskets."""
    return Path("build") / study / "tables" / f"{name}.parquet"


def source_table(study: str, name: str) -> Path:
    """Table that a source gave, the customers or an extra one."""
    return table(study, name) if name == "customers" else extra_table(study, name)


def source_rows(study: str) -> Path:
    """Row counts of all source tables, present for every study."""
    return Path("build") / study / "tables" / "rows.json"


def preparation(study: str) -> Path:
    """What preparing a row alone takes, where the source could learn it."""
    return Path("build") / study / "tables" / "preparation.json"


def imputed_table(study: str, name: str) -> Path:
    """Extra table with its gaps treated."""
    return Path("build") / study / "completed" / f"{name}.parquet"


def imputed_rows(study: str) -> Path:
    """Row counts of the imputed extra tables, possibly none."""
    return Path("build") / study / "completed" / "rows.json"


def groups(study: str) -> Path:
    """Merged group of each given group, for the models of stage classify."""
    return Path("build") / study / "groups.json"


def exploration(study: str) -> Path:
    """Distributions, gaps and correlations of the customer table."""
    return Path("build") / study / "exploration.json"


def model(study: str, name: str) -> Path:
    """Directory of a fitted model."""
    return Path("models") / study / name


def incoming(study: str, month: str) -> Path:
    """Folder of the files that came in a month, such as 2024-03."""
    return Path("incoming") / study / month


def scores(study: str, name: str) -> Path:
    """Scores of one file of customers, written once."""
    return Path("scores") / study / name


def report(study: str, name: str) -> Path:
    """File that people read."""
    return Path("reports") / study / name


def seconds(study: str, stage: str) -> Path:
    """How long a stage took when it last ran here; not part of a result."""
    return Path(".dvc") / "tmp" / "seconds" / study / stage


def anchor(study: str) -> Path:
    """Segments that later runs are matched to; no file: none."""
    return CONF / "anchors" / f"{study}.json"


def composed_anchor(study: str) -> Path:
    """The anchor as stage segment reads it, empty where there is none."""
    return Path("build") / study / "anchor.json"
