"""Settings of stage days: kinds of days, unusual ones, and the prescription that follows."""

from pydantic import Field, model_validator

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


class Action(Frozen):
    """Something that can be done for a user.

    Attributes
    ----------
    name
        As in the playbook.
    cost
        For one user and week.
    effect, elsewhere
        Expected gain for a user whose persona calls for it, and for any other user.
    """

    name: str
    cost: float = Field(gt=0)
    effect: float = Field(ge=0)
    elsewhere: float = Field(ge=0)


class Prescribe(Frozen):
    """Weekly budget, what a gain counts, and the actions; all of it assumed, none of it measured."""

    budget: float = Field(ge=0)
    gain: str
    actions: list[Action] = Field(min_length=1)

    @model_validator(mode="after")
    def _each_action_once(self) -> "Prescribe":
        names = [action.name for action in self.actions]
        doubled = [name for name in names if names.count(name) > 1]
        if doubled:
            raise ValueError(f"action {doubled[0]!r} is there twice; expected each once")
        return self


class Days(Frozen):
    """What stage days does with user-days beyond describing their users."""

    segment: Segment
    anomalies: Anomalies
    prescribe: Prescribe
