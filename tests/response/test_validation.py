import numpy as np
import pytest
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.metrics import roc_auc_score
from tests.response.planted import customers, plan_for

from personae.core.errors import PersonaeError
from personae.response.estimators import Stack, build
from personae.response.folds import grouped_folds, identical_rows, time_folds
from personae.response.preprocessing import features
from personae.response.validation import choose_model, seed_of, seeded, validate


@pytest.fixture(scope="module")
def validated(answers, inputs):
    folds = grouped_folds(answers["answer"].to_numpy(), identical_rows(inputs), folds=4, repeats=2, seed=1)
    return folds, validate(inputs, answers["answer"].to_numpy(), folds, plan_for(inputs), seed=5, workers=1)


def test_every_row_is_predicted_out_of_fold_by_every_model(validated):
    _, found = validated
    assert list(found.models) == ["logistic", "random_forest", "gradient_boosting", "svm", "xgboost", "stack"]
    for model in found.models.values():
        assert model.probabilities.shape == (2, 400, 2)
        assert np.allclose(model.probabilities.sum(axis=2), 1)


def test_planted_signal_is_found(validated, answers):
    _, found = validated
    assert roc_auc_score(answers["answer"], found.procedure[0, :, 1]) > 0.8


def test_figures_are_those_of_a_plain_loop(answers, inputs):
    """Without nesting the predictions are those of fitting each model on the other folds, nothing else."""
    target = answers["answer"].to_numpy()
    folds = grouped_folds(target, identical_rows(inputs), folds=3, repeats=1, seed=1)
    plan = plan_for(inputs, stacks={}, nested=False)
    found = validate(inputs, target, folds, plan, seed=5, workers=1).models["logistic"].probabilities[0]
    for k in range(3):
        test = folds.assignment[0] == k
        prepare = seeded(clone(plan.preprocessing), seed_of(5, (0, (k,)))).fit(inputs[~test])
        model = clone(plan.models["logistic"].estimator).fit(prepare.transform(inputs[~test]), target[~test])
        expected = model.predict_proba(prepare.transform(inputs[test]))
        assert np.allclose(found[test], np.clip(expected, 1e-4, 1), atol=2e-4)


def test_an_outer_fold_is_never_looked_at_before_it_is_predicted(answers, inputs, validated):
    """Turning every label of a fold around leaves the predictions of that fold as they were."""
    folds, found = validated
    target = answers["answer"].to_numpy()
    test = folds.assignment[0] == 0
    turned = np.where(test, 1 - target, target)
    again = validate(inputs, turned, folds, plan_for(inputs), seed=5, workers=1)
    for name, model in found.models.items():
        assert (model.probabilities[0, test] == again.models[name].probabilities[0, test]).all()
    assert (found.procedure[0, test] == again.procedure[0, test]).all()


def test_workers_do_not_change_a_bit(answers, inputs, validated):
    folds, found = validated
    again = validate(inputs, answers["answer"].to_numpy(), folds, plan_for(inputs), seed=5, workers=2)
    assert all((again.models[n].probabilities == m.probabilities).all() for n, m in found.models.items())
    assert again.chosen == found.chosen


def test_the_informative_model_is_chosen(answers, inputs):
    folds = grouped_folds(answers["answer"].to_numpy(), np.arange(400), folds=3, repeats=1, seed=1)
    models = {"constant": build("xgboost", n_estimators=1, max_depth=0), "logistic": build("logistic")}
    plan = plan_for(inputs, models=models, stacks={})
    found = validate(inputs, answers["answer"].to_numpy(), folds, plan, seed=5, workers=1)
    assert found.best == "logistic" and found.chosen == ("logistic",) * 3


def quality(*gaps):
    base = np.array([0.80, 0.83, 0.78, 0.81])
    return {"stack": base, "boosted": base + np.array(gaps)}


@pytest.mark.parametrize(
    ("gaps", "prefer", "chosen"),
    [
        ((0.03, -0.01, 0.02, 0.00), None, "boosted"),
        ((0.03, -0.01, 0.02, 0.00), "stack", "stack"),
        ((0.03, -0.01, 0.02, 0.00), "boosted", "boosted"),
        ((0.05, 0.06, 0.05, 0.06), "stack", "boosted"),
        ((-0.05, -0.06, -0.05, -0.06), "stack", "stack"),
        ((0.05, 0.05, 0.05, 0.05), "stack", "boosted"),
    ],
)
def test_the_preferred_model_yields_only_to_one_that_is_better_beyond_chance(inputs, gaps, prefer, chosen):
    plan = plan_for(inputs, prefer=prefer)
    assert choose_model(quality(*gaps), plan, 0.25) == chosen


def test_one_inner_fold_cannot_displace_the_preferred_model(inputs):
    single = {"stack": np.array([0.7]), "boosted": np.array([0.9])}
    assert choose_model(single, plan_for(inputs, prefer="stack"), 0.5) == "stack"


def test_a_preferred_model_that_the_plan_lacks_is_an_error(answers, inputs):
    folds = grouped_folds(answers["answer"].to_numpy(), np.arange(400), folds=3, repeats=1, seed=1)
    with pytest.raises(PersonaeError, match="preferred is model 'oracle'; the models are logistic"):
        validate(inputs, answers["answer"].to_numpy(), folds, plan_for(inputs, prefer="oracle"), seed=5)


def test_three_classes_work_throughout():
    table = customers(450, 2, classes=3)
    inputs, target = features(table, ["income", "visits", "home"]), table["answer"].to_numpy()
    folds = grouped_folds(target, identical_rows(inputs), folds=3, repeats=1, seed=1)
    found = validate(inputs, target, folds, plan_for(inputs), seed=5, workers=1)
    for model in found.models.values():
        assert np.allclose(model.probabilities.sum(axis=2), 1)
        assert (model.probabilities[0].argmax(axis=1) == target).mean() > np.bincount(target).max() / 450


def test_forward_in_time_only_the_past_teaches(answers, inputs):
    target, time = answers["answer"].to_numpy(), np.arange(400)
    folds = time_folds(target, time, folds=5)
    found = validate(inputs, target, folds, plan_for(inputs), seed=5, workers=1)
    later = target.copy()
    later[folds.assignment[0] >= 3] = 1 - later[folds.assignment[0] >= 3]
    again = validate(inputs, later, folds, plan_for(inputs), seed=5, workers=1)
    predicted = folds.assignment[0] == 3
    assert (found.procedure[0, predicted] == again.procedure[0, predicted]).all()
    assert np.isnan(found.procedure[0, folds.assignment[0] < 3]).all()


class Recorder(TransformerMixin, BaseEstimator):
    def fit(self, inputs, target=None):
        self.seen_ = frozenset(inputs["income"].dropna())
        return self

    def transform(self, inputs):
        unseen = ~inputs["income"].isin(self.seen_) & inputs["income"].notna()
        assert unseen.all() or not unseen.any(), "a row was both fitted on and predicted"
        return inputs[["visits"]].to_numpy()


def test_preprocessing_is_fitted_on_training_rows_only(answers, inputs):
    folds = grouped_folds(answers["answer"].to_numpy(), identical_rows(inputs), folds=3, repeats=1, seed=1)
    plan = plan_for(inputs[["income", "visits"]].assign(), preprocessing=Recorder(), stacks={})
    complete = inputs["income"].fillna(0.0)
    rows = complete != 0.0
    dealt = type(folds)(folds.assignment[:, rows.to_numpy()], 3)
    validate(inputs[rows], answers["answer"].to_numpy()[rows], dealt, plan, seed=5, workers=1)


def test_problems_are_named(answers, inputs, validated):
    folds, _ = validated
    plan = plan_for(inputs, stacks={"stack": Stack(("logistic", "lasso"), 1.0)})
    with pytest.raises(
        PersonaeError, match="stack 'stack' names model 'lasso'; the models are logistic, random_forest"
    ):
        validate(inputs, answers["answer"].to_numpy(), folds, plan, seed=5, workers=1)
    plain = validate(
        inputs, answers["answer"].to_numpy(), folds, plan_for(inputs, nested=False), seed=5, workers=1
    )
    with pytest.raises(PersonaeError, match="not nested"):
        _ = plain.best
