"""Stages of the scratch graph: a few figures from a number in the raw data and the settings."""

import json
import sys
from pathlib import Path

import yaml


def main(stage: str, study: str) -> None:
    resolved, build, reports = Path("resolved"), Path("build"), Path("reports")
    if stage == "compose":
        settings = {"seed": 0, "segment": {"k": 2}} | yaml.safe_load(Path("params.yaml").read_text())[study]
        write(resolved / study / "segment.yaml", yaml.safe_dump(settings))
        return
    if stage == "prepare":
        rows = int(Path("data", study, "rows.txt").read_text())
        write(build / study / "rows.txt", str(rows))
        write(reports / study / "prepare.json", json.dumps({"data": "sample", "rows": rows}))
    if stage == "segment":
        rows = int((build / study / "rows.txt").read_text())
        k = yaml.safe_load((resolved / study / "segment.yaml").read_text())["segment"]["k"]
        figures = {"k": k, "silhouette": rows / (10 * k), "sizes": [rows // k] * k, "verdict": "weak"}
        write(reports / study / "segment.json", json.dumps(figures))
        headline = {"segments": k, "silhouette": rows / (10 * k), "segments_verdict": "take with care"}
        write(reports / study / "headline.json", json.dumps(headline))
        write(reports / study / "pictures" / "sizes.png", f"{k} bars")


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


if __name__ == "__main__":
    main(*sys.argv[1:])
