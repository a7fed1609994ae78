"""Exit codes and the one-line error message of a command."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from threadpoolctl import threadpool_limits

from personae.core.errors import PersonaeError


@contextmanager
def one_line_errors() -> Iterator[None]:
    """Report a user's error in one line on stderr, with exit code 1."""
    try:
        yield
    except PersonaeError as error:
        sys.stderr.write(f"error: {error}\n")
        raise SystemExit(1) from None


def run_stage(main: Callable[[str], None]) -> None:
    """Run a stage for the study named on the command line.

    Numerical libraries get one thread each: stages parallelise over tasks, and sums must not depend on
    the number of threads.
    """
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"
    with one_line_errors(), threadpool_limits(limits=1):
        if len(sys.argv) != 2:
            raise PersonaeError("usage: python -m personae.stages.STAGE STUDY")
        main(sys.argv[1])
