import json

import pytest

from personae.core.errors import PersonaeError
from personae.sweep.adopt import adopt
from personae.sweep.run import sweep

pytestmark = pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SADeprecationWarning")
SEGMENT = {"stage": "segment", "objectives": ["quality"], "bootstraps": 2, "trials": 1}


def test_the_adopted_winner_makes_the_reported_figures_again_to_the_last_digit(project, sweep_file):
    from personae.stages import compose, segment

    space = [
        "clusterer=choice(mixture)",
        "segment.k=choice(3)",
        "segment.clusterer.covariance_type=choice(diag)",
    ]
    outcome = sweep("campaign", "segment", file=sweep_file("one", **SEGMENT | {"space": space}))
    before = (project / "params.yaml").read_text()
    diff = adopt("campaign-segment-one")
    after = (project / "params.yaml").read_text()
    assert set(after.splitlines()) - set(before.splitlines()) == {
        "    clusterer: mixture # as ever",
        "    k: 3  # two to begin with",
        "    clusterer:",
        "      covariance_type: diag",
    }
    assert "+    k: 3  # two to begin with" in diff
    compose.main("campaign")
    segment.main("campaign")
    artifacts = project / "mlruns" / "artifacts" / "campaign" / outcome.run_id / "artifacts"
    reported = json.loads((artifacts / "winner" / "segment.json").read_text())
    stored = json.loads((project / "reports" / "campaign" / "segment.json").read_text())
    assert stored == reported | {"effort": "standard"}
    assert adopt("campaign-segment-one") == ""


@pytest.mark.parametrize(
    ("stage", "settings"),
    [
        (
            "classify",
            {
                "space": [
                    "classify.models.logistic.C=tag(log, interval(0.01,1))",
                    "classify.scaler=choice(robust)",
                ],
                "objectives": ["average_precision"],
            },
        ),
        (
            "impute",
            {
                "space": ["imputer=choice(knn)", "impute.imputer.n_neighbors=range(3,6)"],
                "objectives": ["error"],
            },
        ),
    ],
    ids=["classify", "impute"],
)
def test_the_graph_makes_what_was_said_of_the_winner_of_the_other_stages(
    project, sweep_file, stage, settings
):
    from personae.stages import classify, compare, compose, impute

    name = sweep_file("one", stage=stage, folds=2, outer=4, trials=2, **settings)
    outcome = sweep("campaign", stage, file=name)
    assert adopt(f"campaign-{stage}-one")
    compose.main("campaign")
    for module in {"classify": (compare, classify), "impute": (impute,)}[stage]:
        module.main("campaign")
    artifacts = project / "mlruns" / "artifacts" / "campaign" / outcome.run_id / "artifacts"
    reported = json.loads((artifacts / "winner" / f"{stage}.json").read_text())
    made = json.loads((project / "reports" / "campaign" / f"{stage}.json").read_text())
    assert {key: made[key] for key in reported} == reported
    assert {"models", "best"} <= reported.keys() if stage == "classify" else reported["method"] == "knn"


def test_a_winner_that_is_in_force_changes_nothing(project, sweep_file):
    before = (project / "params.yaml").read_text()
    space = ["clusterer=choice(kmeans)", "segment.k=choice(2)"]
    sweep("campaign", "segment", file=sweep_file("same", **SEGMENT | {"space": space}))
    assert adopt("campaign-segment-same") == ""
    assert (project / "params.yaml").read_text() == before


def test_settings_of_a_group_that_is_left_go_with_it(project, sweep_file):
    path = project / "params.yaml"
    path.write_text(path.read_text().replace("    k: 2", "    clusterer: {n_init: 3}\n    k: 2"))
    space = ["clusterer=choice(ward)"]
    sweep("campaign", "segment", file=sweep_file("ward", **SEGMENT | {"space": space}))
    adopt("campaign-segment-ward")
    assert "n_init" not in path.read_text()


def test_a_sweep_that_does_not_exist_is_refused(project):
    with pytest.raises(PersonaeError, match="no sweeps yet"):
        adopt("campaign-segment")
