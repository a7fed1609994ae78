"""Exit codes and the one-line error message of a command."""

import os
import platform
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from threadpoolctl import threadpool_limits

from personae.core import paths
from personae.core.errors import PersonaeError, one_line
from personae.core.lock import check_lock

# Packages whose errors tell of a damaged file, a database or a server rather than of this code.
OUTSIDE = (
    *("gzip", "zlib", "zipfile", "polars", "pyarrow", "yaml", "ruamel", "fastexcel", "sqlite3", "sqlalchemy"),
    *("psycopg", "psycopg2", "mlflow", "filelock", "requests", "urllib3"),
)


@contextmanager
def one_line_errors() -> Iterator[None]:
    """Report a user's error in one line on stderr, with exit code 1.

    What the disk, a damaged file, a missing driver or a lack of memory raise is the user's to mend, too;
    any other exception is a fault of the code and shows where.
    """
    try:
        yield
    except PersonaeError as error:
        _end(str(error))
    except OSError as error:
        named = f"{error.filename}: " if error.filename is not None else ""
        _end(f"{named}{error.strerror or error}")
    except MemoryError:
        _end("not enough memory")
    except ImportError as error:
        _end(f"{error}; it is not installed")
    except Exception as error:
        if not isinstance(error, EOFError) and type(error).__module__.split(".")[0] not in OUTSIDE:
            raise
        _end(f"{type(error).__name__}: {error}")


@contextmanager
def in_project() -> Iterator[None]:
    """As `one_line_errors`, and refuse to run below a project's folder."""
    with one_line_errors():
        here = Path.cwd()
        root = next((each for each in here.parents if (each / paths.PARAMS).is_file()), None)
        if root is not None and not paths.PARAMS.is_file() and (root / "dvc.yaml").is_file():
            raise PersonaeError(f"{here}: run it in the project's folder {root}")
        yield


def _end(message: str) -> None:
    sys.stderr.write(f"error: {one_line(message)}\n")
    raise SystemExit(1) from None


def check_port(port: int, address: str = "127.0.0.1") -> None:
    """Refuse a port that another program listens on, or none may.

    Raises
    ------
    PersonaeError
        With the port, and the option that names another one.
    """
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as door:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do: closing doors are free
        try:
            door.bind((address, port))
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise PersonaeError(f"port {port} on {address}: {reason}; choose another by --port") from None


def pin_arithmetic() -> None:
    """Let numerical libraries give the same last bits on every x86 CPU; call it before they are imported.

    One thread each, for commands parallelise over tasks, and code for AVX2 whatever else the CPU has: sums
    over threads or wider registers end in other last bits, and a tie may then fall the other way.
    """
    for library in ("OMP", "OPENBLAS", "MKL"):
        os.environ[f"{library}_NUM_THREADS"] = "1"
    if platform.machine().lower() in {"x86_64", "amd64"}:
        os.environ["OPENBLAS_CORETYPE"] = "Haswell"
        os.environ["NPY_DISABLE_CPU_FEATURES"] = "X86_V4 AVX512_ICL AVX512_SPR"


def run_stage(main: Callable[[str], None]) -> None:
    """Run a stage for the study named on the command line, and keep how long it took."""
    with one_line_errors(), threadpool_limits(limits=1):
        if len(sys.argv) != 2:
            raise PersonaeError("usage: python -m personae.stages.STAGE STUDY")
        check_lock()
        began = time.monotonic()
        main(sys.argv[1])
        if Path(".dvc").exists():
            taken = paths.seconds(sys.argv[1], Path(sys.argv[0]).stem)
            taken.parent.mkdir(parents=True, exist_ok=True)
            taken.write_text(f"{time.monotonic() - began:.3f}", encoding="utf-8")
