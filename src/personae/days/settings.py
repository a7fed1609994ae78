"""Settings of stage days: anomalies, kinds of days, actions."""

from pydantic import Field, model_validator

from personae.core.settings import Frozen
from personae.segmentation.settings import SegmentSettings


class AnomalyThresholds(Frozen):
    """When a day is called unusual.

    Attributes
    ----------
    threshold
        Smallest absolute robust z within the user: 3.5 for one feature (Iglewicz and Hoaglin, 1993),
        more for several.
    isolation
        Smallest score of the isolation forest, 0 to 1; about 0.5 for a table without any outlier.
    least_days
        Days a user needs before their days can be unusual for them.
    trees
        Trees of the forest.
    """

    threshold: float = Field(4.5, gt=0)
    isolation: float = Field(0.65, gt=0, lt=1)
    least_days: int = Field(7, gt=2)
    trees: int = Field(200, gt=0)


class AnomalySettings(Frozen):
    """Features that are watched and thresholds for an unusual day.

    Attributes
    ----------
    features
        Columns of the day table and their names for people.
    roots
        Counts among them, such as steps, that are judged by their square root: their spread grows with their
        level.
    """

    features: dict[str, str] = Field({})
    roots: list[str] = Field([])
    rules: AnomalyThresholds = AnomalyThresholds()


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
    """Weekly budget, value of a gain, and actions; all are assumptions."""

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

    segment: SegmentSettings = SegmentSettings()
    anomalies: AnomalySettings = AnomalySettings()
    prescribe: Prescribe
