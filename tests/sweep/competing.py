"""One of several workers that meet at fresh databases: takes trials of each until none is left."""

import sys
from pathlib import Path

import filelock
from optuna.trial import TrialState

from personae.sweep.database import Database
from personae.sweep.search import Worker
from personae.sweep.settings import SegmentSweep
from personae.sweep.space import parse_space

SWEEP = SegmentSweep(
    stage="segment",
    space=["segment.k=range(2,10)"],
    objectives=["quality"],
    trials=5,
    sampler="tpe",
    startup=2,
    seed=0,
    bootstraps=2,
    prune=None,
)


def compete(directory):
    directory.mkdir(parents=True, exist_ok=True)
    database = Database(f"sqlite:///{directory / 'optuna.db'}")
    with filelock.FileLock(directory / ".lock"):
        study, storage = database.open("s", {"space": SWEEP.space}, ["maximize"], None)
    worker = Worker(study, storage, SWEEP, directory / "workers", local=True)
    [dimension] = parse_space(SWEEP.space)
    with worker.at_work():
        while (taken := worker.take(lambda ask: ask(dimension))) is not None:
            worker.give(taken, {}, TrialState.COMPLETE, [float(taken.params[dimension.key])])


if __name__ == "__main__":
    for number in range(int(sys.argv[2])):
        compete(Path(sys.argv[1]) / str(number))
