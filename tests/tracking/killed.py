"""Run a module for one argument and die by SIGKILL at its n-th write; with n = 0 only print the writes."""

import os
import runpy
import signal
import sys

from sqlalchemy import Engine, event

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
EVENTS = {"os.mkdir", "os.remove", "os.rename", "os.rmdir", "shutil.copyfile", "sqlite3.connect"}


class Writes:
    """Counts changes of files and commits to a database, each just before it happens."""

    def __init__(self, fatal: int) -> None:
        self.fatal, self.seen = fatal, 0

    def write(self, *_: object) -> None:
        self.seen += 1
        if self.seen == self.fatal:
            os.kill(os.getpid(), signal.SIGKILL)

    def hook(self, name: str, arguments: tuple[object, ...]) -> None:
        opened = name == "open" and isinstance(arguments[2], int) and arguments[2] & WRITING
        if opened or name in EVENTS:
            self.write()


if __name__ == "__main__":
    writes = Writes(int(sys.argv[1]))
    event.listen(Engine, "commit", writes.write)
    sys.addaudithook(writes.hook)
    sys.argv[:2] = []
    try:
        runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
    finally:
        print(writes.seen)
