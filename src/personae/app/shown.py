"""What pages share: results of one moment, and text that is only ever text."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from html import escape
from io import BytesIO
from typing import Any, NoReturn

import polars as pl
import streamlit as st

from personae.core.errors import PersonaeError, one_line
from personae.core.numbers import rounded
from personae.core.tables import csv
from personae.history.finished import LastResults, StudyResults

STYLE = """<style>
.say, .cells td, .cells th {overflow-wrap: anywhere}
.say {margin: 0 0 .5rem}
.chip {border: 1px solid; border-radius: 1em; padding: 0 .6em; font-size: .85em}
.cells {overflow-x: auto}
.cells td, .cells th {padding: .2rem .8rem .2rem 0; text-align: left; vertical-align: top}
.cells th {border-bottom: 1px solid}
</style>"""


@contextmanager
def one_line_errors() -> Iterator[None]:
    """Show a user's error as one line in place of the rest of the page."""
    try:
        yield
    except PersonaeError as error:
        stop(one_line(str(error)))


def stop(reason: str) -> NoReturn:
    """Say why there is no more to show, and end the page."""
    say(reason)
    st.stop()


@st.cache_resource
def results() -> LastResults:
    """Finished results, of one moment for all pages and visitors."""
    return LastResults()


def chosen() -> StudyResults:
    """Finished result of the study that the page is about; ends the page where there is none."""
    with one_line_errors():
        return results().read(st.session_state["study"])


def say(*texts: Any, tag: str = "p") -> None:
    """Show text from data: no Markdown, no HTML, no links."""
    st.html("".join(_said(text, "", tag) for text in texts))


def statements(said: Sequence[Mapping[str, str]]) -> None:
    """Show statements of an answer, each after its verdict in a word."""
    st.html("".join(_said(each["text"], each.get("chip", ""), "p") for each in said) or "<p>Nothing.</p>")


def _said(text: Any, chip: str, tag: str) -> str:
    mark = f'<span class="chip">{escape(chip)}</span> ' if chip else ""
    return f'<{tag} class="say" dir="auto">{mark}{escape(str(text))}</{tag}>'


def cells(rows: Sequence[Sequence[Any]], header: Sequence[str]) -> None:
    """Show a small table whose cells are text, figures rounded."""
    lines = [("th", header), *(("td", row) for row in rows)]
    written = (
        "".join(f'<{tag} dir="auto">{escape(_written(cell))}</{tag}>' for cell in line) for tag, line in lines
    )
    body = "".join(f"<tr>{line}</tr>" for line in written)
    st.html(
        f'<div class="cells" role="region" tabindex="0" aria-label="{header[0]}"><table>{body}</table></div>'
    )


def long_table(table: pl.DataFrame) -> None:
    """Show a table that scrolls, its columns of text as text."""
    named = table.rename({name: name.replace("_", " ") for name in table.columns})
    text = {name: st.column_config.TextColumn() for name, kind in named.schema.items() if kind == pl.String}
    st.dataframe(named, hide_index=True, column_config=text)


@st.fragment
def download(whole: Callable[[], pl.DataFrame], height: int, name: str) -> None:
    """Offer a whole table as CSV and Parquet, made only when asked for."""
    if st.button(f"Prepare all {height:,} rows for download"):
        table, parquet = whole(), BytesIO()
        table.write_parquet(parquet)
        st.download_button("Download CSV", csv(table), f"{name}.csv", "text/csv")
        st.download_button("Download Parquet", parquet.getvalue(), f"{name}.parquet")


def _written(cell: Any) -> str:
    return "" if cell is None else rounded(cell) if isinstance(cell, float) else str(cell)
