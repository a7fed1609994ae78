"""A study of a query: the same query again, its password nowhere, and what was there where it fails."""

import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from ruamel.yaml import YAML
from tests.onboarding.scratch_study import ROOT
from tests.scratch import environment

from personae.core.errors import PersonaeError
from personae.onboarding.new_study import write_study_of_query
from personae.onboarding.query import described, pull

QUERY = "select id, age, visits, bought from customers order by id"


def load(url, rows):
    """Fill table customers of a database; rows differ in number and content."""
    from sqlalchemy import create_engine, text

    rng = np.random.default_rng(rows)
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("drop table if exists customers"))
        connection.execute(text("create table customers(id text, age integer, visits integer, bought text)"))
        values = [
            {
                "id": f"K{row}",
                "age": int(rng.integers(18, 80)),
                "visits": int(rng.poisson(4)),
                "bought": answer,
            }
            for row, answer in enumerate(rng.choice(["yes", "no"], rows))
        ]
        connection.execute(text("insert into customers values (:id, :age, :visits, :bought)"), values)
    engine.dispose()


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A repository with the graph, in which DVC keeps the data."""
    pytest.importorskip("sqlalchemy")
    root = tmp_path_factory.mktemp("query")
    shutil.copytree(ROOT / "conf", root / "conf")
    shutil.copy(ROOT / "dvc.yaml", root)
    (root / "params.yaml").write_text("campaign: {}\n")
    for command in (["git", "init", "-q"], [sys.executable, "-m", "dvc", "init", "-q"]):
        subprocess.run(command, cwd=root, check=True, env=environment())
    return root


@pytest.fixture
def inside(project, monkeypatch):
    monkeypatch.chdir(project)
    return project


def pointer(name):
    return YAML(typ="safe").load(Path(f"data/{name}.dvc").read_text())


def everything(root):
    return b"".join(path.read_bytes() for path in root.rglob("*") if path.is_file() and path.suffix != ".db")


def test_sqlite_again_by_the_same_query(inside):
    load("sqlite:///shop.db", 120)
    path, _ = write_study_of_query("shop", "sqlite:///shop.db", QUERY)
    assert "password" not in path.read_text()
    assert len(path.read_text().splitlines()) <= 25
    assert pointer("shop")["meta"]["snapshot"]["rows"] == 120
    first = pointer("shop")["outs"][0]
    load("sqlite:///shop.db", 150)
    assert pull("shop").rows == 150
    assert pl.read_parquet("data/shop/shop.parquet").height == 150
    assert pointer("shop")["outs"][0]["push"] is False
    assert pointer("shop")["outs"][0]["md5"] != first["md5"]
    kept = everything(inside)
    with sqlite3.connect("shop.db") as connection:
        connection.execute("alter table customers rename column visits to calls")
    study = inside / "conf/study/shop.yaml"
    text = study.read_text()
    study.write_text(text.replace("select id, age, visits,", "select id, age, calls,"))
    with pytest.raises(PersonaeError, match="the old rows stay.*column visits is missing"):
        pull("shop")
    study.write_text(text)
    assert everything(inside) == kept
    (inside / "shop.db").unlink()
    with pytest.raises(PersonaeError, match="no such file"):
        pull("shop")
    assert everything(inside) == kept


def test_the_password_of_postgresql_is_taken_from_the_environment_and_written_nowhere(
    inside, postgres, monkeypatch
):
    load(postgres.replace("postgresql:", "postgresql+psycopg:"), 120)
    path, shown = write_study_of_query("orders", postgres, QUERY)
    assert "password: ORDERS_PASSWORD" in path.read_text()
    with pytest.raises(PersonaeError, match="the variable ORDERS_PASSWORD with its password is not set"):
        pull("orders")
    monkeypatch.setenv("ORDERS_PASSWORD", "s3cret")
    assert pull("orders").rows == 120
    masked = postgres.replace("s3cret", "***")
    write_study_of_query("other", masked, QUERY, variable="ORDERS_PASSWORD")
    assert b"s3cret" not in everything(inside)
    assert "s3cret" not in " ".join(shown)


@pytest.mark.parametrize("query", ["delete from customers returning id", "drop table customers"])
def test_a_query_that_writes_makes_no_study(inside, query):
    load("sqlite:///shop.db", 30)
    before = everything(inside)
    with pytest.raises(PersonaeError, match="readonly|no rows"):
        write_study_of_query("wrong", "sqlite:///shop.db", query)
    assert everything(inside) == before
    with sqlite3.connect("shop.db") as connection:
        assert connection.execute("select count(*) from customers").fetchone() == (30,)


def test_what_the_file_says_of_an_address():
    assert described("a", "postgresql://ann:s:e@c@db/shop", "q").url == "postgresql://ann:***@db/shop"
    assert described("a", "postgresql://ann@db/shop", "q").password is None
    assert described("a", "postgresql://ann@db/shop", "q", "PW").url == "postgresql://ann:***@db/shop"
    with pytest.raises(PersonaeError, match="holds option sslpassword"):
        described("a", "postgresql://db/shop?sslpassword=x", "q")


def test_a_study_of_files_has_no_query(inside):
    (inside / "conf/study/plain.yaml").write_text("source: table\nprepare: {files: [a.csv]}\n")
    with pytest.raises(PersonaeError, match=r"prepare.sql is missing"):
        pull("plain")
