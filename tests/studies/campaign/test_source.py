import datetime
import os
from pathlib import Path

import polars as pl
import pytest

from personae.core.errors import PersonaeError
from personae.core.files import write_files
from personae.sources.contract import FITS
from personae.sources.files import TableFile, read_file
from personae.studies.campaign import source as campaign
from personae.studies.campaign.settings import CampaignPrepare
from personae.studies.campaign.simulate import simulate, to_files

ORIGINALS = Path(os.environ.get("ORIGINALS", "../shared/data"))
SETTINGS = CampaignPrepare()


@pytest.fixture(scope="module")
def table():
    return simulate(240, seed=3)[0]


def write(directory, table, text=None):
    files = to_files(table) if text is None else {campaign.FILE: text.encode()}
    write_files(directory, files)
    return directory


def test_repairs_are_stated_and_counted(table, tmp_path):
    prepared = campaign.prepare(write(tmp_path, table), SETTINGS)
    rows = {(column, rule.partition(":")[0]): rows for rule, column, rows in prepared.repairs}
    assert rows["Year_Birth", "born before 1914"] == 3
    assert rows["Income", "income above 200,000"] == 1
    assert sum(count for (column, _), count in rows.items() if column == "Marital_Status") == 6
    customers = prepared.tables["customers"]
    assert customers["age"].max() <= 100
    assert customers["Income"].max() <= 200_000
    assert set(customers["Marital_Status"]) == {"Married", "Together", "Single", "Divorced", "Widow", "Other"}


def test_every_rule_of_the_contract_names_the_rows_that_break_it():
    rules = {check.name for column in campaign._contract().columns.values() for check in column.checks}
    assert rules
    assert rules <= set(FITS)


def test_twins_share_a_unit_and_conflicts_are_counted(table, tmp_path):
    prepared = campaign.prepare(write(tmp_path, table), SETTINGS)
    described = table.drop("ID", "Response")
    assert prepared.tables["customers"]["unit"].n_unique() == described.unique().height
    groups = table.group_by(described.columns).agg(pl.len(), pl.col("Response").n_unique().alias("answers"))
    several = groups.filter(pl.col("len") > 1)
    assert several.height == 20
    assert prepared.duplicates == {
        "rows": table.height - table.drop("ID").unique().height,
        "groups": several.height,
        "conflicting_target_groups": (several["answers"] > 1).sum(),
    }


def test_features_add_up(table, tmp_path):
    customers = campaign.prepare(write(tmp_path, table), SETTINGS).tables["customers"]
    spent = customers.select(pl.sum_horizontal(*campaign.SPENDING)).to_series()
    assert (customers["total_spend"] == spent).all()
    shares = customers.select(pl.sum_horizontal(*[f"{name}_share" for name in campaign.SPENDING.values()]))
    assert shares.to_series().round(9).is_in([0.0, 1.0]).all()
    assert customers["tenure"].min() == 0
    couples = customers.filter(pl.col("Marital_Status").is_in(["Married", "Together"]))
    assert (couples["family_size"] == couples["children"] + 2).all()


def test_features_are_the_same_on_eager_lazy_and_pandas(table, tmp_path):
    raw = table.with_columns(joined=pl.col("Dt_Customer").str.to_date("%d-%m-%Y")).with_columns(
        pl.col("joined").cast(pl.Datetime("us"))
    )
    day = raw["joined"].max().date()
    eager = campaign.features(raw, as_of=day)
    lazy = campaign.features(raw.lazy(), as_of=day).collect()
    pandas = pl.from_pandas(campaign.features(raw.to_pandas(), as_of=day))
    shared = ["age", "tenure", "total_spend", "wine_share", "family_size", "deal_share"]
    assert eager.select(shared).equals(lazy.select(shared))
    assert eager.select(pl.col(shared).cast(float)).equals(pandas.select(pl.col(shared).cast(float)))


def test_a_row_alone_is_prepared_as_in_its_file_without_its_answer(table, tmp_path):
    prepared = campaign.prepare(write(tmp_path, table), SETTINGS)
    preparation = campaign.Preparation.model_validate(prepared.learned)
    path = tmp_path / campaign.FILE
    rows = pl.read_csv(path, separator="\t", infer_schema=False).drop("Response")
    shuffled = rows.sample(fraction=1.0, shuffle=True, seed=1)
    together = preparation.apply(TableFile(path, rows, range(rows.height)))
    expected = prepared.tables["customers"].drop("Response", "unit").cast({"customer": pl.String})
    assert together.select(expected.columns).equals(expected)
    pieces = [preparation.apply(TableFile(path, shuffled[at : at + 7], range(7))) for at in range(0, 240, 7)]
    assert pl.concat(pieces).sort("customer").equals(together.sort("customer"))
    alone = [preparation.apply(TableFile(path, rows[at], (1,))) for at in (0, 3, 5)]
    assert pl.concat(alone).equals(together[[0, 3, 5]])


def test_a_later_day_describes_customers_as_they_are_then(table, tmp_path):
    learned = campaign.prepare(write(tmp_path, table), SETTINGS).learned
    preparation = campaign.Preparation.model_validate(learned)
    file = read_file(tmp_path / campaign.FILE, delimiter="\t")
    later = preparation.apply(file, preparation.as_of + datetime.timedelta(days=366))
    assert (later["tenure"] - preparation.apply(file)["tenure"] == 366).all()
    with pytest.raises(PersonaeError, match="expected a day up to 2010-01-01"):
        preparation.apply(file, datetime.date(2010, 1, 1))


def broken(table, **columns):
    return table.cast(dict.fromkeys(columns, pl.String)).with_columns(
        pl.when(pl.int_range(pl.len()) == 4).then(pl.lit(value)).otherwise(pl.col(name)).alias(name)
        for name, value in columns.items()
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"Income": "abc"}, r"column Income holds 'abc' in row 6; expected a number"),
        ({"Kidhome": "1.5"}, r"column Kidhome holds '1.5' in row 6; expected a whole number"),
        ({"Recency": "-3"}, r"column Recency holds -3 in row 6"),
        ({"Education": "Kindergarten"}, r"column Education holds 'Kindergarten' in row 6; expected one of"),
        ({"Response": "2"}, r"column Response holds 2 in row 6; expected one of"),
        (
            {"Dt_Customer": "2012-09-04"},
            r"column Dt_Customer holds '2012-09-04' in row 6; expected day-month",
        ),
    ],
)
def test_a_wrong_value_is_named_with_its_place(table, tmp_path, change, message):
    with pytest.raises(PersonaeError, match=message):
        campaign.prepare(write(tmp_path, broken(table, **change)), SETTINGS)


def test_duplicate_identifiers_are_named(table, tmp_path):
    first = str(table["ID"][0])
    with pytest.raises(PersonaeError, match=f"column ID holds {first} in row 2; expected each value once"):
        campaign.prepare(write(tmp_path, broken(table, ID=first)), SETTINGS)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the file is empty"),
        ("ID,Year_Birth\n1,1970\n", "one column only"),
        ("ID\tYear_Birth\n1\t1970\n", "columns Education, .* are missing; it has ID, Year_Birth"),
    ],
)
def test_a_file_of_another_shape_is_refused(table, tmp_path, text, message):
    with pytest.raises(PersonaeError, match=message):
        campaign.prepare(write(tmp_path, table, text), SETTINGS)


def test_a_header_without_rows_is_refused(table, tmp_path):
    with pytest.raises(PersonaeError, match="a header and no rows"):
        campaign.prepare(write(tmp_path, table.head(0)), SETTINGS)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(PersonaeError, match="no such file"):
        campaign.prepare(tmp_path, SETTINGS)


def test_a_column_without_any_value_is_refused(table, tmp_path):
    empty = table.with_columns(Income=pl.lit(None, dtype=pl.Int64))
    with pytest.raises(PersonaeError, match="column Income has no value in any row"):
        campaign.prepare(write(tmp_path, empty), SETTINGS)


@pytest.mark.originals
@pytest.mark.skipif(not (ORIGINALS / "campaign").is_dir(), reason="the original files are not there")
def test_the_original_file_is_audited_as_its_provenance_says():
    prepared = campaign.prepare(ORIGINALS / "campaign", SETTINGS)
    report = prepared.report("original")
    assert report["rows"] == 2240
    assert prepared.duplicates == {"rows": 182, "groups": 193, "conflicting_target_groups": 19}
    assert {name: each["count"] for name, each in report["missing"].items()} == {"Income": 24}
    repaired = pl.DataFrame(report["repairs"]).group_by("column").agg(pl.col("rows").sum())
    assert dict(repaired.iter_rows()) == {"Year_Birth": 3, "Income": 1, "Marital_Status": 7}


@pytest.mark.parametrize(
    ("column", "cell", "message"),
    [
        ("Dt_Customer", "10-09-12", "Dt_Customer holds '10-09-12' in row 6; expected day-month-year"),
        ("Dt_Customer", "01-01-2099", "Dt_Customer holds '01-01-2099' in row 6; expected a year up to 2019"),
        ("Dt_Customer", "31-12-9999", "Dt_Customer holds '31-12-9999' in row 6"),
        ("Year_Birth", "2090", "Year_Birth holds 2090 in row 6; expected a year up to 2014"),
        ("Income", "inf", "Income holds 'inf' in row 6; expected a finite number"),
        ("MntWines", str(2**63 - 1), "MntWines holds 9223372036854775807 in row 6; expected less than"),
        ("MntWines", str(2**63), "MntWines holds '9223372036854775808' in row 6; expected a whole number"),
    ],
)
def test_a_far_date_or_amount_is_refused_with_its_row_and_changes_nothing_else(
    table, tmp_path, column, cell, message
):
    changed = table.with_row_index("row").with_columns(
        pl.when(pl.col("row") == 4).then(pl.lit(cell)).otherwise(pl.col(column).cast(pl.String)).alias(column)
    )
    with pytest.raises(PersonaeError, match=message):
        campaign.prepare(write(tmp_path, changed.drop("row")), SETTINGS)


def test_incomes_that_are_words_for_missing_are_missing_and_incomes_all_above_the_limit_are_refused(
    table, tmp_path
):
    income = pl.when(pl.int_range(pl.len()) % 5 == 0).then(pl.lit("nan")).otherwise(pl.col("Income"))
    prepared = campaign.prepare(write(tmp_path, table.with_columns(Income=income)), SETTINGS)
    empty = pl.when(pl.int_range(pl.len()) % 5 != 0).then(pl.col("Income"))
    wanted = campaign.prepare(write(tmp_path, table.with_columns(Income=empty)), SETTINGS)
    assert prepared.tables["customers"].equals(wanted.tables["customers"])
    with pytest.raises(PersonaeError, match=r"column Income: the repair .* would change \d+ of \d+ rows"):
        campaign.prepare(write(tmp_path, table.with_columns(Income=pl.lit(250_000.0))), SETTINGS)
