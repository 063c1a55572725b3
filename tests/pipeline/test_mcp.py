"""An assistant reads the published file through `rotation mcp`, asked by the protocol's own client: told with its standing, and nothing but reading."""

import asyncio
import json
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from worlds import AT_ONCE, working_in

from bench.clone import clone
from bench.reliability.assistants import ATTEMPTS, Attempt, digest, refusals, server, wrongly_told
from pipelines.assistants.server import Desk
from pipelines.resources.clock import Clock
from pipelines.resources.publication import MANIFEST, Publication
from pipelines.resources.warehouse import read_only
from pipelines.settings import Settings

TOOLS = {"answer_of_the_day", "list_metrics", "describe", "query", "explain"}
EXCESS = "small_id = 'R2000' and large_id = 'SP500' and horizon = 'ytd'"


@pytest.fixture(scope="module")
def market(sample_at_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """A copy of the published sample for this file."""
    folder = clone(sample_at_once, tmp_path_factory.mktemp("mcp") / "warehouse")
    with working_in(folder) as settings:
        yield settings
    shutil.rmtree(folder)


def asked(market: Settings, *calls: tuple[str, dict[str, Any]]) -> list[Any]:
    """What a client hears from one server, question by question: an answer, or the text of an error."""

    async def talk() -> list[Any]:
        heard: list[Any] = []
        async with Client(server(market)) as client:
            for name, arguments in calls:
                result = await client.call_tool(name, arguments)
                text = getattr(result.content[0], "text", "")
                heard.append(text if result.is_error else json.loads(text))
        return heard

    return asyncio.run(talk())


def one(market: Settings, sql: str) -> Any:
    with read_only(market.published("sample") / "rotation.duckdb") as connection:
        return connection.execute(sql).fetchall()[0][0]


def test_five_tools_are_offered_and_each_says_that_it_only_reads(market: Settings) -> None:
    async def tools() -> Any:
        async with Client(server(market)) as client:
            return (await client.list_tools()).tools

    offered = asyncio.run(tools())
    assert {t.name for t in offered} == TOOLS
    assert all(t.annotations.read_only_hint and t.description for t in offered)


def test_every_answer_says_that_it_is_simulated_and_how_far_behind(market: Settings) -> None:
    answers = asked(
        market,
        ("answer_of_the_day", {}),
        ("list_metrics", {"search": "discount"}),
        ("describe", {}),
        ("describe", {"table": "fct_breadth_daily"}),
        ("query", {"sql": "select 1"}),
        ("explain", {"metric": "rsi_14"}),
    )
    for answer in answers:
        stands = answer["standing"]
        assert stands["said"].startswith("SIMULATED market")
        assert (
            f"As of {stands['as_of_date']}, newest session {stands['session_date']}, {stands['sessions_behind_today']:,} sessions behind"
            in stands["said"]
        )
        assert "Late or missing series: " in stands["said"]
    assert "SIMULATED" in json.dumps(answers[0]["answer"]) or "simulated market" in answers[0]["answer"]["headline"]
    assert str(market.warehouse) not in json.dumps(answers)


def test_metrics_tables_and_rows_are_those_of_the_file(market: Settings) -> None:
    every, found, table, rows = asked(
        market,
        ("list_metrics", {"limit": 1000}),
        ("list_metrics", {"search": "Wilder's gains"}),
        ("describe", {"table": "marts.fct_technicals_daily"}),
        ("query", {"sql": "from marts.fct_breadth_daily order by session_date, universe_id", "max_rows": 7}),
    )
    assert len(every["metrics"]) == one(market, "select count(*) from marts.dim_metric")
    assert [m["metric_id"] for m in found["metrics"]] == ["rsi_14"]
    assert len(table["columns"]) == one(market, "select count(*) from duckdb_columns() where table_name = 'fct_technicals_daily'")
    assert table["key"] == ["session_date", "instrument_id"]
    assert all(c["comment"] for c in table["columns"])
    assert rows["rows_n"] == len(rows["rows"]) == 7
    assert rows["cut"].startswith("cut after 7 rows: there are more")


def test_a_number_is_explained_from_its_sources_to_its_readers(market: Settings) -> None:
    (told,) = asked(market, ("explain", {"metric": "marts.fct_relative_performance_daily.excess_pp", "where": EXCESS}))
    newest = f"select excess_pp from marts.fct_relative_performance_daily where {EXCESS} order by session_date desc limit 1"
    assert told["numbers"][0]["value"] == float(one(market, newest))
    assert told["definition"]["formula"] == "small_return_pct - large_return_pct"
    assert "yahoo_bars" in told["lineage"]["raw"]
    assert "int_prices_daily" in told["lineage"]["intermediate"]
    assert {s["instrument_id"] for s in told["series"]} == {"R2000", "SP500"}
    assert {g["gate"] for g in told["checks"]["by_gate"]} == {"gate 1", "gate 2", "gate 3"}
    assert "Superset dashboard" in told["readers"]


def test_a_value_with_a_day_it_was_known_is_told_with_it(market: Settings) -> None:
    (told,) = asked(market, ("explain", {"metric": "marts.fct_rates_daily.value_pct", "where": "series_id = 'DGS10'"}))
    assert told["numbers"][0]["row"]["known_on"]
    assert told["as_of"]["known_on"].startswith("the column known_on of each row")
    assert {s["series_id"] for s in told["series"]} == {"DGS10"}


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (("explain", {"metric": "rsi"}), "Near: rsi_14"),
        (("explain", {"metric": "marts.fct_technicals_daily.rsy"}), "It has: session_date"),
        (("describe", {"table": "fct_breadth"}), "Near: fct_breadth_daily"),
        (("query", {"sql": "select nothing from marts.dim_metric"}), "Names and types: the tool describe"),
        (("query", {"sql": "show tables"}), "Refused, SHOW TABLES: it lists the schema main, where nothing stands"),
        (("query", {"sql": "from (show tables)"}), "Ask the tool describe, or: show all tables"),
        (("query", {"sql": "select 1", "max_rows": 1001}), "less than or equal to 1000"),
        (("explain", {"metric": "rsi_14", "where": "instrument_id = 'NONE'"}), "The tool query shows which values there are"),
        (("explain", {"metric": "rsi_14", "where": "true); drop table marts.dim_metric; --"}), "Refused, DROP"),
    ],
)
def test_a_wrong_question_is_told_its_cure(market: Settings, call: tuple[str, dict[str, Any]], said: str) -> None:
    (heard,) = asked(market, call)
    assert isinstance(heard, str)
    assert said in heard


@pytest.mark.parametrize("sql", ["show all tables", "select * from duckdb_tables()", "from information_schema.tables"])
def test_each_way_to_ask_for_tables_that_is_answered_names_them_all(market: Settings, sql: str) -> None:
    (heard,) = asked(market, ("query", {"sql": sql, "max_rows": 500}))
    assert heard["rows_n"] == one(market, "select count(*) from duckdb_tables() where not internal")


@pytest.fixture(scope="module")
def told(market: Settings) -> dict[str, str | None]:
    """What every attempt was told, and the file is afterwards what it was."""
    before = digest(market)
    heard = asyncio.run(refusals(market, ATTEMPTS))
    assert digest(market) == before
    return heard


def test_at_least_forty_things_are_attempted() -> None:
    assert len({a.sql for a in ATTEMPTS}) == len({a.what for a in ATTEMPTS}) >= 40


@pytest.mark.parametrize("attempt", ATTEMPTS, ids=lambda a: a.what)
def test_what_an_assistant_must_not_do_is_refused_by_name(told: dict[str, str | None], attempt: Attempt) -> None:
    assert wrongly_told(attempt, told[attempt.what]) is None


def test_a_new_publication_is_seen_without_a_restart(sample: Settings) -> None:
    publication = Publication(sample.published("sample"))
    run_id = (publication.manifest() or {})["run_id"]
    later = publication.history / "later"
    shutil.copytree(publication.history / run_id, later)
    manifest = json.loads((later / MANIFEST).read_text(encoding="utf-8")) | {"run_id": "later", "published_sequence": 2}
    (later / MANIFEST).chmod(0o644)
    (later / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")

    async def talk() -> list[str]:
        heard = []
        async with Client(server(sample)) as client:
            for _ in range(2):
                result = await client.call_tool("list_metrics", {})
                heard.append(json.loads(getattr(result.content[0], "text", ""))["standing"]["run_id"])
                publication.install("later")
        return heard

    assert asyncio.run(talk()) == [run_id, "later"]


def test_sessions_behind_today_are_sessions_of_the_exchange(market: Settings) -> None:
    after_the_close_on_tuesday = Clock(datetime(2026, 1, 20, 23, 0, tzinfo=UTC))  # Monday the 19th is a holiday
    stands = Desk(market, "sample", clock=after_the_close_on_tuesday).list_metrics()["standing"]
    assert stands["session_date"] == str(AT_ONCE)
    assert stands["sessions_behind_today"] == 11  # 5 to 9, 12 to 16 and 20 January


def test_questions_at_once_are_all_answered(market: Settings) -> None:
    async def talk() -> list[bool]:
        async with Client(server(market)) as client:
            calls = (client.call_tool(*c) for c in [("answer_of_the_day", {}), ("describe", {}), ("explain", {"metric": "rsi_14"})] * 3)
            return [r.is_error for r in await asyncio.gather(*calls)]

    assert asyncio.run(talk()) == [False] * 9


def test_nothing_but_the_protocol_is_written_to_standard_output(market: Settings) -> None:
    program = [str(Path(sys.executable).with_name("rotation")), "mcp", "--sources", "live"]
    hello = {
        "jsonrpc": "2.0", "id": 1, "method": "initialize",
        "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "a test", "version": "1"}},
    }  # fmt: skip
    ready = {"jsonrpc": "2.0", "method": "notifications/initialized"}
    call = {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {"name": "answer_of_the_day", "arguments": {}}}
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as running:
        assert running.stdin
        assert running.stdout
        for message in (hello, ready, call):
            running.stdin.write(json.dumps(message) + "\n")
            running.stdin.flush()
        answers = [json.loads(running.stdout.readline()) for _ in range(2)]
        running.stdin.close()
        rest = running.stdout.read()
    assert [a["id"] for a in answers] == [1, 2]
    assert (
        "Make one with `rotation run --sources live`" in answers[1]["result"]["content"][0]["text"]
    )  # nothing is published of the real market
    assert rest == ""


def test_over_http_it_listens_on_this_machine_alone(market: Settings) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program = [str(Path(sys.executable).with_name("rotation")), "mcp", "--sources", "sample", "--http", "--port", str(port)]

    async def talk() -> Any:
        async with Client(f"http://127.0.0.1:{port}/mcp") as client:
            return await client.call_tool("query", {"sql": "select 42 as x"})

    with subprocess.Popen(program, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as running:
        try:
            assert running.stderr
            assert running.stderr.readline().startswith(f"The server is at http://127.0.0.1:{port}/mcp")
            assert answers_on(port)
            assert json.loads(asyncio.run(talk()).content[0].text)["rows"] == [[42]]
        finally:
            running.terminate()


def answers_on(port: int) -> bool:
    """Within half a minute."""
    for _ in range(300):
        with socket.socket() as there:
            if there.connect_ex(("127.0.0.1", port)) == 0:
                return True
        time.sleep(0.1)
    return False
