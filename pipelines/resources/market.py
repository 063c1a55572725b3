"""Which providers a run asks, and through what: the real ones over the network, or the sample market through the same readers. Not for reading them."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pipelines.resources.run import RunOptions, Sources
from pipelines.sources.archive import Archive
from pipelines.sources.http import Client


@dataclass(frozen=True)
class Market:
    """The client every reader is given, and the folder vendor files come from."""

    client: Client
    drop_folder: Path


def open_market(options: RunOptions, as_of: date) -> Market:
    """The market of a run. The sample market is generated, answered in the providers' wire forms without a network, and cut at the as-of day."""
    settings = options.settings
    transport, folder, mirror = None, settings.drop_folder, options.mirror_url
    tokens = {"tiingo": settings.tiingo_token.get_secret_value()} if settings.tiingo_token else {}
    if options.sources is Sources.SAMPLE:
        from pipelines.sample.drops import write_drops  # the generator is heavy: not for live runs
        from pipelines.sample.wire import SampleTransport

        transport, mirror, tokens = SampleTransport(as_of), None, {"tiingo": "simulated"}
        folder = settings.warehouse / "work" / "sample" / "drop"
        write_drops(folder, as_of)
    client = Client(
        archive=Archive(settings.archive),
        mirror=mirror,
        contact=settings.contact,
        connect_timeout_s=settings.http_connect_timeout_s,
        deadline_s=settings.http_deadline_s,
        retries=settings.http_retries,
        transport=transport,
        now=options.clock.now,
        tokens=tokens,
    )
    return Market(client, folder)
