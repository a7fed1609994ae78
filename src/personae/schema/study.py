"""The whole configuration of a study."""

from personae.schema.base import Frozen
from personae.schema.classify import Classify
from personae.schema.compare import Compare
from personae.schema.fitbit import Anomalies, Early, Prescribe
from personae.schema.impute import Impute
from personae.schema.prepare import Prepare
from personae.schema.profile import Profile
from personae.schema.promote import Promote
from personae.schema.segment import Segment
from personae.schema.target import Target


class Study(Frozen):
    """Settings of all stages of one study, keyed by stage; a section that is of no use to it is absent."""

    study: str
    seed: int
    prepare: Prepare
    impute: Impute
    segment: Segment
    compare: Compare
    profile: Profile
    classify: Classify | None = None
    promote: Promote | None = None
    target: Target | None = None
    segment_days: Segment | None = None
    early: Early | None = None
    anomalies: Anomalies | None = None
    prescribe: Prescribe | None = None
