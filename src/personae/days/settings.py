"""Settings of stage days: kinds of days, unusual ones, and the prescription that follows."""

from pydantic import Field

from personae.core.settings import Frozen
from personae.segmentation.settings import Segment


class AnomalyRules(Frozen):
    """When a day is called unusual, see `personae.days.anomalies.Rules`."""

    threshold: float = Field(gt=0)
    isolation: float = Field(gt=0, lt=1)
    least_days: int = Field(gt=2)
    trees: int = Field(gt=0)


class Anomalies(Frozen):
    """Which features of a day are watched.

    Attributes
    ----------
    features
        Columns of the day table and their names for people.
    roots
        Counts among them that are judged by their square root.
    """

    features: dict[str, str] = Field(min_length=1)
    roots: list[str]
    rules: AnomalyRules


class ActionSettings(Frozen):
    """One action, see `personae.targeting.actions.Action`; `name` as in the playbook."""

    name: str
    cost: float = Field(gt=0)
    effect: float = Field(ge=0)
    elsewhere: float = Field(ge=0)


class Prescribe(Frozen):
    """Weekly budget, what a gain counts, and the actions; all of it assumed, none of it measured."""

    budget: float = Field(ge=0)
    gain: str
    actions: list[ActionSettings] = Field(min_length=1)


class Days(Frozen):
    """What stage days does with user-days beyond describing their users."""

    segment: Segment
    anomalies: Anomalies
    prescribe: Prescribe
