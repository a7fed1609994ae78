"""Ordered tasks over the cores, reproducible for any number of workers."""

import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache, partial
from importlib import import_module
from threading import Thread
from typing import Any, Literal

from joblib import Parallel, delayed, effective_n_jobs
from threadpoolctl import ThreadpoolController
from tqdm import tqdm

Task = Callable[[], Any]

# CPU seconds that the processes of a pool need to import what tasks use: shorter work is done here.
START = 4.0


def parallel_map(
    tasks: Sequence[Task],
    workers: int = 1,
    label: str | None = None,
    *,
    threads: bool = False,
    started: bool = False,
    batch: int | Literal["auto"] = "auto",
) -> list[Any]:
    """Run tasks in processes, where these pay, and give their results in order.

    Numerical libraries are held to one thread: their sums then come in one order, and `workers` alone decides
    how many cores are busy. The first tasks run in this process, until they tell that the others take more
    CPU time than the start of processes.

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
    started : bool
        Whether the processes run already, see `warm_up`.
    batch : int
        Tasks that a process is handed at once; many short ones that share arrays travel better together.
    """
    alone = workers == 1 or len(tasks) == 1
    options = {"n_jobs": workers, "batch_size": batch, "return_as": "generator"}
    results: Iterable[Any]
    if not threads:
        pool = Parallel(backend="loky", inner_max_num_threads=1, **options)
        results = _where_it_pays(tasks, pool, float("inf") if alone else -1.0 if started else START)
    elif alone:
        results = (task() for task in tasks)
    else:
        results = Parallel(prefer="threads", **options)(delayed(_one_thread)(task) for task in tasks)
    return list(tqdm(results, total=len(tasks), desc=label, disable=None if label else True, leave=False))


def _where_it_pays(tasks: Sequence[Task], pool: Any, patience: float) -> Iterator[Any]:
    """Give results of this process; those of a pool once the rest takes more than `patience` CPU seconds."""
    began, number = time.process_time(), 0
    while number < len(tasks):
        task_takes = (time.process_time() - began) / max(number, 1)
        if task_takes * (len(tasks) - number) > patience:
            yield from pool(delayed(_call)(task) for task in tasks[number:])
            return
        yield _one_thread(tasks[number])
        number += 1


def warm_up(workers: int, module: str) -> Thread:
    """Start the worker processes of a later `parallel_map` ahead of time.

    Returns
    -------
    Thread
        Join it before `parallel_map`, which is to be told that they have `started`.
    """
    tasks = [partial(_load, module)] * effective_n_jobs(workers)
    thread = Thread(target=partial(parallel_map, tasks, workers, started=True))
    thread.start()
    return thread


def _load(module: str) -> None:
    import_module(module)


def _call(task: Task) -> Any:
    return task()


def _one_thread(task: Task) -> Any:
    """Limit the libraries to one thread in the calling thread."""
    with _libraries(len(sys.modules)).limit(limits=1):
        return task()


@lru_cache(maxsize=1)
def _libraries(modules: int) -> ThreadpoolController:
    """Find the numerical libraries (10 ms), again where more modules are loaded: they may bring one."""
    return ThreadpoolController()
