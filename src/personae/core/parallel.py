"""Ordered tasks over the cores, reproducible for any number of workers."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from functools import partial
from importlib import import_module
from threading import Thread
from typing import Any, Literal

from joblib import Parallel, delayed, effective_n_jobs
from threadpoolctl import threadpool_limits
from tqdm import tqdm


def parallel_map(
    tasks: Sequence[Callable[[], Any]],
    workers: int = 1,
    label: str | None = None,
    *,
    threads: bool = False,
    batch: int | Literal["auto"] = "auto",
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
        interpreter's lock. One worker holds the libraries as its caller does.
    batch : int
        Tasks that a process is handed at once; many short ones that share arrays travel better together.
    """
    alone = workers == 1 or len(tasks) == 1
    kind = {"prefer": "threads"} if threads else {"backend": "loky", "inner_max_num_threads": 1}
    results: Iterable[Any]
    if alone:
        results = (task() for task in tasks)
    else:
        pool = Parallel(n_jobs=workers, batch_size=batch, return_as="generator", **kind)
        results = pool(delayed(_one_thread if threads else _call)(task) for task in tasks)
    with threadpool_limits(limits=1) if alone and not threads else nullcontext():
        return list(tqdm(results, total=len(tasks), desc=label, disable=None if label else True, leave=False))


def warm_up(workers: int, module: str) -> Thread:
    """Start the worker processes of a later `parallel_map` ahead of time.

    Returns
    -------
    Thread
        Join it before `parallel_map`.
    """
    tasks = [partial(_load, module)] * effective_n_jobs(workers)
    thread = Thread(target=parallel_map, args=(tasks, workers))
    thread.start()
    return thread


def _load(module: str) -> None:
    import_module(module)


def _call(task: Callable[[], Any]) -> Any:
    return task()


def _one_thread(task: Callable[[], Any]) -> Any:
    """Limit the libraries to one thread in the calling thread."""
    with threadpool_limits(limits=1):
        return task()
