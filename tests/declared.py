"""What dvc.yaml declares, as DVC itself resolves it."""

from dvc.repo import Repo
from dvc.stage import PipelineStage


def declared() -> dict[str, tuple[set[str], set[str]]]:
    """Paths that every stage of every study reads and writes, by `stage@study`."""
    return {
        stage.name: ({dep.def_path for dep in stage.deps}, {out.def_path for out in stage.outs})
        for stage in Repo().index.stages
        if isinstance(stage, PipelineStage)
    }


def covers(declared: str, path: str) -> bool:
    """Tell whether a path is what was declared, or lies in it."""
    return path == declared or path.startswith(f"{declared}/")
