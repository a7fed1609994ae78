"""Ordered tasks: here while they are short, in processes where these pay."""

import os
import time
from functools import partial

import pytest

from personae.core import parallel
from personae.core.parallel import parallel_map


def pid_after(seconds: float, number: int) -> tuple[int, int]:
    until = time.process_time() + seconds
    while time.process_time() < until:
        pass
    return number, os.getpid()


@pytest.mark.parametrize("workers", [1, 2])
def test_short_work_is_done_here(workers):
    results = parallel_map([partial(pid_after, 0.0, number) for number in range(9)], workers)
    assert results == [(number, os.getpid()) for number in range(9)]


def test_long_work_is_begun_here_and_ended_in_processes_in_order(monkeypatch):
    monkeypatch.setattr(parallel, "START", 0.05)
    results = parallel_map([partial(pid_after, 0.02, number) for number in range(8)], 2)
    assert [number for number, _ in results] == list(range(8))
    assert results[0][1] == os.getpid() != results[-1][1]


def test_processes_that_run_already_get_everything():
    parallel.warm_up(2, "json").join()
    results = parallel_map([partial(pid_after, 0.0, number) for number in range(4)], 2, started=True)
    assert os.getpid() not in {pid for _, pid in results}
