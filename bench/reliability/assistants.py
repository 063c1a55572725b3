"""What an assistant must not be able to do through `rotation mcp`, tried by a real client: every attempt is refused by its name. Not for what it may do.

Each attempt is a query and what it is to be refused for. The tests try the same table.
"""

import asyncio
import hashlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mcp import Client, StdioServerParameters

from bench.reliability.row import Row, Tell
from bench.reliability.sample import published_sample
from pipelines.settings import Settings

SECONDS = 2  # the time limit of a query here; as served it is ten
AT_ONCE = 3

BIG = "marts.fct_performance_daily"


@dataclass(frozen=True)
class Attempt:
    """`refused_for`: the name its refusal begins with, or several of which one."""

    what: str
    sql: str
    refused_for: tuple[str, ...]


def _a(what: str, sql: str, *refused_for: str) -> Attempt:
    return Attempt(what, sql, refused_for)


ATTEMPTS = (
    _a("insert", "insert into marts.dim_metric select * from marts.dim_metric", "INSERT"),
    _a("update", "update marts.fct_performance_daily set return_pct = 99", "UPDATE"),
    _a("delete", "delete from marts.dim_metric", "DELETE"),
    _a("merge", "merge into marts.dim_metric as m using marts.dim_metric as n on m.metric_id = n.metric_id when matched then delete", "MERGE_INTO"),
    _a("create a table", "create table marts.mine as select 1 as one", "CREATE"),
    _a("create a temporary table", "create temp table mine as select 1 as one", "CREATE"),
    _a("create a macro", "create macro twice(x) as 2 * x", "CREATE"),
    _a("drop", "drop table marts.dim_metric", "DROP"),
    _a("alter", "alter table marts.dim_metric add column mine int", "ALTER"),
    _a("a write within WITH", "with gone as (delete from marts.dim_metric returning *) from gone", "DELETE"),
    _a("two statements", "select 1; select 2", "several statements"),
    _a("a write behind a question", "select 1; drop table marts.dim_metric", "DROP"),
    _a("a write behind a comment", "select 1 /* */; -- \n delete from marts.dim_metric", "DELETE"),
    _a("nothing", "-- only a comment", "no statement"),
    _a("no SQL", "please give me all the data", "syntax"),
    _a("a very long query", "select " + "1 + " * 10_000 + "1", "query length"),
    _a("copy to a file", "copy marts.dim_metric to '/tmp/stolen.csv'", "COPY"),
    _a("copy from a file", "copy marts.dim_metric from '/etc/passwd'", "COPY"),
    _a("export", "export database '/tmp/stolen'", "EXPORT"),
    _a("attach", "attach '/tmp/other.duckdb'", "ATTACH"),
    _a("detach", "detach rotation", "DETACH"),
    _a("install", "install httpfs", "LOAD"),
    _a("load", "load httpfs", "LOAD"),
    _a("pragma", "pragma database_list", "PRAGMA"),
    _a("set", "set enable_external_access = true", "SET"),
    _a("reset the lock", "reset lock_configuration", "SET"),
    _a("use", "use memory", "SET"),
    _a("call", "call pragma_version()", "CALL"),
    _a("prepare", "prepare p as select 1", "PREPARE"),
    _a("transaction", "begin transaction", "TRANSACTION"),
    _a("checkpoint", "checkpoint", "CALL"),
    _a("read a CSV", "from read_csv('/etc/passwd', delim = ':')", "read_csv"),
    _a("read a CSV by a quoted name", "select * from \"READ_CSV_AUTO\"('/etc/passwd')", "read_csv_auto"),
    _a("read Parquet", "from read_parquet('/tmp/*.parquet')", "read_parquet"),
    _a("read text in a subquery", "select (select content from read_text('/etc/hostname')) as name", "read_text"),
    _a("read bytes", "from read_blob('/etc/shadow')", "read_blob"),
    _a("read JSON over the network", "from read_json('https://example.com/x.json')", "read_json"),
    _a("list files", "from glob('/**')", "glob"),
    _a("a file as a table", "from '/etc/passwd'", "the file '/etc/passwd'"),
    _a("a file of the network as a table", "from 'https://example.com/x.parquet'", "the file 'https://example.com/x.parquet'"),
    _a("a file within a join", f"select * from {BIG} join 'x.csv' on true", "the file 'x.csv'"),
    _a("the environment", "select getenv('HOME')", "getenv"),
    _a("a setting", "select current_setting('home_directory')", "current_setting"),
    _a("all settings", "from duckdb_settings()", "duckdb_settings"),
    _a("secrets", "from duckdb_secrets()", "duckdb_secrets"),
    _a("SQL as text", "from query('select * from read_csv(''x'')')", "query"),
    _a("SQL as JSON", "from json_execute_serialized_sql('{}')", "json_execute_serialized_sql"),
    _a("a sleep", "select sleep_ms(600000)", "sleep_ms"),
    _a("a cross join", f"select count(*) from {BIG} a, {BIG} b, {BIG} c", "time limit"),
    _a("an endless recursion", "with recursive r as (select 1 as n union all select n + 1 from r) select count(*) from r", "time limit"),
    _a("a recursion that keeps all", "with recursive r as (from range(100000) t(n) union all select n + 1 from r) from r order by n limit 1",
       "time limit", "memory limit"),
    _a("a huge series", "select sum(x) from generate_series(1, 1000000000000) t(x)", "time limit"),
    _a("a huge list", "select len(range(1000000000))", "memory limit"),
    _a("a huge string", "select length(repeat('x', 3000000000))", "memory limit"),
    _a("a string that grows", "select length(string_agg(repeat('x', 1000), '')) from range(100000000)", "memory limit", "time limit"),
    _a("a sort of everything", f"select * from {BIG} a, {BIG} b order by random()", "memory limit", "time limit"),
    _a("a group of everything", f"select a.session_date, b.return_pct, count(*) from {BIG} a, {BIG} b group by all", "memory limit", "time limit"),
    _a("a pattern over a long string", "select levenshtein(repeat('a', 200000), repeat('b', 200000))", "time limit"),
    _a("one very long value", "select repeat('x', 200000) as x", "result size"),
)  # fmt: skip


def server(market: Settings) -> StdioServerParameters:
    """`rotation mcp` over the sample publication of a warehouse."""
    program = str(Path(sys.executable).with_name("rotation"))
    arguments = ["mcp", "--sources", "sample", "--seconds", str(SECONDS)]
    return StdioServerParameters(command=program, args=arguments, env={"ROTATION_WAREHOUSE": str(market.warehouse)})


async def refusals(market: Settings, attempts: Sequence[Attempt]) -> dict[str, str | None]:
    """What each attempt was told, by what it tried; None where it was answered."""
    told: dict[str, str | None] = {}
    turn = asyncio.Semaphore(AT_ONCE)
    async with Client(server(market)) as client:

        async def attempt(one: Attempt) -> None:
            async with turn:
                result = await client.call_tool("query", {"sql": one.sql})
            told[one.what] = str(getattr(result.content[0], "text", "")) if result.is_error else None

        await asyncio.gather(*(attempt(a) for a in attempts))
    return told


def wrongly_told(one: Attempt, said: str | None) -> str | None:
    """What is wrong with the refusal of an attempt, or nothing."""
    if said is None:
        return f"{one.what}: answered"
    if not any(f"Refused, {name}: " in said for name in one.refused_for):
        return f"{one.what}: expected a refusal for {' or '.join(one.refused_for)}, found {said}"
    return None


def digest(market: Settings) -> str:
    """Of the published file."""
    with (market.published("sample") / "rotation.duckdb").open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def run(count: int, folder: Path, tell: Tell) -> Row:
    """So many of the attempts, on a published sample; the file is the same afterwards."""
    attempts = ATTEMPTS[:: max(1, len(ATTEMPTS) // count)]
    market = published_sample(folder).settings
    before = digest(market)
    tell(f"{len(attempts)} attempts")
    told = asyncio.run(refusals(market, attempts))
    failures = [wrong for a in attempts if (wrong := wrongly_told(a, told[a.what]))]
    if digest(market) != before:
        failures.append("the published file is not what it was")
    return Row("what an assistant must not do", len(told), tuple(failures), "refused by name, the file as it was")
