"""Customer segments, personas, response models and promotions that survive scrutiny.

Functions take tables and settings and give results; nothing is imported before it is used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from personae.baskets.promotions import promote as promote
    from personae.baskets.settings import Promote as Promote
    from personae.config.compose import study_settings as study_settings
    from personae.core.errors import PersonaeError as PersonaeError
    from personae.history.changes import compare_results as compare_results
    from personae.history.finished import read_results as read_results
    from personae.history.restore import restore as restore
    from personae.history.result import runs as runs
    from personae.imputation.completion import impute_table as impute_table
    from personae.imputation.settings import Impute as Impute
    from personae.inference.compare import compare_groups as compare_groups
    from personae.inference.settings import ComparisonCriteria as ComparisonCriteria
    from personae.notebook import open_study as open_study
    from personae.notebook import prepare_study as prepare_study
    from personae.personas.cards import persona_cards as persona_cards
    from personae.personas.settings import Profile as Profile
    from personae.response.evaluate import evaluate_response as evaluate_response
    from personae.response.settings import Classify as Classify
    from personae.scoring.batch import score_file as score_file
    from personae.scoring.scorer import load_scorer as load_scorer
    from personae.segmentation.segment import segment_customers as segment_customers
    from personae.segmentation.settings import SegmentSettings as SegmentSettings
    from personae.targeting.choose import select_targets as select_targets
    from personae.targeting.plan import plan_contacts as plan_contacts
    from personae.targeting.settings import Target as Target

_HOMES = {
    "study_settings": "config.compose",
    "prepare_study": "notebook",
    "open_study": "notebook",
    "impute_table": "imputation.completion",
    "segment_customers": "segmentation.segment",
    "compare_groups": "inference.compare",
    "persona_cards": "personas.cards",
    "evaluate_response": "response.evaluate",
    "select_targets": "targeting.choose",
    "plan_contacts": "targeting.plan",
    "load_scorer": "scoring.scorer",
    "score_file": "scoring.batch",
    "promote": "baskets.promotions",
    "compare_results": "history.changes",
    "restore": "history.restore",
    "read_results": "history.finished",
    "runs": "history.result",
    "Impute": "imputation.settings",
    "SegmentSettings": "segmentation.settings",
    "ComparisonCriteria": "inference.settings",
    "Profile": "personas.settings",
    "Classify": "response.settings",
    "Target": "targeting.settings",
    "Promote": "baskets.settings",
    "PersonaeError": "core.errors",
}
__all__ = list(_HOMES)


def __getattr__(name: str) -> Any:
    """Import a public name from its room on first use."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(_HOMES)
