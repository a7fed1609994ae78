"""A study's model behind MLflow's scoring protocol, with answers that tell no more than they should."""

import asyncio
import json
import logging
import os
import sys
from collections.abc import Mapping
from typing import Any

import polars as pl

from personae.core.errors import PersonaeError
from personae.scoring.rows import AS_OF, REASONS, ROWS, answer, cells
from personae.scoring.scorer import Scorer
from personae.tracking.registry import CHAMPION, model_name
from personae.tracking.store import Store, quieten

STUDY, VERSION = "PERSONAE_STUDY", "PERSONAE_MODEL"
MOST_ROWS, MOST_BYTES = 100_000, 64 * 2**20
FORMATS = ("dataframe_records", "dataframe_split")
PARAMS: Mapping[str, type] = {"as_of": str, "reasons": int}
SECONDS_BETWEEN_LOOKS = 10.0
# One process and one thread each: two requests at once then cost no more than two in turn.
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "POLARS_MAX_THREADS")
log = logging.getLogger("uvicorn.error")


class Refused(PersonaeError):
    """A request that cannot be answered, with its HTTP status."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


def read(body: bytes, content_type: str) -> tuple[pl.DataFrame, dict[str, Any]]:
    """Read a body as MLflow's scoring protocol has it: cells as text, and the parameters.

    Raises
    ------
    Refused
        With what is wrong and none of the cells.

    Examples
    --------
    >>> read(b'{"dataframe_records": [{"id": 7}], "params": {"reasons": 1}}', "application/json")[1]
    {'as_of': '', 'reasons': 1}
    """
    kind, _, further = content_type.partition(";")
    if kind.strip().lower() != "application/json" or "utf-8" not in (further.lower() or "utf-8"):
        raise Refused("expected application/json in UTF-8", 415)
    if len(body) > MOST_BYTES:
        raise Refused(f"{len(body):,} bytes; at most {MOST_BYTES:,}", 413)
    try:
        given = json.loads(body.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise Refused(f"the body is not UTF-8, see byte {error.start}") from None
    except (json.JSONDecodeError, RecursionError) as error:
        place = f", see character {error.pos}" if isinstance(error, json.JSONDecodeError) else ""
        raise Refused(f"the body is not JSON{place}") from None
    if not isinstance(given, dict) or sum(key in given for key in FORMATS) != 1:
        raise Refused(f"expected an object with one of {', '.join(FORMATS)}, and params")
    unknown = [key for key in given if key not in (*FORMATS, "params")]
    if unknown:
        raise Refused(f"key {unknown[0]!r} is unknown; expected one of {', '.join(FORMATS)}, and params")
    return _table(given), _params(given.get("params"))


def _params(given: Any) -> dict[str, Any]:
    params = {} if given is None else given
    if not isinstance(params, dict):
        raise Refused("params is no object")
    for name, value in params.items():
        if name not in PARAMS:
            raise Refused(f"param {name!r} is unknown; there are {', '.join(PARAMS)}")
        if not isinstance(value, PARAMS[name]) or isinstance(value, bool):
            raise Refused(f"param {name} holds {value!r}; expected {PARAMS[name].__name__}")
    return {"as_of": AS_OF, "reasons": REASONS} | params


def _table(given: Mapping[str, Any]) -> pl.DataFrame:
    if FORMATS[0] in given:
        rows = given[FORMATS[0]]
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise Refused(f"{FORMATS[0]} is no list of objects")
    else:
        split = given[FORMATS[1]] if isinstance(given[FORMATS[1]], dict) else {}
        names, data = split.get("columns"), split.get("data")
        if not (isinstance(names, list) and isinstance(data, list)):
            raise Refused(f"{FORMATS[1]} needs the lists columns and data")
        if not all(isinstance(row, list) and len(row) == len(names) for row in data):
            raise Refused(f"{FORMATS[1]}: a row of data has not as many cells as there are columns")
        rows = [dict(zip(map(str, names), row, strict=True)) for row in data]
    if not rows:
        raise Refused("there is no row")
    if len(rows) > MOST_ROWS:
        raise Refused(f"{len(rows):,} rows; at most {MOST_ROWS:,}", 413)
    return cells(rows, list(dict.fromkeys(name for row in rows for name in row)))


def respond(scorer: Scorer, body: bytes, content_type: str) -> tuple[int, str]:
    """Give the HTTP status and the JSON of an answer; no error leaves it."""
    try:
        table, params = read(body, content_type)
        found = answer(scorer, table, **params)
        rows = found.with_columns(pl.col("as_of").cast(pl.String)).to_dicts()
        return 200, json.dumps({"predictions": rows}, ensure_ascii=False)
    except PersonaeError as error:
        return getattr(error, "status", 400), _refusal(str(error).removeprefix(f"{ROWS}: "))
    except Exception as error:  # noqa: BLE001 - whatever it is, its text may hold cells or paths
        log.error("a request failed with %s", type(error).__name__)
        return 500, _refusal("the request could not be answered")


def _refusal(message: str) -> str:
    return json.dumps({"error_code": "BAD_REQUEST", "message": message}, ensure_ascii=False)


def moved(served: str, current: str) -> str:
    """Say that the alias has moved on; empty if not.

    Examples
    --------
    >>> moved("1", "2"), moved("2", "2")
    ('the champion is version 2 now, this serves 1: restart', '')
    """
    return (
        "" if served == current else f"the champion is version {current} now, this serves {served}: restart"
    )


def create() -> Any:
    """Make the application that uvicorn runs: MLflow's, with answers of our own."""
    import mlflow  # noqa: PLC0415 - costs a second
    from fastapi import Request as Given  # noqa: PLC0415
    from fastapi.responses import Response  # noqa: PLC0415
    from mlflow.pyfunc import scoring_server  # noqa: PLC0415

    name, version = model_name(os.environ[STUDY]), os.environ[VERSION]
    model = mlflow.pyfunc.load_model(f"models:/{name}/{version}")
    scorer: Scorer = model.unwrap_python_model().scorer
    app = scoring_server.init(model)
    app.router.routes = [route for route in app.router.routes if getattr(route, "path", "") != "/invocations"]
    said: dict[str, str] = {}

    async def look() -> None:
        client = mlflow.MlflowClient()
        while True:
            await asyncio.sleep(SECONDS_BETWEEN_LOOKS)
            current = await asyncio.to_thread(client.get_model_version_by_alias, name, CHAMPION)
            text = moved(version, str(current.version))
            if text and not said:
                log.warning("%s: %s", name, text)
            said.update({"x-restart": text} if text else {})

    async def invocations(request: Any) -> Any:
        app.state.looking = getattr(app.state, "looking", None) or asyncio.create_task(look())
        kind = request.headers.get("content-type", "")
        status, text = await asyncio.to_thread(respond, scorer, await request.body(), kind)
        headers = {"x-model-version": scorer.version, **said}
        return Response(text, status, headers, "application/json")

    invocations.__annotations__["request"] = Given
    app.post("/invocations")(invocations)
    return app


def serve_command(study: str, port: int) -> tuple[list[str], dict[str, str]]:
    """Command and environment to serve a study's champion on 127.0.0.1.

    Raises
    ------
    PersonaeError
        If the study has no champion.
    """
    quieten()
    from mlflow.exceptions import MlflowException  # noqa: PLC0415 - costs a second

    store, name = Store.here(), model_name(study)
    try:
        version = str(store.client().get_model_version_by_alias(name, CHAMPION).version)
    except MlflowException:
        raise PersonaeError(f"{name}: no model has the alias {CHAMPION}; `dvc repro track@{study}`") from None
    pinned = dict.fromkeys(THREADS, "1")
    environment = os.environ | pinned | {STUDY: study, VERSION: version, "MLFLOW_TRACKING_URI": store.uri}
    command = [sys.executable, "-m", "uvicorn", "--factory", f"{__name__}:create", "--host", "127.0.0.1"]
    return [*command, "--port", str(port), "--workers", "1", "--log-level", "warning"], environment
