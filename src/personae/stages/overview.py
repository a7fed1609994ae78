"""Stage overview: one page over all studies named on the command line."""

import sys

from personae import paths
from personae.command import one_line_errors
from personae.files import read_json, write_text
from personae.report.overview import overview

REPORTS = ("prepare", "impute", "segment", "compare", "personas", "classify", "target", "promotions")


def main(studies: list[str]) -> None:
    found = {
        study: {
            name: read_json(path)
            for name in REPORTS
            if (path := paths.report(study, f"{name}.json")).exists()
        }
        for study in studies
    }
    write_text(paths.OVERVIEW, overview(found))


if __name__ == "__main__":
    with one_line_errors():
        main(sys.argv[1:])
