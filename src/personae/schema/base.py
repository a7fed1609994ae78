"""What all settings have in common."""

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """Settings that cannot change once built: strict types, no unknown keys."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")
