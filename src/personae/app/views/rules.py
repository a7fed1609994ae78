"""Rules between products, and the promotions that rest on those which hold again."""

import polars as pl

from personae.app import shown

COLUMNS = [
    *("verdict", "segment", "antecedent", "consequent", "support", "confidence", "lift"),
    *("replay_lift", "replay_null_p95"),
]

shown.say("Rules", tag="h1")
result = shown.chosen()
if "rules" not in result.tables:
    shown.stop(f"{result.study} has no rules: its source has no baskets")
promotions, table = result.reports["promotions"], result.tables["rules"]
replicated = table.filter(pl.col("verdict") == "replicates").height
shown.say(f"{replicated} of {table.height} rules hold again on baskets that they were not learned on.")
for each in promotions:
    shown.say(each["offer"], tag="h2")
    shown.say(*(text[:1].upper() + text[1:] + "." for text in (each["who"], each["why"])))
if not promotions:
    shown.say("No promotion rests on them.")
shown.say("All rules", tag="h2")
shown.long_table(table.select(COLUMNS))
