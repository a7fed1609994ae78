"""One of several workers that meet at fresh databases: claims trials of each until none is left."""

import sys
from contextlib import ExitStack
from pathlib import Path

import filelock
from optuna.trial import TrialState

from personae.sweep.database import connected
from personae.sweep.search import Worker, open_study
from personae.sweep.settings import SegmentSweep
from personae.sweep.space import parse_space

SWEEP = SegmentSweep(space=["segment.k=range(2,10)"], trials=5, startup=2, seed=0)


def compete(directory):
    directory.mkdir(parents=True, exist_ok=True)
    url = f"sqlite:///{directory / 'optuna.db'}"
    [[key, among]] = parse_space(SWEEP.space).items()
    with ExitStack() as stack:
        with filelock.FileLock(directory / ".lock"):
            storage = stack.enter_context(connected(url))
            study = open_study(storage, url, "s", {"space": SWEEP.space}, ["maximize"])
        worker = Worker(study, storage, SWEEP, directory / "workers")
        stack.enter_context(worker.at_work())
        while (claimed := worker.claim(lambda suggest: suggest(key, among))) is not None:
            worker.finish(claimed, {}, TrialState.COMPLETE, [float(claimed.params[key])])


if __name__ == "__main__":
    for number in range(int(sys.argv[2])):
        compete(Path(sys.argv[1]) / str(number))
