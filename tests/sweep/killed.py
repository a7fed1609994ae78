"""Sweep again and again, dying by SIGKILL at the commits to its databases, until the sweep has ended.

What is slow to import is imported once; every attempt is a fork. Prints how many attempts died.
"""

import os
import random
import signal
import sys


def attempt(fatal):
    """Sweep in a process that dies at a commit; tell whether it died before it was done."""
    child = os.fork()
    if child == 0:
        left = fatal

        def count(*_):
            nonlocal left
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

        sqlalchemy.event.listen(sqlalchemy.Engine, "commit", count)
        sweep("campaign", "segment", file=sys.argv[1])
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert status in {0, signal.SIGKILL}, status
    return os.WIFSIGNALED(status)


if __name__ == "__main__":
    import mlflow.store.tracking.sqlalchemy_store  # noqa: F401 - imported once for all attempts
    import sqlalchemy

    import personae.sweep.segment_trials  # noqa: F401
    from personae.sweep.run import sweep

    moments = random.Random(int(sys.argv[3]))
    died = sum(attempt(moments.randrange(10, 90)) for _ in range(int(sys.argv[2])))
    while attempt(10**9):
        pass
    print(died)
