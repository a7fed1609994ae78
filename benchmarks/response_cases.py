"""Campaign customers and settings for the response benchmarks: the original file, or else the sample."""

import os
from pathlib import Path

from personae.config.compose import compose
from personae.core.paths import CONF, PARAMS, raw
from personae.response.settings import Classify
from personae.studies.campaign import source as campaign
from personae.studies.campaign.settings import CampaignPrepare


def customers():
    """The customer table before imputation, with a word for where it comes from."""
    originals = Path(os.environ.get("ORIGINALS", "../shared/data")) / "campaign"
    directory = originals if originals.exists() else raw("campaign")
    settings = CampaignPrepare.model_validate(compose("campaign", CONF, PARAMS)["prepare"])
    table = campaign.prepare(directory, settings).tables["customers"].to_pandas()
    return table, "original file" if directory == originals else "simulated sample"


def settings():
    return Classify.model_validate(compose("campaign", CONF, PARAMS)["classify"])


def main():
    table, origin = customers()
    print(f"{origin}: {len(table)} customers, models {', '.join(settings().models)}")


if __name__ == "__main__":
    main()
