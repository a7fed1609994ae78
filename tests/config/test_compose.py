import shutil
from pathlib import Path

import pytest
import yaml

from personae.config.compose import compose, studies
from personae.core.errors import PersonaeError

CONF, PARAMS = Path("conf"), Path("params.yaml")


@pytest.fixture
def project(tmp_path):
    shutil.copytree(CONF, tmp_path / "conf")
    (tmp_path / "params.yaml").write_text("campaign: {}\n")
    return tmp_path


def composed(project, params=None, overrides=()):
    if params is not None:
        (project / "params.yaml").write_text(yaml.safe_dump({"campaign": params}))
    return compose("campaign", project / "conf", project / "params.yaml", overrides)


@pytest.mark.parametrize("study", studies(PARAMS))
def test_every_study_composes(study):
    assert compose(study, CONF, PARAMS)["study"] == study


@pytest.mark.parametrize(
    "path", sorted(CONF.glob("*/*.yaml")), ids=lambda path: f"{path.parent.name}-{path.stem}"
)
def test_every_file_in_conf_composes(path):
    group, choice = path.parent.name, path.stem
    if group == "study":
        assert choice in studies(PARAMS), "a study in conf/ has a section in params.yaml"
    elif group in ("imputer", "scaler", "clusterer"):
        compose("campaign", CONF, PARAMS, [f"{group}={choice}"])
    elif group == "classifier":
        chosen = dict.fromkeys(["logistic", "xgboost", choice])
        compose("campaign", CONF, PARAMS, [f"{group}=[{','.join(chosen)}]"])


def test_params_change_values_and_choices(project):
    before = composed(project)
    after = composed(project, {"seed": before["seed"] + 1, "use": {"clusterer": "ward"}})
    assert after["seed"] == before["seed"] + 1
    assert after["segment"]["clusterer"]["name"] == "ward"


def test_a_value_of_params_counts_wherever_it_is_interpolated(project):
    (project / "params.yaml").write_text("journey: {prepare: {early_weeks: 20}}")
    journey = compose("journey", project / "conf", project / "params.yaml")
    assert journey["prepare"]["early_weeks"] == journey["promote"]["early_weeks"] == 20


def test_effort_chosen_in_params_wins_over_the_studys_numbers_and_params_own_numbers_over_both(project):
    for study in ("aerofit", "fitbit"):
        (project / "params.yaml").write_text(f"{study}: {{}}")
        usual = compose(study, project / "conf", project / "params.yaml")
        (project / "params.yaml").write_text(
            f"{study}: {{use: {{effort: quick}}, classify: {{shuffles: 4}}}}"
        )
        quick = compose(study, project / "conf", project / "params.yaml")
        assert (usual["effort"], quick["effort"]) == ("standard", "quick")
        assert quick["classify"]["repeats"] < usual["classify"]["repeats"]
        assert quick["segment"]["effort"]["bootstraps"] < usual["segment"]["effort"]["bootstraps"]
        assert quick["classify"]["shuffles"] == 4
        merging = quick["classify"]["merging"]
        assert (merging and merging["repeats"]) == (2 if study == "aerofit" else None)
        assert quick["classify"]["models"] == usual["classify"]["models"]


def test_params_are_read_as_dvc_writes_them(project):
    (project / "params.yaml").write_text(
        "campaign: {impute: {imputer: {learning_rate: 1e-2}}, profile: {fallback: no}}"
    )
    after = composed(project)
    assert after["impute"]["imputer"]["learning_rate"] == 0.01
    assert after["profile"]["fallback"] == "no"


def test_an_interpolation_that_leads_nowhere_is_named(project):
    with pytest.raises(PersonaeError, match=r"conf: .*prepare.erly_weeks"):
        composed(project, {"seed": "${prepare.erly_weeks}"})


def test_composing_twice_gives_the_same(project):
    assert composed(project) == composed(project)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"segment": {"kk": 3}}, r"params.yaml: segment.kk is no setting \(value 3\); did you mean k"),
        (
            {"segmnet": {"k": 3}},
            r"params.yaml: segmnet is no setting \(value \{'k': 3\}\); did you mean segment",
        ),
        ({"seed": "seven"}, r"params.yaml: seed holds 'seven'; it should be a valid integer"),
        (
            {"use": {"clusterer": "kmean"}},
            r"params.yaml: campaign.use.clusterer holds 'kmean'; did you mean kmeans",
        ),
        ({"use": {"clustering": "ward"}}, r"campaign.use.clustering is no group .*did you mean clusterer"),
        ({"use": 3}, r"params.yaml: campaign holds"),
    ],
)
def test_a_wrong_setting_is_named_with_the_nearest_valid_ones(project, params, message):
    with pytest.raises(PersonaeError, match=message):
        composed(project, params)


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        (
            "study/campaign.yaml",
            "  smallest:",
            "  smalest:",
            r"study/campaign.yaml: profile.smalest is no setting .*smallest",
        ),
        (
            "study/campaign.yaml",
            "smallest: 50",
            "smallest: few",
            r"study/campaign.yaml: profile.smallest holds 'few'",
        ),
        ("config.yaml", "seed: 7", "seed: x", r"config.yaml: seed holds 'x'"),
        (
            "clusterer/kmeans.yaml",
            "n_init:",
            "n_int:",
            r"clusterer/kmeans.yaml: segment.clusterer.n_int .*n_init",
        ),
    ],
)
def test_the_file_that_holds_the_mistake_is_named(project, file, old, new, message):
    path = project / "conf" / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    with pytest.raises(PersonaeError, match=message):
        composed(project)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (
            {"Income": {"lable": "income"}},
            r"other.yaml: columns.Income.lable is no setting .*did you mean label",
        ),
        (
            {"Income": {"nott": "segment"}},
            r"other.yaml: columns.Income.nott is no setting .*did you mean not",
        ),
        ({"Income": "nunber"}, r"other.yaml: columns.Income holds 'nunber'; it should be 'number', 'amount'"),
        ({"Income": {"made_of": "Mtn*"}}, r"other.yaml: 'Mtn\*' meets none of the declared columns Income"),
    ],
)
def test_a_mistake_in_the_data_dictionary_is_named_with_its_file(project, columns, message):
    path = project / "conf" / "study" / "other.yaml"
    path.write_text("# @package _global_\n" + yaml.safe_dump({"columns": columns}))
    (project / "params.yaml").write_text("other: {}")
    with pytest.raises(PersonaeError, match=message):
        compose("other", project / "conf", project / "params.yaml")


def test_a_wrong_value_of_params_in_the_data_dictionary_is_named(project):
    with pytest.raises(PersonaeError, match=r"params.yaml: columns.Income.role holds 3"):
        composed(project, {"columns": {"Income": {"role": 3}}})
    with pytest.raises(PersonaeError, match=r"params.yaml: colums is no setting .*did you mean columns"):
        composed(project, {"colums": {}})


def test_everything_that_is_missing_is_named_at_once(project):
    path = project / "conf" / "study" / "campaign.yaml"
    given = "rfm: {recency: Recency, frequency: frequency, monetary: total_spend}"
    assert given in path.read_text()
    path.write_text(path.read_text().replace(given, "rfm: {}"))
    missing = "campaign.yaml: target.rfm.recency, target.rfm.frequency, target.rfm.monetary are missing"
    with pytest.raises(PersonaeError, match=missing):
        composed(project)


@pytest.mark.parametrize(
    ("own", "message"),
    [
        ("source: table", "own.yaml: prepare.files is missing"),
        (
            "source: transactions\nprepare: {files: [a.csv], columns: {id: a}}",
            "own.yaml: prepare.columns.item, prepare.columns.time are missing",
        ),
        ("source: tabel\nprepare: {files: [a.csv]}", "own.yaml: .*source holds 'tabel'; did you mean table"),
        (
            "source: table\nprepare: {files: [a.csv], weeks: 3}",
            "own.yaml: prepare.weeks is no setting .value 3.; did you mean levels or sheet or kinds",
        ),
    ],
)
def test_what_a_study_of_ones_own_lacks_is_named_by_the_source_in_use(project, own, message):
    (project / "conf/study/own.yaml").write_text(f"# @package _global_\n{own}\n")
    (project / "params.yaml").write_text("own: {}\n")
    with pytest.raises(PersonaeError, match=message):
        compose("own", project / "conf", project / "params.yaml")


def test_the_weeks_that_describe_customers_are_those_that_rules_are_learned_from(project):
    """Journey says 26, and `params.yaml` reaches what is interpolated from it; transactions need no such line."""
    (project / "params.yaml").write_text("journey: {prepare: {early_weeks: 20}}\nown: {}\n")
    (project / "conf/study/own.yaml").write_text(
        "# @package _global_\nsource: transactions\npromote: {}\n"
        "prepare: {files: [a.csv], early_weeks: 20, columns: {id: a, item: b, time: c}}\n"
    )
    for study in ("journey", "own"):
        found = compose(study, project / "conf", project / "params.yaml")
        assert found["promote"]["early_weeks"] == 20


def test_a_study_without_section_or_file_is_refused(project):
    with pytest.raises(PersonaeError, match="no section other"):
        compose("other", project / "conf", project / "params.yaml")
    (project / "params.yaml").write_text("other: {}\n")
    with pytest.raises(PersonaeError, match=r"study/other.yaml: no such file"):
        compose("other", project / "conf", project / "params.yaml")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "{segment: {k: 3},\n segment: {k: 5}}",
            "params.yaml: the key segment is there twice, again in line 2",
        ),
        ("{segment: {k: 2}", r"params.yaml: not YAML: expected .* in line \d"),
        ("{2020-01-01: 3}", "params.yaml: campaign.2020-01-01 is no setting; quote the key"),
        ("{seed: -1}", "params.yaml: seed holds -1; it should be greater than or equal to 0"),
        ("{seed: 4294967296}", "params.yaml: seed holds 4294967296; it should be less than 4294967296"),
        ("{segment: {workers: 0}}", "params.yaml: segment.workers: 0 processes do nothing"),
        (
            "{use: {clusterer: [kmeans]}}",
            r"campaign.use.clusterer holds \['kmeans'\]; expected one of hdbscan",
        ),
        ("{use: {classifier: []}}", r"campaign.use.classifier holds \[\]; expected one of"),
        ("{use: {classifier: [logistic]}}", "classify: ablated: 'xgboost' is no model"),
        ("{target: {cost: -3}}", "params.yaml: target: cost is -3; expected a number of at least 0"),
        ("{target: {cost: .inf}}", "params.yaml: target: cost is inf"),
        ("{target: {cost: Z_Cost}}", "target.cost holds 'Z_Cost', no number and no .* mean Z_CostContact"),
        (
            "{target: {revenue: Education}}",
            "target.revenue holds 'Education', no number and no declared column; valid are ",
        ),
        (
            "{target: {cost_by: {sgment: {a: 2}}}}",
            "target.cost_by names 'sgment', no declared column; did you mean segment",
        ),
        ("{target: {cost: 3, revenue: 2}}", "no contact can pay: the revenue never exceeds the cost"),
    ],
)
def test_what_no_stage_could_use_is_refused_in_one_short_line(project, text, message):
    if "ablated" in message:
        text = "{use: {classifier: [logistic]}, classify: {ablated: [xgboost]}}"
    (project / "params.yaml").write_text(f"campaign: {text}\n")
    with pytest.raises(PersonaeError, match=message) as caught:
        composed(project)
    assert len(str(caught.value)) < len(str(project)) + 160


@pytest.mark.parametrize(("text", "value"), [("1e-05", 1e-5), ("5E-3", 5e-3), ("1.5e-3", 1.5e-3)])
def test_small_numbers_are_read_as_dvc_writes_them(project, text, value):
    (project / "params.yaml").write_text(f"campaign: {{segment: {{floor: {text}}}}}\n")
    assert composed(project)["segment"]["floor"] == value
