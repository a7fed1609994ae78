"""Ordered tasks over the cores, with the same bits for any number of workers."""

from collections.abc import Callable, Sequence
from typing import Any

from joblib import Parallel, delayed
from threadpoolctl import ThreadpoolController
from tqdm import tqdm


def run_all(
    tasks: Sequence[Callable[[], Any]], workers: int = 1, label: str | None = None, *, threads: bool = False
) -> list[Any]:
    """Run tasks in processes and give their results in order.

    Numerical libraries are held to one thread: their sums then come in one order, and `workers` alone decides
    how many cores are busy.

    Parameters
    ----------
    tasks : sequence of callables without arguments
        Each with a seed of its own inside.
    workers : int
        Processes; -1 takes all cores.
    label : str, optional
        Text of a progress bar, which shows on a terminal only.
    threads : bool
        Threads in place of processes: for few long operations on large arrays. Many short ones wait for the
        interpreter's lock.
    """
    if workers == 1 and label is None:
        return [task() for task in tasks]
    if threads:
        with ThreadpoolController().limit(limits=1):
            return _run(Parallel(n_jobs=workers, prefer="threads", return_as="generator"), tasks, label)
    pool = Parallel(n_jobs=workers, backend="loky", inner_max_num_threads=1, return_as="generator")
    return _run(pool, tasks, label)


def _run(pool: Any, tasks: Sequence[Callable[[], Any]], label: str | None) -> list[Any]:
    results = pool(delayed(_one_thread)(task) for task in tasks)
    return list(tqdm(results, total=len(tasks), desc=label, disable=None if label else True))


def _one_thread(task: Callable[[], Any]) -> Any:
    """OpenMP keeps its limit per thread, BLAS for the process."""
    with ThreadpoolController().limit(limits=1):
        return task()
