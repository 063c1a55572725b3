"""`rotation mcp`: the server for AI assistants, started. Not for what it answers (server.py)."""

from typing import Annotated, Literal

import typer
from rich.console import Console

from pipelines.assistants.query import SECONDS
from pipelines.settings import settings

PORT = 8765
LOOPBACK = ("127.0.0.1", "localhost", "::1")

err = Console(stderr=True, highlight=False)  # standard output belongs to the protocol


def mcp(
    sources: Annotated[
        Literal["sample", "live"] | None,
        typer.Option(help="Whose publication; default: live where there is one at the moment of a question."),
    ] = None,
    seconds: Annotated[float, typer.Option(min=0.1, help="How long one query may take.")] = SECONDS,
    http: Annotated[bool, typer.Option("--http", help="Over HTTP instead of standard input and output.")] = False,
    host: Annotated[str, typer.Option(help="With --http: the address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="With --http: the port.")] = PORT,
) -> None:
    """Let an AI assistant read the published file: a Model Context Protocol server, read-only (docs/bi/assistants.md)."""
    from pipelines.assistants.server import Desk, server

    made = server(Desk(settings(), sources, seconds))
    if not http:
        made.run("stdio")
        return
    if host not in LOOPBACK:
        err.print(
            f"[yellow]The server is open to every machine that can reach {host}: it has no password. It reads and cannot write.[/yellow]"
        )
    err.print(f"The server is at http://{host}:{port}/mcp (Ctrl-C ends it).")
    made.run("streamable-http", host=host, port=port)
