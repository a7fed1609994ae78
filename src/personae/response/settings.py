"""Settings of stage classify."""

import operator
from typing import Annotated, Literal, get_args

from pydantic import Field, PositiveInt, model_validator

from personae.core.settings import Frozen
from personae.imputation.settings import ConstantImputer, Imputer
from personae.segmentation.settings import ClusteringMethod, KMeans, Scaler

Weight = Literal["balanced"] | None
Type = Literal["logistic", "random_forest", "gradient_boosting", "svm", "xgboost"]


class Logistic(Frozen):
    """Ridge-penalised logistic regression; options of LogisticRegression."""

    type: Literal["logistic"] = "logistic"
    C: float = Field(0.3, gt=0)
    max_iter: int = Field(3000, gt=0)
    class_weight: Weight = None


class RandomForest(Frozen):
    """Random Forest; options of RandomForestClassifier."""

    type: Literal["random_forest"] = "random_forest"
    n_estimators: int = Field(100, gt=0)
    max_features: float | Literal["sqrt", "log2"] = "sqrt"
    min_samples_leaf: int = Field(2, gt=0)
    class_weight: Weight = None


class GradientBoosting(Frozen):
    """Histogram gradient boosting; options of HistGradientBoostingClassifier."""

    type: Literal["gradient_boosting"] = "gradient_boosting"
    learning_rate: float = Field(0.08, gt=0, le=1)
    max_iter: int = Field(120, gt=0)
    max_leaf_nodes: int = Field(8, gt=1)
    min_samples_leaf: int = Field(20, gt=0)
    l2_regularization: float = Field(1.0, ge=0)
    early_stopping: bool = False
    class_weight: Weight = None


class Svm(Frozen):
    """Support vector machine (SVC); `calibrations` give its probabilities."""

    type: Literal["svm"] = "svm"
    C: float = Field(2.0, gt=0)
    kernel: Literal["linear", "rbf"] = "rbf"
    gamma: float | Literal["scale", "auto"] = 0.01
    class_weight: Weight = None


class BoostedTrees(Frozen):
    """Gradient boosted trees; options of XGBClassifier."""

    type: Literal["xgboost"] = "xgboost"
    n_estimators: int = Field(300, gt=0)
    max_depth: int = Field(2, gt=0)
    learning_rate: float = Field(0.1, gt=0, le=1)
    subsample: float = Field(0.7, gt=0, le=1)
    colsample_bytree: float = Field(0.5, gt=0, le=1)
    min_child_weight: float = Field(3.0, ge=0)
    reg_lambda: float = Field(3.0, ge=0)
    class_weight: Weight = None


class Stack(Frozen):
    """Logistic regression on the scores of `members`, by default all.

    Where it is `preferred`, the inner folds keep it unless another model's figure is higher by more than its
    corrected interval.
    """

    type: Literal["stack"] = "stack"
    members: list[str] = Field(default_factory=list)
    C: float = Field(1.0, gt=0)
    preferred: bool = True


Model = Logistic | RandomForest | GradientBoosting | Svm | BoostedTrees
Classifier = Annotated[Model | Stack, Field(discriminator="type")]


class SegmentInput(Frozen):
    """Segments as inputs, fitted in each fold.

    Attributes
    ----------
    columns, log1p, categorical, space_scaler
        The space, as of stage segment.
    scaler, clusterer, k
        How segments are made in it.
    """

    columns: list[str] = Field(min_length=1)
    log1p: list[str] = Field(default_factory=list)
    categorical: list[str] = Field(default_factory=list)
    space_scaler: Literal["standard", "robust", "quantile"] = "standard"
    scaler: Scaler = Scaler()
    clusterer: ClusteringMethod = KMeans()
    k: int = Field(4, gt=1)


class Ablation(Frozen):
    """Variant of the inputs or of the models.

    Attributes
    ----------
    drop
        Columns left out; patterns may name several.
    segment
        Whether the segment is a further input.
    per_segment
        Whether each segment has models of its own, where each class has enough rows in it; the others share
        those of all, to which the segment is an input.
    fifths
        Columns whose fifth is a further input, such as recency, frequency and money.
    """

    drop: list[str] = Field(default_factory=list)
    segment: bool = False
    per_segment: bool = Field(False, exclude_if=operator.not_)
    fifths: list[str] = Field(default_factory=list, exclude_if=operator.not_)

    @property
    def wants_segment(self) -> bool:
        """Whether segments are fitted for it."""
        return self.segment or self.per_segment


class PublishedClaim(Frozen):
    """A published accuracy of one random split, and its repetition."""

    model: str
    accuracy: float = Field(gt=0, le=1)
    test_share: float = Field(0.2, gt=0, lt=1)
    splits: int = Field(100, gt=1)


class Guard(Frozen):
    """Thresholds of the leakage guard, and its permuted-target runs."""

    suspicious_auc: float = Field(0.95, gt=0.5, lt=1)
    permutations: int = Field(3, gt=0)


class Merging(Frozen):
    """Comparison of the target's classes before and after the merge.

    Attributes
    ----------
    model
        Whose errors are listed.
    published
        Its accuracy before the merge, as published from one split.
    test_share, random_state
        Of that split, which is reproduced before and after the merge.
    repeats
        How often the models are validated before and after the merge.
    """

    model: str = "random_forest"
    repeats: int = Field(20, gt=0)
    published: float = Field(gt=0, le=1)
    test_share: float = Field(0.2, gt=0, lt=1)
    random_state: int = Field(42, ge=0)


class Early(Frozen):
    """From a user's first days, the segment that the later ones give.

    Attributes
    ----------
    first
        Days that the prediction may see.
    least_later
        Worn days that a user needs after them.
    columns, k, least_users
        Space, number and minimum size of the later segments (k-means on standardised columns).
    """

    first: int = Field(7, gt=1)
    least_later: int = Field(5, gt=1)
    columns: list[str] = Field(min_length=1)
    k: int = Field(4, gt=1)
    least_users: int = Field(4, gt=1)


def _bounds() -> dict[Type, int]:
    types = get_args(Type)
    return dict.fromkeys(types, 20_000) | {"random_forest": 10_000, "svm": 4_000}


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
    ask
        Those of `leaking` that were only guessed: the leakage guard asks, and reports what they would add.
    unit
        Column of the unit whose rows stay in one fold; null: rows equal in all features, if not by chance.
    time
        Column of the time of each row; then every fold is predicted from earlier ones. null: no time.
    known
        Column of the time from which the response of a row is known; null: that of the row.
    segment
        What an ablation's `segment` or `per_segment` uses; by default the study's own segmentation.
    segment_input
        Whether the segment is an input of the compared models too.
    calibrations, select
        What the inner folds choose from, and by which figure they choose a model.
    ablated
        Models that score the ablations.
    fit_rows
        Of more rows, as many are validated and learned from, whole units drawn by hash; the model predicts
        the others.
    model_rows
        Rows that a single fit learns from at most, by the model's type; more are drawn from at random. Of a
        type that is not named, all. The cost of an SVM grows with their square, a forest's is the highest.
    shuffles, reasons
        Permutations a column for its importance; reasons given for each customer.
    """

    target: str
    table: str = "customers"
    early: Early | None = None
    features: list[str] = Field(min_length=1)
    leaking: list[str] = Field(default_factory=list)
    ask: list[str] = Field(default_factory=list, exclude_if=operator.not_)
    unit: str | None = "unit"
    time: str | None = None
    known: str | None = None
    imputer: Imputer = ConstantImputer(method="median")
    scaler: Literal["standard", "robust", "passthrough"] = "standard"
    models: dict[str, Classifier] = Field(
        {"logistic": Logistic(), "random_forest": RandomForest(), "xgboost": BoostedTrees()}, min_length=1
    )
    calibrations: list[Literal["none", "sigmoid", "isotonic", "temperature"]] = Field(
        ["none", "sigmoid"], min_length=1
    )
    select: Literal["roc_auc", "average_precision"] = "average_precision"
    folds: int = Field(5, gt=2)
    repeats: int = Field(10, gt=0)
    workers: int = Field(2, gt=0)
    segment: SegmentInput | None = None
    segment_input: bool = False
    ablations: dict[str, Ablation] = Field(default_factory=dict)
    ablated: list[str] = Field(default_factory=list)
    guard: Guard = Guard()
    shuffles: int = Field(5, gt=0)
    reasons: int = Field(3, gt=0)
    fit_rows: PositiveInt = 50_000
    model_rows: dict[Type, PositiveInt] = Field(default_factory=_bounds, exclude_if=operator.not_)
    claim: PublishedClaim | None = None
    merging: Merging | None = None

    @property
    def single_models(self) -> dict[str, Model]:
        """The models that are not stacks, by name."""
        return {name: model for name, model in self.models.items() if not isinstance(model, Stack)}

    @property
    def stacks(self) -> dict[str, Stack]:
        """The stacks, by name."""
        return {name: model for name, model in self.models.items() if isinstance(model, Stack)}

    @property
    def preferred(self) -> str | None:
        """Model that the inner folds keep unless another is better beyond chance."""
        return next((name for name, stack in self.stacks.items() if stack.preferred), None)

    def members(self, name: str) -> tuple[str, ...]:
        """Single models behind a model: a stack's members, or itself."""
        model = self.models[name]
        return tuple(model.members or self.single_models) if isinstance(model, Stack) else (name,)

    def without_stacks(self, *names: str) -> "Classify":
        """Settings with the named single models only, by default all."""
        kept = {name: self.single_models[name] for name in names or self.single_models}
        return self.model_copy(update={"models": kept})

    @model_validator(mode="after")
    def _names_exist(self) -> "Classify":
        plain = self.single_models
        if not plain:
            raise ValueError("models needs one that is not a stack")
        named = [("ablated", name) for name in self.ablated]
        named += [
            (key, each.model) for key, each in (("claim", self.claim), ("merging", self.merging)) if each
        ]
        named += [(f"models.{key}", name) for key, stack in self.stacks.items() for name in stack.members]
        for key, name in named:
            if name not in plain:
                raise ValueError(f"{key}: {name!r} is no model; models are {', '.join(plain)}")
        wants_segment = self.segment_input or any(each.wants_segment for each in self.ablations.values())
        if wants_segment and self.segment is None:
            raise ValueError("segment is null, and an ablation or segment_input asks for it")
        return self
