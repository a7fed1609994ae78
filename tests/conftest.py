"""What tests of several rooms share."""

import subprocess
import sys
import venv
import zipfile

import pytest


@pytest.fixture(scope="session")
def installed(tmp_path_factory):
    """Interpreter of an empty environment with the wheel; other packages come from this one."""
    pytest.importorskip("hatchling")
    folder = tmp_path_factory.mktemp("installed")
    build = f"from hatchling.build import build_wheel; build_wheel({str(folder)!r})"
    subprocess.run([sys.executable, "-c", build], check=True, capture_output=True)
    venv.create(folder / "env")
    (packages,) = (folder / "env").glob("lib/python3*/site-packages")
    (wheel,) = folder.glob("*.whl")
    zipfile.ZipFile(wheel).extractall(packages)
    others = [path for path in sys.path if path.endswith("site-packages")]
    (packages / "others.pth").write_text("\n".join(others))
    return folder / "env" / "bin" / "python"
