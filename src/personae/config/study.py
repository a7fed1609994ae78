"""The whole configuration of a study."""

import json
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, computed_field, model_validator

from personae.baskets.settings import Promote
from personae.core.settings import Frozen, Seed, read
from personae.days.settings import Days
from personae.imputation.settings import Impute
from personae.inference.settings import Compare
from personae.personas.settings import Profile
from personae.response.settings import Classify
from personae.scoring.settings import ScorerSettings
from personae.segmentation.settings import SegmentSettings
from personae.sources.settings import TablePrepare, TransactionsPrepare
from personae.studies.aerofit.settings import AerofitPrepare
from personae.studies.campaign.settings import CampaignPrepare
from personae.studies.fitbit.settings import FitbitPrepare
from personae.studies.grocery.settings import GroceryPrepare
from personae.studies.journey.settings import JourneyPrepare
from personae.targeting.settings import Prices, Target

Prepare = Annotated[
    AerofitPrepare
    | CampaignPrepare
    | FitbitPrepare
    | GroceryPrepare
    | JourneyPrepare
    | TablePrepare
    | TransactionsPrepare,
    Field(discriminator="source"),
]


class Report(Frozen):
    """The words of a study's page.

    Attributes
    ----------
    title
        The question that the study asks; by default, what kinds there are.
    unit_name
        What its customers, or rows, are called, in the plural.
    event
        What one who responds did, such as "accepted the offer"; empty: as the source says, or the target.
    currency
        Sign or code of its amounts; empty where it is not known.
    """

    title: str = ""
    unit_name: str = "customers"
    event: str = ""
    currency: str = ""

    @model_validator(mode="before")
    @classmethod
    def _ask(cls, given: Any) -> Any:
        """Ask for the kinds of whatever a row is where no question is given."""
        if not isinstance(given, dict) or given.get("title"):
            return given
        unit = given.get("unit_name", cls.model_fields["unit_name"].default)
        return given | {"title": f"What kinds of {unit} are there?"}


class Study(Frozen):
    """Settings of all stages of one study, keyed by stage."""

    study: str
    seed: Seed
    effort: Literal["quick", "standard", "thorough"] = "standard"
    report: Report = Report()
    prepare: Prepare
    impute: Impute
    segment: SegmentSettings
    compare: Compare
    profile: Profile
    classify: Classify | None = None
    target: Target | None = None
    promote: Promote | None = None
    days: Days | None = None

    @computed_field
    def scorer(self) -> ScorerSettings:
        """What other settings say of scoring."""
        prices = self.target and Prices(**self.target.model_dump(include=set(Prices.model_fields)))
        named = self.profile.of == "segments"
        scorer = ScorerSettings(source=self.prepare.source, named=named, prices=prices)
        if self.classify is None:
            return scorer
        return scorer.model_copy(update={"table": self.classify.table, "early": self.classify.early})

    @model_validator(mode="after")
    def _some_contact_can_pay(self) -> Self:
        if self.target is not None:
            self.target.check_prices()
        return self


def load_study(folder: Path) -> Study:
    """Read the composed settings of all stages of a study."""
    given = {key: value for key, value in read(folder).items() if key != "scorer"}
    return Study.model_validate_json(json.dumps({"study": folder.name, **given}))
