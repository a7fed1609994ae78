"""Stage track: a study's finished result to its run in MLflow, once."""

from personae.core.command import run_stage
from personae.tracking.publish import publish


def main(study: str) -> None:
    published = publish(study)
    state = "published as" if published.new else "is known as"
    print(f"{study}: result {published.key[:8]} {state} run {published.run_id}")


if __name__ == "__main__":
    run_stage(main)
