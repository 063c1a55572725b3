"""What a run's readers read from: the providers over the network, or the sample market in their place. Not for reading it."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from requests.adapters import BaseAdapter

from pipelines.progress import tell
from pipelines.resources.run import RunOptions, Sources
from pipelines.settings import TOKENS
from pipelines.sources.archive import Archive
from pipelines.sources.http import Client

SIMULATED_TOKENS = {p: "simulated" for p in TOKENS if p != "fred"}  # with a key FRED is asked another way
PREMIUM = {"alpha_vantage_plan": ("premium",)}  # of the sample market: a free key's requests run out in a day of trying


class Providers:
    """Who answers a run's readers. A resource, so that a test can answer in a provider's place."""

    def sample(self, as_of: date) -> BaseAdapter:
        """The sample market, answering in the providers' wire forms, without a network, cut at the as-of day."""
        from pipelines.sample.wire import SampleTransport  # the generator is heavy: not for live runs

        return SampleTransport(as_of)

    def client(self, options: RunOptions, as_of: date, members: Sequence[str] = ()) -> Client:
        """The client every reader is given; `members` are the tickers that `ROTATION_SEC_COMPANIES=members` stands for."""
        settings = options.settings
        asks = {
            "sec_companies": tuple((settings.sec_companies or "").split(",")) if settings.sec_companies else (),
            "sec_data_sets": tuple((settings.sec_data_sets or "").split(",")) if settings.sec_data_sets else (),
            "sec_bulk": ("yes",) if settings.sec_bulk else (),
            "alpha_vantage_plan": (settings.alpha_vantage_plan,),
        }
        transport, mirror, contact = None, options.mirror_url, settings.contact
        tokens = settings.tokens
        if options.sources is Sources.SAMPLE:
            transport, mirror, tokens = self.sample(as_of), None, SIMULATED_TOKENS
            from pipelines.sample.wire_sec import published

            contact = "simulated@example.org"
            asks = {"sec_companies": ("members",), "sec_bulk": ("yes",), "sec_data_sets": published(as_of)} | PREMIUM
        if asks["sec_companies"] == ("members",):
            asks["sec_companies"] = tuple(members)
        return Client(
            archive=Archive(settings.archive),
            mirror=mirror,
            contact=contact,
            connect_timeout_s=settings.http_connect_timeout_s,
            deadline_s=settings.http_deadline_s,
            retries=settings.http_retries,
            transport=transport,
            now=options.clock.now,
            tokens=tokens,
            asks=asks,
            tell=tell,
        )

    def drop_folder(self, options: RunOptions, as_of: date) -> Path:
        """The folder vendor files are taken from; the sample market writes its own."""
        if options.sources is Sources.SAMPLE:
            from pipelines.sample.drops import write_drops

            write_drops(drop_place(options), as_of)
        return drop_place(options)


def drop_place(options: RunOptions) -> Path:
    """Where the folder of vendor files is."""
    return options.settings.drop_folder if options.sources is Sources.LIVE else options.settings.work_file("sample").with_name("drop")
