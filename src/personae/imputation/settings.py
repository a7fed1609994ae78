"""Settings of stage impute."""

from typing import Annotated, Literal

from pydantic import Field

from personae.core.settings import Frozen


class Constant(Frozen):
    """One value for everybody, or for each known customer their own mean."""

    method: Literal["mean", "median", "group_mean"]


class Knn(Frozen):
    """Mean of the nearest rows; options of KNeighborsRegressor."""

    method: Literal["knn"]
    n_neighbors: int = Field(gt=0)
    weights: Literal["uniform", "distance"]


class Ridge(Frozen):
    """Ridge regression; options of Ridge."""

    method: Literal["ridge"]
    alpha: float = Field(gt=0)


class Xgboost(Frozen):
    """Gradient boosted trees; options of XGBRegressor."""

    method: Literal["xgboost"]
    n_estimators: int = Field(gt=0)
    max_depth: int = Field(gt=0)
    learning_rate: float = Field(gt=0, le=1)
    subsample: float = Field(gt=0, le=1)
    colsample_bytree: float = Field(gt=0, le=1)
    min_child_weight: float = Field(ge=0)
    reg_lambda: float = Field(ge=0)


Imputer = Annotated[Constant | Knn | Ridge | Xgboost, Field(discriminator="method")]


class Rules(Frozen):
    """What a verdict asks for, see `personae.imputation.scorecard.Rules`."""

    unseen_customers: int = Field(gt=1)
    known_customers: int = Field(gt=1)
    impute_support: float = Field(ge=0, le=1)
    baseline_support: float = Field(ge=0, le=1)
    largest_shift: float = Field(gt=0)


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
        The method that may be used, and those that stand beside it on the scorecard.
    folds, repeats, resamples
        Cross-validation, and bootstrap of the intervals.
    """

    table: Literal["customers", "days"]
    columns: list[str]
    predictors: list[str]
    leaky: dict[str, list[str]]
    structural: list[str]
    imputer: Imputer
    others: list[Imputer]
    rules: Rules
    folds: int = Field(gt=1)
    repeats: int = Field(gt=0)
    resamples: int = Field(gt=0)
