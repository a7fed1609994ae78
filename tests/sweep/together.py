"""Several workers on one sweep: forks of a process that has imported what is slow. Prints what each says."""

import os
import sys


def worker(name):
    child = os.fork()
    if child == 0:
        print("\n".join(sweep("campaign", "segment", file=name).lines()), flush=True)
        os._exit(0)
    return child


if __name__ == "__main__":
    import mlflow.store.tracking.sqlalchemy_store  # noqa: F401 - imported once for all workers

    import personae.sweep.segment_trials  # noqa: F401
    from personae.sweep.run import sweep

    children = [worker(sys.argv[1]) for _ in range(int(sys.argv[2]))]
    sys.exit(max(os.waitpid(child, 0)[1] for child in children))
