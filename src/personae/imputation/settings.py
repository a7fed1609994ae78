"""Settings of stage impute."""

from typing import Annotated, Any, Literal

from pydantic import Field

from personae.core.settings import Frozen


class Method(Frozen):
    """A way to predict a column; its other fields are options of the regressor behind it."""

    method: str

    @property
    def options(self) -> dict[str, Any]:
        """Options as `personae.imputation.methods.make_regressor` takes them."""
        return self.model_dump(exclude={"method"})


class ConstantImputer(Method):
    """One value for all, or for each known customer their own mean."""

    method: Literal["mean", "median", "group_mean"] = "median"


class KnnImputer(Method):
    """Mean of the nearest rows; options of KNeighborsRegressor."""

    method: Literal["knn"] = "knn"
    n_neighbors: int = Field(10, gt=0)
    weights: Literal["uniform", "distance"] = "distance"


class RidgeImputer(Method):
    """Ridge regression; options of Ridge."""

    method: Literal["ridge"] = "ridge"
    alpha: float = Field(10.0, gt=0)


class XgboostImputer(Method):
    """Gradient boosted trees; options of XGBRegressor."""

    method: Literal["xgboost"] = "xgboost"
    n_estimators: int = Field(150, gt=0)
    max_depth: int = Field(4, gt=0)
    learning_rate: float = Field(0.05, gt=0, le=1)
    subsample: float = Field(0.8, gt=0, le=1)
    colsample_bytree: float = Field(0.5, gt=0, le=1)
    min_child_weight: float = Field(1.0, ge=0)
    reg_lambda: float = Field(1.0, ge=0)


Imputer = Annotated[
    ConstantImputer | KnnImputer | RidgeImputer | XgboostImputer, Field(discriminator="method")
]


def _simple_methods() -> list[Imputer]:
    return [ConstantImputer(method="mean"), ConstantImputer(method="median"), RidgeImputer()]


class ImputationCriteria(Frozen):
    """What a verdict asks for.

    Attributes
    ----------
    unseen_customers, known_customers
        Independent groups on which a kind of customer must have been checked; fewer: `refuse`.
    impute_support, baseline_support
        Share of the really missing cells inside the training range below which a method that beats the
        baseline is not used, and below which not even the baseline is trusted: `refuse`.
    largest_shift
        Distance of filled-in values from the baseline's, in baseline errors, above which nothing is filled
        in: what was learned where values are seen seems not to hold where they are not.
    """

    unseen_customers: int = Field(30, gt=1)
    known_customers: int = Field(5, gt=1)
    impute_support: float = Field(0.8, ge=0, le=1)
    baseline_support: float = Field(0.5, ge=0, le=1)
    largest_shift: float = Field(1.0, gt=0)


class Impute(Frozen):
    """What is filled, from what, how, and when it is left missing.

    Attributes
    ----------
    table
        What has gaps: `customers`, or user-days, from which the customers are described once filled.
    columns, predictors
        Numeric columns of that table.
    leaky
        For each column, predictors that know it by construction.
    structural
        Columns whose gaps mean something: flagged, never filled.
    imputer, others
        The method that may be used, and further ones for comparison on the scorecard.
    folds, repeats, resamples
        Cross-validation, and bootstrap of the intervals.
    fit_rows
        Of more rows, methods learn from and are scored on as many, whole units drawn by hash; every gap is
        treated.
    """

    table: Literal["customers", "days"] = "customers"
    columns: list[str] = Field(default_factory=list)
    predictors: list[str] = Field(default_factory=list)
    leaky: dict[str, list[str]] = Field(default_factory=dict)
    structural: list[str] = Field(default_factory=list)
    imputer: Imputer = KnnImputer()
    others: list[Imputer] = Field(default_factory=_simple_methods)
    rules: ImputationCriteria = ImputationCriteria()
    folds: int = Field(5, gt=1)
    repeats: int = Field(1, gt=0)
    resamples: int = Field(1000, gt=0)
    fit_rows: int = Field(50_000, gt=0)
