"""How the explorer is started: a process of its own, on this machine only."""

import sys
from importlib.util import find_spec

from personae.core import paths
from personae.core.command import check_port
from personae.core.errors import PersonaeError

LOCAL = "127.0.0.1"
# Each colour can be read on its background, and white on it: 4.5 to 1 at least, which asks for black.
OPTIONS = {
    "server.headless": "true",
    "server.fileWatcherType": "none",
    "browser.gatherUsageStats": "false",
    # A tenth of a second after every move; Python collects by itself what is left over.
    "runner.postScriptGC": "false",
    "client.toolbarMode": "viewer",
    "client.showErrorDetails": "none",
    "theme.light.primaryColor": "#1a5fb4",
    "theme.dark.primaryColor": "#4071d9",
    "theme.dark.backgroundColor": "#000000",
}


def explorer_command(port: int, address: str = LOCAL, *, everyone: bool = False) -> list[str]:
    """Command that serves the explorer; its flags stand above Streamlit's files and environment.

    Raises
    ------
    PersonaeError
        If others could reach the address and that was not asked for, the port is taken, or Streamlit is
        not installed.
    """
    if address != LOCAL and not everyone:
        raise PersonaeError(f"--address {address}: others could read all customers; add --open to allow it")
    if find_spec("streamlit") is None:
        raise PersonaeError("streamlit is not installed: pip install 'personae[app]'")
    check_port(port, address)
    options = OPTIONS | {"server.address": address, "server.port": str(port)}
    script = str(paths.PACKAGE / "app" / "main.py")
    flags = [f"--{name}={value}" for name, value in options.items()]
    return [sys.executable, "-m", "streamlit", "run", script, *flags]
