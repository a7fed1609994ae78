"""One process that has imported what is slow, DVC and MLflow, and forks for every command of a scratch project.

Its users call `python()`, a stand-in for the interpreter that hands arguments, directory, environment and
streams to that process and ends as the forked command does.
"""

import array
import atexit
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

# Nothing that a command runs as `__main__`: runpy warns of modules that were imported before.
SLOW = (
    "dvc.cli",
    "dvc.commands.experiments",
    "dvc.repo.experiments",
    "dvc.repo.reproduce",
    "mlflow.data",
    "mlflow.pyfunc",
    "mlflow.store.tracking.sqlalchemy_store",
    "personae.history.changes",
    "personae.tracking.contents",
    "personae.tracking.objects",
    "personae.tracking.publish",
)
STAND_IN = """#!{python} -ISE
import array, json, os, signal, socket, sys
arguments = sys.argv[1:]
if not arguments or arguments[0].startswith("-") and arguments[0] != "-m":
    os.execv({python!r}, [{python!r}, *arguments])
call = json.dumps([arguments, os.getcwd(), dict(os.environ)]).encode()
with socket.socket(socket.AF_UNIX) as server:
    server.connect({address!r})
    server.sendmsg([len(call).to_bytes(8, "big")], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [0, 1, 2]))])
    server.sendall(call)
    status = int.from_bytes(server.recv(8), "big")
if os.WIFSIGNALED(status):
    signal.signal(os.WTERMSIG(status), signal.SIG_DFL)
    os.kill(os.getpid(), os.WTERMSIG(status))
sys.exit(os.waitstatus_to_exitcode(status))
"""


@cache
def python() -> Path:
    """Start the process; give the stand-in for the interpreter, alone in its folder so that PATH may name it."""
    folder = tempfile.TemporaryDirectory(prefix="warm")
    address = str(Path(folder.name, "socket"))
    stand_in = Path(folder.name, "bin", "python")
    stand_in.parent.mkdir()
    stand_in.write_text(STAND_IN.format(python=sys.executable, address=address))
    stand_in.chmod(0o755)
    path = os.pathsep.join(map(os.path.abspath, filter(None, sys.path)))
    server = subprocess.Popen(
        [sys.executable, __file__, address], env=os.environ | {"PYTHONPATH": path}, stdout=subprocess.PIPE
    )
    atexit.register(folder.cleanup)
    atexit.register(server.wait)
    atexit.register(server.terminate)
    assert server.stdout is not None
    assert server.stdout.readline() == b"ready\n"
    return stand_in


def serve(address: str) -> None:
    """Fork for every call until the process is ended."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    running = 0
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(address)
        server.listen(64)
        print("ready", flush=True)
        while True:
            connection, _ = server.accept()
            if os.fork() == 0:
                signal.signal(signal.SIGTERM, signal.SIG_DFL)
                server.close()
                answer(connection)
                os._exit(0)
            connection.close()
            running += 1
            # Waited for, their time counts as that of the tests.
            while running and os.waitpid(-1, os.WNOHANG)[0]:
                running -= 1


def answer(connection: socket.socket) -> None:
    """Run one command in a child of its own and say how it ended."""
    size, ancillary, _, _ = connection.recvmsg(8, socket.CMSG_SPACE(3 * 4))
    streams = array.array("i", ancillary[0][2])
    call = b""
    while len(call) < int.from_bytes(size, "big"):
        call += connection.recv(1 << 20)
    arguments, directory, environment = json.loads(call)
    child = os.fork()
    if child == 0:
        connection.close()
        for target, stream in enumerate(streams):
            os.dup2(stream, target)
            os.close(stream)
        os.chdir(directory)
        os.environ.clear()
        os.environ.update(environment)
        os._exit(execute(arguments))
    _, status = os.waitpid(child, 0)
    connection.sendall(status.to_bytes(8, "big"))


def execute(arguments: list[str]) -> int:
    """Do what `python ARGUMENTS` does; give the exit code."""
    import runpy
    import traceback

    code: object = 0
    try:
        if arguments[0] == "-m":
            sys.argv = arguments[1:]
            sys.path[0] = str(Path.cwd())
            runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
        else:
            sys.argv = arguments
            sys.path[0] = str(Path(arguments[0]).resolve().parent)
            runpy.run_path(arguments[0], run_name="__main__")
    except SystemExit as end:
        code = end.code or 0
        if not isinstance(code, int):
            print(code, file=sys.stderr)
    except BaseException:  # noqa: BLE001 - as the interpreter ends
        traceback.print_exc()
        code = 1
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    return code if isinstance(code, int) else 1


if __name__ == "__main__":
    from importlib import import_module

    from personae.tracking.store import quieten

    quieten()
    for name in SLOW:
        import_module(name)
    serve(sys.argv[1])
