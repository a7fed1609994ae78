"""Track a study again and again, dying by SIGKILL at every n-th write, until one attempt comes to its end.

What is slow to import is imported once; every attempt is a fork. Prints how many attempts died.
"""

import os
import signal
import sys

from personae.stages.track import main

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
EVENTS = {"os.mkdir", "os.remove", "os.rename", "os.rmdir", "shutil.copyfile", "sqlite3.connect"}


class Writes:
    """Counts changes of files and commits to a database, each just before it happens."""

    def __init__(self, fatal: int) -> None:
        self.left = fatal

    def count(self, *_: object) -> None:
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def hook(self, name: str, arguments: tuple[object, ...]) -> None:
        opened = name == "open" and isinstance(arguments[2], int) and arguments[2] & WRITING
        if opened or name in EVENTS:
            self.count()


def attempt(study: str, fatal: int) -> bool:
    """Track a study in a process that dies at a write; tell whether it died before it was done."""
    child = os.fork()
    if child == 0:
        writes = Writes(fatal)
        sqlalchemy.event.listen(sqlalchemy.Engine, "commit", writes.count)
        sys.addaudithook(writes.hook)
        main(study)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert status in {0, signal.SIGKILL}, status
    return os.WIFSIGNALED(status)


if __name__ == "__main__":
    import mlflow.data
    import mlflow.store.tracking.sqlalchemy_store  # noqa: F401 - imported once for all attempts
    import sqlalchemy

    study, step = sys.argv[1], int(sys.argv[2])
    fatal = step
    while attempt(study, fatal):
        fatal += step
    print(fatal // step - 1)
