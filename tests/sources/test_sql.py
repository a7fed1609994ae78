"""A query becomes a Parquet file; nothing is written to the database, and no password is kept."""

import sqlite3

import polars as pl
import pyarrow.parquet as pq
import pytest

from personae.core.errors import PersonaeError
from personae.sources import sql
from personae.sources.sql import snapshot

pytest.importorskip("sqlalchemy")


@pytest.fixture
def shop(tmp_path):
    path = tmp_path / "shop%2F.db"
    path = path.with_name("shop.db")
    with sqlite3.connect(path) as connection:
        connection.execute("create table customers(id integer, name text, spend real)")
        connection.executemany("insert into customers values(?, ?, ?)", [(1, "a:b", 2.5), (2, None, None)])
    return path


def test_rows_of_a_query(shop, tmp_path):
    seen = []
    found = snapshot(
        f"sqlite:///{shop}",
        "select * from customers order by id;",
        tmp_path / "a.parquet",
        progress=seen.append,
    )
    table = pl.read_parquet(tmp_path / "a.parquet")
    assert table.to_dict(as_series=False) == {"id": [1, 2], "name": ["a:b", None], "spend": [2.5, None]}
    assert (found.rows, seen, found.query) == (2, [2], "select * from customers order by id;")


def test_rows_come_in_blocks_whose_types_agree_in_the_end(shop, tmp_path, monkeypatch):
    monkeypatch.setattr(sql, "ROWS_AT_ONCE", 2)
    with sqlite3.connect(shop) as connection:
        connection.executemany(
            "insert into customers values(?, ?, ?)", [(3, "c", 1), (4, None, 2), (5, "e", 0)]
        )
    query = "select id, iif(id < 3, null, name) name, iif(id = 3, 1.5, id) size from customers order by id"
    seen = []
    found = snapshot(f"sqlite:///{shop}", query, tmp_path / "a.parquet", progress=seen.append)
    table = pl.read_parquet(tmp_path / "a.parquet")
    assert table["name"].to_list() == [None, None, "c", None, "e"]
    assert table["size"].to_list() == [1.0, 2.0, 1.5, 4.0, 5.0]
    assert (found.rows, seen, pq.read_metadata(tmp_path / "a.parquet").num_row_groups) == (5, [2, 4, 5], 3)
    again = snapshot(f"sqlite:///{shop}", query, tmp_path / "b.parquet")
    assert again.sha256 == found.sha256


@pytest.mark.parametrize(
    "query",
    [
        "delete from customers returning id",
        "insert into customers values (3, 'c', 1)",
        "drop table customers",
        "update customers set spend = 0",
    ],
)
def test_a_query_that_writes_is_refused_and_writes_nothing(shop, tmp_path, query):
    with pytest.raises(PersonaeError, match="readonly|no rows"):
        snapshot(f"sqlite:///{shop}", query, tmp_path / "a.parquet")
    assert not (tmp_path / "a.parquet").exists()
    with sqlite3.connect(shop) as connection:
        assert connection.execute("select count(*), sum(spend) from customers").fetchone() == (2, 2.5)


@pytest.mark.parametrize(
    "url, query, reason",
    [
        ("sqlite:///{}/nowhere.db", "select 1", "no such file"),
        ("nothing", "select 1", "is no URL"),
        ("oracle9://u:s3cret@h/x", "select 1", "its driver is not installed"),
        ("postgresql://u:s3cret@127.0.0.1:9/x", "select 1", "refused|failed"),
    ],
)
def test_what_cannot_be_reached_is_one_line_without_the_password(tmp_path, url, query, reason):
    if url.startswith("postgresql"):
        pytest.importorskip("psycopg")
    with pytest.raises(PersonaeError, match=reason) as error:
        snapshot(url.format(tmp_path), query, tmp_path / "a.parquet")
    assert "s3cret" not in str(error.value)
    assert "\n" not in str(error.value)


def test_a_query_that_fails_or_gives_nothing_is_one_line(shop, tmp_path):
    for query, reason in [
        ("select nope from customers", "no such column"),
        ("select 1 where 1 = 0", "no row"),
    ]:
        with pytest.raises(PersonaeError, match=reason):
            snapshot(f"sqlite:///{shop}", query, tmp_path / "a.parquet")


@pytest.fixture
def orders(postgres):
    import psycopg

    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute("set time zone 'UTC'")
        connection.execute(
            "create table orders(n numeric, z timestamptz, i interval, u uuid, b boolean, d date, t text[])"
        )
        connection.execute(
            "insert into orders values (1.5, '2020-01-31 10:00+02', '2 days 12 hours', "
            "'00000000-0000-0000-0000-000000000001', true, '2020-01-31', '{a}'), (null, null, null, null, null, null, null)"
        )
    return postgres


def test_types_of_postgresql_are_read_and_what_was_changed_is_told(orders, tmp_path):
    found = snapshot(orders, "select n, z, i, u, b, d from orders", tmp_path / "a.parquet")
    first = pl.read_parquet(tmp_path / "a.parquet").row(0)
    assert first[0] == 1.5
    assert first[1].isoformat() == "2020-01-31T08:00:00"
    assert first[2:5] == (2.5, "00000000-0000-0000-0000-000000000001", True)
    assert set(found.converted) == {"n", "z", "i", "u"}
    assert "s3cret" not in str(found)


@pytest.mark.parametrize(
    "query",
    [
        "delete from orders returning n",
        "with gone as (delete from orders returning n) select * from gone",
        "select 1; delete from orders",
        "commit; delete from orders",
        "select pg_catalog.set_config('transaction_read_only', 'off', false); delete from orders",
    ],
)
def test_postgresql_is_never_written_to(orders, tmp_path, query):
    import psycopg

    with pytest.raises(PersonaeError):
        snapshot(orders, query, tmp_path / "a.parquet")
    with psycopg.connect(orders) as connection:
        assert connection.execute("select count(*) from orders").fetchone() == (2,)


def test_a_type_that_no_customer_table_holds_is_named(orders, tmp_path):
    with pytest.raises(PersonaeError, match="column t holds list values"):
        snapshot(orders, "select t from orders", tmp_path / "a.parquet")
