"""Time of the whole stage report beside that of drawing its pictures alone, each in a process of its own.

Needs a study that has run (`make repro`). The bar is 1.5: page, hashes and model cards together
should cost less than half of what drawing costs.
"""

import os
import resource
import statistics
import subprocess
import sys

from personae.config.compose import studies
from personae.core import paths

RUNS = 3
STAGE = "from personae.stages.report import main; main('{}')"
PICTURES = """
from personae.core import paths
from personae.core.files import read_json
from personae.report.gallery import pictures
from personae.report.results import read_reports, read_tables
folder = paths.report('{}', '')
name = 'pictures/exploration'
reports = read_reports(folder) | {{name: read_json(folder / (name + '.json'))}}
pictures(reports, read_tables(folder), folder / 'pictures')
"""


def seconds(code: str) -> float:
    """Processor time of a fresh process that runs some code, median of several."""
    spent = []
    for _ in range(RUNS):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-c", code], check=True, env=os.environ | {"PYTHONPATH": "src"})
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return statistics.median(spent)


def main() -> None:
    print(f"{'study':10} {'pictures s':>10} {'stage s':>8} {'ratio':>6} {'page MB':>8}")
    total = [0.0, 0.0]
    for study in studies(paths.PARAMS):
        page = paths.report(study, "report.html")
        if page.exists():
            drawn, whole = seconds(PICTURES.format(study)), seconds(STAGE.format(study))
            total = [total[0] + drawn, total[1] + whole]
            size = page.stat().st_size / 1e6
            print(f"{study:10} {drawn:10.2f} {whole:8.2f} {whole / drawn:6.2f} {size:8.2f}")
    if total[0]:
        print(f"{'all':10} {total[0]:10.2f} {total[1]:8.2f} {total[1] / total[0]:6.2f}")


if __name__ == "__main__":
    main()
