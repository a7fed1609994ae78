"""Stage compose: conf/ and params.yaml to the settings of each stage, resolved/<study>/<stage>.yaml."""

from personae.config.compose import by_stage, compose
from personae.core import paths
from personae.core.command import run_stage
from personae.core.files import read_json, write_json, write_text


def main(study: str) -> None:
    settings = by_stage(study, compose(study, paths.CONF, paths.PARAMS))
    files = {paths.settings(study, stage): text for stage, text in settings.items()}
    for path in set(paths.resolved(study).glob("*")) - set(files):
        path.unlink()
    for path, text in files.items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            write_text(path, text)
    write_json(paths.composed_anchor(study), read_json(paths.anchor(study), missing={}))


if __name__ == "__main__":
    run_stage(main)
