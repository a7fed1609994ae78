from scipy import stats

from personae.studies.aerofit.simulate import HEADER, simulate, to_text


def test_the_same_seed_gives_the_same_file():
    assert to_text(simulate(180, 5).table) == to_text(simulate(180, 5).table)
    assert to_text(simulate(180, 5).table) != to_text(simulate(180, 6).table)


def test_the_layout_is_the_publishers():
    simulated = simulate(180, 1)
    assert to_text(simulated.table).startswith("\ufeffProduct,Age,Gender,")
    assert simulated.table.columns == HEADER
    assert simulated.table["Product"].is_sorted()
    counts = dict(simulated.table["Product"].value_counts().iter_rows())
    assert counts == {"KP281": 80, "KP481": 60, "KP781": 40}


def test_two_products_are_alike_and_the_third_is_not():
    simulated = simulate(9000, 2)
    income = {name: part["Income"] for (name,), part in simulated.table.group_by("Product")}
    a, b = (income[product] for product in simulated.equal)
    assert stats.mannwhitneyu(a, b).pvalue > 0.01
    assert abs(a.mean() - b.mean()) < 0.1 * a.std()
    assert income["KP781"].mean() - a.mean() > 1.5 * a.std()


def test_values_are_in_the_publishers_range():
    table = simulate(3000, 3).table
    assert table["Age"].is_between(18, 50).all()
    assert table["Fitness"].is_between(1, 5).all()
    assert table["Usage"].is_between(2, 7).all()
    assert table["Income"].min() >= 25_000
    assert table["Miles"].min() > 0
