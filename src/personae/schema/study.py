"""The whole configuration of a study."""

from personae.schema.base import Frozen
from personae.schema.classify import Classify
from personae.schema.compare import Compare
from personae.schema.days import Days
from personae.schema.impute import Impute
from personae.schema.prepare import Prepare
from personae.schema.profile import Profile
from personae.schema.promote import Promote
from personae.schema.segment import Segment
from personae.schema.target import Target


class Study(Frozen):
    """Settings of all stages of one study, keyed by stage; what a study cannot have is left out."""

    study: str
    seed: int
    prepare: Prepare
    impute: Impute
    segment: Segment
    compare: Compare
    profile: Profile
    classify: Classify | None = None
    target: Target | None = None
    promote: Promote | None = None
    days: Days | None = None
