"""Which files a piece of code opens, whoever opens them: Python, Polars and Arrow in Rust and C++, other processes."""

import ctypes
import os
import struct
from pathlib import Path

OPEN, FOLDER = 0x20, 0x40000000
HEADER = struct.Struct("iIII")


class Opened:
    """Files opened below a folder since they were last asked for (inotify; folders made meanwhile are not watched)."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._queue = self._libc.inotify_init1(os.O_NONBLOCK)
        folders = [root, *(path for path in root.rglob("*") if path.is_dir())]
        self._folders = {
            self._libc.inotify_add_watch(self._queue, os.fsencode(folder), OPEN): folder.relative_to(root)
            for folder in folders
        }

    def close(self) -> set[str]:
        """End watching; give the paths below the root that were opened, but for temporary files."""
        opened = set()
        with os.fdopen(self._queue, "rb", buffering=0) as queue:
            while events := queue.read(1 << 16):
                while events:
                    folder, mask, _, length = HEADER.unpack_from(events)
                    name = events[HEADER.size : HEADER.size + length].rstrip(b"\0").decode()
                    path = self._folders[folder] / name
                    if not mask & FOLDER and (self._root / path).exists():
                        opened.add(path.as_posix())
                    events = events[HEADER.size + length :]
        return opened
