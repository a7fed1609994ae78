"""Publish results at the same time: forks of a process that has imported what is slow. Prints what each says."""

import os
import sys

from personae.stages.track import main


def publisher(study: str) -> int:
    child = os.fork()
    if child == 0:
        main(study)
        sys.stdout.flush()
        os._exit(0)
    return child


if __name__ == "__main__":
    import mlflow.data
    import mlflow.store.tracking.sqlalchemy_store  # noqa: F401 - imported once for all

    children = [publisher(study) for study in sys.argv[1:]]
    sys.exit(max(os.waitpid(child, 0)[1] != 0 for child in children))
