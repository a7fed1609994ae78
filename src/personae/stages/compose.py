"""Stage compose: conf/ and params.yaml to resolved/<study>.yaml."""

from personae.config.compose import compose, to_yaml
from personae.core import paths
from personae.core.command import run_stage
from personae.core.files import write_text


def main(study: str) -> None:
    composed = to_yaml(study, compose(study, paths.CONF, paths.PARAMS))
    path = paths.resolved(study)
    if not path.exists() or path.read_text(encoding="utf-8") != composed:
        write_text(path, composed)


if __name__ == "__main__":
    run_stage(main)
