import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict
from threadpoolctl import threadpool_limits

from personae.core.errors import PersonaeError
from personae.targeting import profit

OTHERS = ("everyone", "nobody", "random", "top_rfm")
MONEY = profit.economics(1000, 3.0, 11.0)


def planted(seed, rows=1000, repeats=3):
    rng = np.random.default_rng(seed)
    truth = rng.beta(0.7, 4, rows)
    response = (rng.random(rows) < truth).astype(int)
    noisy = np.clip(truth + rng.normal(0, 0.02, (repeats, rows)), 0, 1)
    return response, noisy, truth


def test_the_campaigns_own_arithmetic():
    """334 of 2,240 answer, a contact costs 3 and an answer brings 11 (from the file's own columns)."""
    response = (np.arange(2240) < 334).astype(int)
    money = profit.economics(2240, 3.0, 11.0)
    found = profit.profits(response, response[None, :].astype(float), money)
    assert (found["everyone"], found["nobody"], found["oracle"]) == (-3046, 0, 2672)
    assert found["model"] == found["oracle"]


def test_no_cut_off_beats_cost_over_revenue_for_true_probabilities():
    truth = planted(1)[2]
    many = np.random.default_rng(2).random((400, 1000)) < truth
    earned = many * 11.0 - 3.0
    by_cutoff = {cut: (earned * (truth >= cut)).sum(axis=1).mean() for cut in (0.1, 0.2, 3 / 11, 0.35, 0.5)}
    assert max(by_cutoff, key=by_cutoff.get) == 3 / 11


def test_the_model_beats_everyone_nobody_random_and_rfm_on_planted_data():
    response, probability, _ = planted(3)
    noise = np.random.default_rng(4).random(1000)
    found = profit.profits(response, probability, MONEY, rfm=noise)
    assert found["oracle"] > found["model"] > max(found[name] for name in OTHERS)


def test_random_is_the_mean_of_random_lists_of_the_same_length():
    response, probability, _ = planted(5, repeats=1)
    contacts = profit.contact(probability, MONEY).sum()
    rng = np.random.default_rng(6)
    earned = MONEY.earned(response)
    lists = [earned[rng.choice(1000, contacts, replace=False)].sum() for _ in range(4000)]
    assert profit.profits(response, probability, MONEY)["random"] == pytest.approx(np.mean(lists), abs=6)


@pytest.mark.parametrize("studies", [100, pytest.param(300, marks=pytest.mark.slow)])
def test_the_profit_interval_covers_the_profit_of_the_population(studies):
    """95 % of the intervals hold the expected profit of the same decisions; duplicates drawn as groups."""
    rng, covered = np.random.default_rng(7), 0
    for study in range(studies):
        truth = rng.beta(0.7, 4, 200)
        copies = rng.integers(1, 4, 200)
        units = np.repeat(np.arange(200), copies)
        response = np.repeat((rng.random(200) < truth).astype(int), copies)
        money = profit.economics(len(units), 3.0, 11.0)
        _, lower, upper = profit.profit_interval(
            response, np.repeat(truth, copies)[None, :], money, units, resamples=400, seed=study
        )
        population = 200 * 2 * EXPECTED
        covered += lower <= population <= upper
    assert 0.90 <= covered / studies <= 0.98


def test_the_profit_interval_covers_the_mean_profit_of_files_whose_models_were_fitted_out_of_fold():
    rng, found = np.random.default_rng(8), []
    for study in range(60):
        inputs = rng.normal(size=(400, 3))
        response = (rng.random(400) < 1 / (1 + np.exp(1.5 - 1.5 * inputs[:, 0]))).astype(int)
        with threadpool_limits(limits=1):
            guessed = cross_val_predict(LogisticRegression(), inputs, response, method="predict_proba")[:, 1]
        found.append(
            profit.profit_interval(
                response,
                guessed[None, :],
                profit.economics(400, 3.0, 11.0),
                np.arange(400),
                resamples=400,
                seed=study,
            )
        )
    population = np.mean([mean for mean, _, _ in found])
    covered = np.mean([lower <= population <= upper for _, lower, upper in found])
    assert 0.90 <= covered <= 0.99


def _expected_profit() -> float:
    """Expected profit of one customer under the true probabilities of `test_the_profit_interval...`."""
    truth = np.random.default_rng(0).beta(0.7, 4, 4_000_000)
    return float(((truth >= 3 / 11) * (11 * truth - 3)).mean())


EXPECTED = _expected_profit()


def test_the_curve_ends_with_everyone_and_its_gain_only_rises():
    response, probability, _ = planted(8)
    points = profit.curve(response, probability, MONEY, np.arange(1000), resamples=200, seed=1)
    last = {name: values[-1] for name, values in points.items()}
    assert last["contacts"] == 1000 and last["gain"] == pytest.approx(1)
    assert last["lift"] == pytest.approx(1)
    assert last["profit"] == pytest.approx(profit.profits(response, probability, MONEY)["everyone"])
    assert (np.diff(points["gain"]) >= -1e-12).all()
    assert points["lift"][0] > 3
    for name in ("profit", "gain", "lift"):
        assert (points[f"{name}_lower"] <= points[name] + 1e-12).all()
        assert (points[name] <= points[f"{name}_upper"] + 1e-12).all()
    assert points["gain_upper"][10] - points["gain_lower"][10] > 0.01
    assert last["lift_lower"] == pytest.approx(last["lift_upper"]) == pytest.approx(1)


def test_a_fall_of_the_response_costs_less_if_the_list_adapts():
    """Mean over many planted files, for on a single one luck decides."""
    found = [profit.profit_if_response_drops(*planted(seed, repeats=1)[:2], MONEY, 0.2) for seed in range(40)]
    same, adapted = (np.mean([one[key] for one in found]) for key in ("same_list", "adapted"))
    before = np.mean([profit.profits(*planted(seed, repeats=1)[:2], MONEY)["model"] for seed in range(40)])
    assert before > adapted > same


def test_costs_by_channel_or_segment_move_the_cut_off():
    cost = profit.amount_by_group(np.full(2, 3.0), ["a", "b"], {"b": 9.0})
    money = profit.economics(2, cost, 10.0)
    assert profit.contact(np.array([[0.5, 0.5]]), money).tolist() == [[True, False]]


@pytest.mark.parametrize(
    ("cost", "revenue", "message"),
    [
        (-1.0, 11.0, "cost per contact is -1"),
        (3.0, float("nan"), "revenue per contact is nan"),
        (3.0, 2.0, "can pay"),
    ],
)
def test_impossible_economics_are_refused(cost, revenue, message):
    with pytest.raises(PersonaeError, match=message):
        profit.economics(5, cost, revenue)


@pytest.mark.parametrize("bad", [float("nan"), -0.1, 1.2])
def test_impossible_probabilities_are_refused(bad):
    with pytest.raises(PersonaeError, match=r"probability is .* expected values from 0 to 1"):
        profit.contact(np.array([[0.5, bad]]), profit.economics(2, 3.0, 11.0))
