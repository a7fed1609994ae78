"""Days on which a user was unlike usual."""

import polars as pl

from personae.app import shown

shown.say("Unusual days", tag="h1")
result = shown.chosen()
if "anomalies" not in result.reports:
    shown.stop(f"{result.study} has no unusual days: its source has no daily rows")
report = result.reports["anomalies"]
shown.say(f"{len(report['found'])} of {report['days']:,} days of {report['users']:,} users are unusual.")
if report["found"]:
    shown.long_table(
        pl.DataFrame(report["found"], infer_schema_length=None).with_columns(
            pl.col("customer").cast(pl.String)
        )
    )
