"""Settings of stage classify."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from personae.core.settings import Frozen
from personae.imputation.settings import Imputer

Weight = Literal["balanced"] | None


class Logistic(Frozen):
    """Ridge-penalised logistic regression; options of LogisticRegression."""

    type: Literal["logistic"]
    C: float = Field(gt=0)
    max_iter: int = Field(gt=0)
    class_weight: Weight


class RandomForest(Frozen):
    """Random Forest; options of RandomForestClassifier."""

    type: Literal["random_forest"]
    n_estimators: int = Field(gt=0)
    max_features: float | Literal["sqrt", "log2"]
    min_samples_leaf: int = Field(gt=0)
    class_weight: Weight


class GradientBoosting(Frozen):
    """Histogram gradient boosting; options of HistGradientBoostingClassifier."""

    type: Literal["gradient_boosting"]
    learning_rate: float = Field(gt=0, le=1)
    max_iter: int = Field(gt=0)
    max_leaf_nodes: int = Field(gt=1)
    min_samples_leaf: int = Field(gt=0)
    l2_regularization: float = Field(ge=0)
    early_stopping: bool
    class_weight: Weight


class Svm(Frozen):
    """Support vector machine; options of SVC. `calibrations` turn its decision values into probabilities."""

    type: Literal["svm"]
    C: float = Field(gt=0)
    kernel: Literal["linear", "rbf"]
    gamma: float | Literal["scale", "auto"]
    class_weight: Weight


class Xgboost(Frozen):
    """Gradient boosted trees; options of XGBClassifier."""

    type: Literal["xgboost"]
    n_estimators: int = Field(gt=0)
    max_depth: int = Field(gt=0)
    learning_rate: float = Field(gt=0, le=1)
    subsample: float = Field(gt=0, le=1)
    colsample_bytree: float = Field(gt=0, le=1)
    min_child_weight: float = Field(ge=0)
    reg_lambda: float = Field(ge=0)
    class_weight: Weight


class Stack(Frozen):
    """Logistic regression on the other models' scores; `members` by their names, none: all.

    Where it is `preferred`, the inner folds keep it unless another model's figure is higher by more than its
    corrected interval.
    """

    type: Literal["stack"]
    members: list[str]
    C: float = Field(gt=0)
    preferred: bool


Classifier = Annotated[
    Logistic | RandomForest | GradientBoosting | Svm | Xgboost | Stack, Field(discriminator="type")
]


class Segment(Frozen):
    """Segments as an input: k-means on standardised columns, some under log(1 + x), fitted in each fold."""

    columns: list[str] = Field(min_length=1)
    log1p: list[str]
    k: int = Field(gt=1)


class Ablation(Frozen):
    """A variant of the inputs: features left out (`*` stands for any letters), the segment added."""

    drop: list[str]
    segment: bool


class Claim(Frozen):
    """A published accuracy of one random split, set beside many splits of that kind."""

    model: str
    accuracy: float = Field(gt=0, le=1)
    test_share: float = Field(gt=0, lt=1)
    splits: int = Field(gt=1)


class Guard(Frozen):
    """The leakage guard: a single column's suspicious ROC AUC, and runs with permuted answers."""

    suspicious_auc: float = Field(gt=0.5, lt=1)
    permutations: int = Field(gt=0)


class Merging(Frozen):
    """The target's classes merged by the verdicts of stage compare, beside what they were.

    Attributes
    ----------
    model
        Whose failures are looked into.
    published
        Its accuracy before the merge, as published from one split.
    test_share, random_state
        Of that split, which is reproduced before and after the merge.
    repeats
        How often the plain models are validated before and after the merge.
    """

    model: str
    repeats: int = Field(gt=0)
    published: float = Field(gt=0, le=1)
    test_share: float = Field(gt=0, lt=1)
    random_state: int = Field(ge=0)


class Early(Frozen):
    """From a user's first days, the segment that the later ones give.

    Attributes
    ----------
    first
        Days that the prediction may see.
    least_later
        Worn days that a user needs after them.
    columns, k, least_users
        Space, number and least size of the later segments (k-means on standardised columns).
    """

    first: int = Field(gt=1)
    least_later: int = Field(gt=1)
    columns: list[str] = Field(min_length=1)
    k: int = Field(gt=1)
    least_users: int = Field(gt=1)


class Classify(Frozen):
    """Response models and how they are validated.

    Attributes
    ----------
    target
        Column to predict; of two values the larger is the event.
    table
        `customers`, or another table of the study's source with one row a case and its `customer`.
    early
        For user-days: the cases are users, described by their first days; else null.
    features
        Columns of the customer table that are known before the event.
    leaking
        Columns of the table that are measured after the event: no feature may be one of them.
    unit
        Column of who is kept together in a fold; null: rows that are identical in all features.
    time
        Column of the time of each row; then every fold is predicted from earlier ones. null: no time.
    known
        Column of the time from which the response of a row is known; null: that of the row.
    segment
        What `segment: true` in an ablation adds.
    segment_input
        Whether the segment is an input of the compared models too.
    calibrations, select
        What the inner folds choose from, and by which figure they choose a model.
    ablated
        Models that score the ablations.
    shuffles, reasons
        Permutations a column for its importance; reasons given for each customer.
    """

    target: str
    table: str
    early: Early | None
    features: list[str] = Field(min_length=1)
    leaking: list[str]
    unit: str | None
    time: str | None
    known: str | None
    imputer: Imputer
    scaler: Literal["standard", "robust", "passthrough"]
    models: dict[str, Classifier] = Field(min_length=1)
    calibrations: list[Literal["none", "sigmoid", "isotonic", "temperature"]] = Field(min_length=1)
    select: Literal["roc_auc", "average_precision"]
    folds: int = Field(gt=2)
    repeats: int = Field(gt=0)
    workers: int = Field(gt=0)
    segment: Segment | None
    segment_input: bool
    ablations: dict[str, Ablation]
    ablated: list[str]
    guard: Guard
    shuffles: int = Field(gt=0)
    reasons: int = Field(gt=0)
    claim: Claim | None
    merging: Merging | None

    @model_validator(mode="after")
    def _names_exist(self) -> "Classify":
        plain = [name for name, model in self.models.items() if not isinstance(model, Stack)]
        if not plain:
            raise ValueError("models needs one that is not a stack")
        named = [*self.ablated, *(each.model for each in (self.claim, self.merging) if each)]
        for model in self.models.values():
            named += model.members if isinstance(model, Stack) else []
        for name in named:
            if name not in plain:
                raise ValueError(f"{name!r} is no model; models are {', '.join(plain)}")
        wants_segment = self.segment_input or any(each.segment for each in self.ablations.values())
        if wants_segment and self.segment is None:
            raise ValueError("segment is null, and an ablation or segment_input asks for it")
        return self
