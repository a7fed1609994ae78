from dataclasses import replace

import numpy as np
import pytest
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.metrics import roc_auc_score
from tests.response.planted import MODELS, customers, plan_for

from personae.core.errors import PersonaeError
from personae.response.estimators import build
from personae.response.evaluate import _bounded
from personae.response.folds import Folds, time_folds
from personae.response.settings import GradientBoosting
from personae.response.validation import choose_model, fit_model, validate


@pytest.fixture(scope="module")
def validated(answers):
    plan = plan_for(answers, repeats=2)
    return plan, validate(plan)


def test_every_row_is_predicted_out_of_fold_by_every_model(validated):
    _, found = validated
    assert list(found.probabilities) == list(MODELS)
    for probabilities in found.probabilities.values():
        assert probabilities.shape == (2, 400, 2)
        assert np.allclose(probabilities.sum(axis=2), 1)


def test_planted_signal_is_found(validated):
    plan, found = validated
    assert roc_auc_score(plan.target, found.procedure[0, :, 1]) > 0.8


def test_figures_are_those_of_a_plain_loop(answers):
    """Without nesting the predictions are those of fitting each model on the other folds, nothing else."""
    plan = plan_for(answers, models={"logistic": MODELS["logistic"]})
    found = validate(plan, nested=False).probabilities["logistic"][0]
    for k in range(3):
        test = plan.folds.assignment[0] == k
        prepare = clone(plan.preprocessing).fit(plan.table[~test])
        model = build(MODELS["logistic"]).fit(prepare.transform(plan.table[~test]), plan.target[~test])
        expected = model.predict_proba(prepare.transform(plan.table[test]))
        assert np.allclose(found[test], np.clip(expected, 1e-4, 1), atol=2e-4)


def test_an_outer_fold_is_never_looked_at_before_it_is_predicted(validated):
    """Turning every label of a fold around leaves the predictions of that fold as they were."""
    plan, found = validated
    test = plan.folds.assignment[0] == 0
    once = Folds(plan.folds.assignment[:1], plan.folds.count)
    again = validate(replace(plan, folds=once, target=np.where(test, 1 - plan.target, plan.target)))
    for name, probabilities in found.probabilities.items():
        assert (probabilities[0, test] == again.probabilities[name][0, test]).all()
    assert (found.procedure[0, test] == again.procedure[0, test]).all()


def test_workers_do_not_change_a_bit(validated):
    plan, found = validated
    again = validate(replace(plan, settings=plan.settings.model_copy(update={"workers": 2})))
    assert all((again.probabilities[n] == one).all() for n, one in found.probabilities.items())
    assert again.chosen == found.chosen


def test_the_informative_model_is_chosen(answers):
    constant = GradientBoosting(max_iter=1, min_samples_leaf=400)
    found = validate(plan_for(answers, models={"constant": constant, "logistic": MODELS["logistic"]}))
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
def test_the_preferred_model_yields_only_to_one_that_is_better_beyond_chance(gaps, prefer, chosen):
    assert choose_model(quality(*gaps), prefer, 0.25) == chosen


def test_one_inner_fold_cannot_displace_the_preferred_model():
    single = {"stack": np.array([0.7]), "boosted": np.array([0.9])}
    assert choose_model(single, "stack", 0.5) == "stack"


def test_three_classes_work_throughout():
    plan = plan_for(customers(450, 2, classes=3))
    for probabilities in validate(plan).probabilities.values():
        assert np.allclose(probabilities.sum(axis=2), 1)
        assert (probabilities[0].argmax(axis=1) == plan.target).mean() > np.bincount(plan.target).max() / 450


def test_forward_in_time_only_the_past_teaches(answers):
    plan = plan_for(answers, folds=time_folds(answers["answer"].to_numpy(), np.arange(400), folds=5))
    block = plan.folds.assignment[0]
    found = validate(plan)
    again = validate(replace(plan, target=np.where(block >= 3, 1 - plan.target, plan.target)))
    assert (found.procedure[0, block == 3] == again.procedure[0, block == 3]).all()
    assert np.isnan(found.procedure[0, block < 3]).all()


class Recorder(TransformerMixin, BaseEstimator):
    def fit(self, inputs, target=None):
        self.seen_ = frozenset(inputs["income"].dropna())
        return self

    def transform(self, inputs):
        unseen = ~inputs["income"].isin(self.seen_) & inputs["income"].notna()
        assert unseen.all() or not unseen.any(), "a row was both fitted on and predicted"
        return inputs[["visits"]].to_numpy()


def test_preprocessing_is_fitted_on_training_rows_only(answers):
    validate(plan_for(answers.dropna(ignore_index=True), preprocessing=Recorder()))


def test_what_was_not_nested_chose_nothing(answers):
    plain = validate(plan_for(answers, models={"logistic": MODELS["logistic"]}), nested=False)
    with pytest.raises(PersonaeError, match="not nested"):
        _ = plain.best
    assert np.isnan(plain.procedure).all()


def test_a_bounded_type_learns_from_as_many_rows_drawn_at_random_and_it_is_said(answers):
    models = {name: MODELS[name] for name in ("logistic", "svm")}
    plan = plan_for(answers, models=models, model_rows={"svm": 100, "logistic": 300})
    found, plain = validate(plan, nested=False), validate(plan_for(answers, models=models), nested=False)
    assert (found.probabilities["logistic"] == plain.probabilities["logistic"]).all()
    assert (found.probabilities["svm"] != plain.probabilities["svm"]).any()
    inputs, target = np.arange(400.0)[:, None], plan.target
    assert fit_model(plan, "svm", inputs, target, 1).shape_fit_ == (100, 1)
    assert fit_model(plan, "svm", inputs[:90], target[:90], 1).shape_fit_ == (90, 1)
    assert _bounded(plan) == {"fit_rows": {"svm": 100}}
    assert _bounded(replace(plan, settings=plain_settings(plan))) == {}


def plain_settings(plan):
    return plan.settings.model_copy(update={"model_rows": {}})
