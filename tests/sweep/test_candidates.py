from pathlib import Path

import pytest

from personae.core.errors import PersonaeError
from personae.sweep.candidates import SearchSpace, StageConfig
from personae.sweep.space import corners


def search_space(stage, *space):
    return SearchSpace(StageConfig("campaign", stage, Path("conf"), Path("params.yaml")), space)


def test_a_groups_own_settings_are_asked_for_only_where_it_is_chosen(project):
    found = search_space(
        "segment",
        "clusterer=choice(kmeans,mixture,hdbscan)",
        "segment.k=range(2,6)",
        "segment.clusterer.covariance_type=choice(diag,full)",
        "segment.clusterer.n_init=range(1,4)",
    )
    keys = {}
    for name in ("kmeans", "mixture", "hdbscan"):
        keys[name] = found.draw(lambda key, among, n=name: n if key == "clusterer" else corners(among)[0])
    assert set(keys["kmeans"].values) == {"segment.k", "segment.clusterer.n_init"}
    assert set(keys["mixture"].values) == {
        "segment.k",
        "segment.clusterer.n_init",
        "segment.clusterer.covariance_type",
    }
    assert set(keys["hdbscan"].values) == set()
    assert keys["mixture"].settings.clusterer.covariance_type == "diag"


def test_settings_of_a_model_that_is_not_chosen_are_not_asked_for(project):
    found = search_space(
        "classify", "classifier=choice(logistic,xgboost)", "classify.models.xgboost.max_depth=range(1,4)"
    )
    assert found.models == ("logistic", "xgboost")
    assert not found.first.values


@pytest.mark.parametrize(
    ("stage", "space", "message"),
    [
        ("segment", "segment.kk=range(2,4)", "segment.kk is no setting of campaign; did you mean segment.k"),
        ("segment", "imputer=choice(mean,knn)", "imputer is no group of stage segment"),
        ("segment", "clusterer=choice(kmeans,kmean)", "clusterer holds 'kmean'; expected one of"),
        ("segment", "segment.k=range(-2,3)", "segment.k may be -2"),
        ("segment", "segment.k=interval(2,3)", r"segment.k may be 2.0.*int\(interval"),
        ("segment", "segment.clusterer.covariance_type=choice(full)", "is no setting of campaign"),
        ("classify", "classify.models.xgboost.max_dept=range(1,3)", "did you mean .*max_depth"),
        ("impute", "impute.imputer.alpha=interval(-1,1)", "impute.imputer.alpha may be -1.0"),
    ],
)
def test_a_space_that_does_not_fit_the_study_is_refused(project, stage, space, message):
    with pytest.raises(PersonaeError, match=message):
        search_space(stage, space)


@pytest.mark.parametrize(
    ("stage", "key"),
    [
        ("segment", "segment.space.scaler=choice(robust,standard)"),
        ("segment", "segment.space.name=choice(a,b)"),
        ("segment", "segment.floor=interval(0,0.5)"),
        ("segment", "segment.effort.bootstraps=range(2,9)"),
        ("segment", "segment.clusterer.name=choice(kmeans,ward)"),
        ("classify", "classify.folds=range(3,9)"),
        ("classify", "classify.unit=choice(customer,unit)"),
        ("classify", "classify.target=choice(Response,Complain)"),
        ("impute", "impute.rules.impute_support=interval(0,1)"),
        ("impute", "impute.folds=range(2,9)"),
    ],
)
def test_what_makes_trials_comparable_cannot_be_swept(project, stage, key):
    with pytest.raises(PersonaeError, match="is fixed in a sweep"):
        search_space(stage, key)


@pytest.mark.parametrize("path", sorted(Path("conf/sweep").glob("*.yaml")), ids=lambda path: path.stem)
def test_every_shipped_space_fits(project, path):
    import yaml

    content = yaml.safe_load((Path("conf/sweep") / path.name).read_text())
    assert search_space(content["stage"], *content["space"]).first.settings
