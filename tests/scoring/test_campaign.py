"""The files of a campaign, as a user has them."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.targeting.test_readout import campaign

from personae.core.errors import PersonaeError
from personae.core.files import read_json
from personae.scoring.campaign import lines_of, read_out_files


@pytest.fixture
def files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    listed, answers, _ = campaign(np.random.default_rng(3))
    pl.from_pandas(listed).write_csv("targets.csv")
    pl.from_pandas(answers).cast({"response": pl.Int64}).write_csv("march.csv", separator=";")
    return listed, answers


def test_a_campaign_is_read_from_its_files(files, tmp_path):
    output, made = read_out_files("shop", "targets.csv", "march.csv")
    assert output.as_posix() == "scores/shop/march-readout.json"
    assert read_json(output)["gain"]["mean"] == pytest.approx(made["gain"]["mean"])
    text = "\n".join(lines_of(made))
    assert "contact raises the response; " in text
    assert "900 contacted: " in text
    assert "300 held out: " in text


def test_what_is_wrong_in_a_file_is_named_with_its_row(files):
    text = Path("march.csv").read_text().splitlines()
    text[4] = text[4].partition(";")[0] + ";yes"
    Path("march.csv").write_text("\n".join(text))
    with pytest.raises(
        PersonaeError, match="march.csv: column response holds 'yes' in row 5; expected a number"
    ):
        read_out_files("shop", "targets.csv", "march.csv")
    with pytest.raises(PersonaeError, match="june.csv: no such file"):
        read_out_files("shop", "targets.csv", "june.csv")
    with pytest.raises(PersonaeError, match="targets.csv: column response is missing"):
        read_out_files("shop", "targets.csv", "targets.csv")
