from scipy import stats

from personae.studies.aerofit.simulate import EQUAL, simulate, to_files


def test_the_same_seed_gives_the_same_file():
    assert to_files(simulate(180, 5)) == to_files(simulate(180, 5))
    assert to_files(simulate(180, 5)) != to_files(simulate(180, 6))


def test_the_layout_is_the_publishers():
    table = simulate(180, 1)
    [content] = to_files(table).values()
    header = "Product,Age,Gender,Education,MaritalStatus,Usage,Fitness,Income,Miles"
    assert content.decode().startswith(f"\ufeff{header}\n")
    assert table["Product"].is_sorted()
    counts = dict(table["Product"].value_counts().iter_rows())
    assert counts == {"KP281": 80, "KP481": 60, "KP781": 40}


def test_two_products_are_alike_and_the_third_is_not():
    income = {name: part["Income"] for (name,), part in simulate(9000, 2).group_by("Product")}
    a, b = (income[product] for product in EQUAL)
    assert stats.mannwhitneyu(a, b).pvalue > 0.01
    assert abs(a.mean() - b.mean()) < 0.1 * a.std()
    assert income["KP781"].mean() - a.mean() > 1.5 * a.std()


def test_values_are_in_the_publishers_range():
    table = simulate(3000, 3)
    assert table["Age"].is_between(18, 50).all()
    assert table["Fitness"].is_between(1, 5).all()
    assert table["Usage"].is_between(2, 7).all()
    assert table["Income"].min() >= 25_000
    assert table["Miles"].min() > 0
