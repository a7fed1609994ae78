"""Ordered tasks over the cores, with the same bits for any number of workers."""

from collections.abc import Callable, Sequence
from typing import Any

from joblib import Parallel, delayed
from threadpoolctl import ThreadpoolController
from tqdm import tqdm


def run_all(tasks: Sequence[Callable[[], Any]], workers: int = 1, label: str | None = None) -> list[Any]:
    """Run tasks in threads and give their results in order.

    Linear algebra is held to one thread: its sums then come in one order, and `workers` alone decides how
    many cores are busy. OpenMP keeps that limit per thread, BLAS for the process.

    Parameters
    ----------
    tasks : sequence of callables without arguments
        Each with a seed of its own inside.
    workers : int
        Threads; -1 takes all cores.
    label : str, optional
        Text of a progress bar, which shows on a terminal only.
    """
    if workers == 1 and label is None:
        return [task() for task in tasks]
    controller = ThreadpoolController()

    def call(task: Callable[[], Any]) -> Any:
        with controller.limit(limits=1, user_api="openmp"):
            return task()

    with controller.limit(limits=1):
        results = Parallel(n_jobs=workers, prefer="threads", return_as="generator")(
            delayed(call)(task) for task in tasks
        )
        return list(tqdm(results, total=len(tasks), desc=label, disable=None if label else True))
