"""Stage track: a study's finished result to its run in MLflow, once."""

from personae.core.command import run_stage
from personae.tracking.publish import publish


def main(study: str) -> None:
    key, run_id, new = publish(study)
    print(f"{study}: result {key[:8]} {'published as' if new else 'is known as'} run {run_id}")


if __name__ == "__main__":
    run_stage(main)
