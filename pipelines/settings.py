"""Every setting of the project, read from the environment once; the only module that reads it. Not for run options (those are Dagster run config)."""

import difflib
import os
import re
import shlex
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

from dotenv import dotenv_values
from pydantic import AnyHttpUrl, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from pipelines.keys import KeysError, read_keys

ROOT = Path(__file__).resolve().parent.parent
PREFIX = "ROTATION_"

Mode = Literal["sample", "live"]

TOKENS = {"tiingo": "tiingo_token", "fred": "fred_api_key", "stooq": "stooq_key", "alphavantage": "alpha_vantage_key"}
"""The setting that holds a provider's secret; a provider without one needs none."""


class SettingsError(Exception):
    """A setting is unknown or unusable; the message names it and says how to mend it."""


class Settings(BaseSettings):
    """Frozen settings. Every field is set by an environment variable ROTATION_<NAME> or a line of `.env` at the root."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_file=ROOT / ".env", frozen=True, extra="ignore")

    sources: Mode = Field("sample", description="Default market of a run: sample (simulated, offline) or live.")
    warehouse: Path = Field(ROOT / "warehouse", description="Folder of all data: work, candidate, published, archive, quarantine, drop.")
    dagster_home: Path | None = Field(
        None, description="Folder of a team's dagster.yaml, in whose instance `rotation run` keeps its events; default: this folder's own."
    )
    drop: Path | None = Field(None, description="Folder watched for vendor files; default: drop/ in the warehouse.")
    mirror: AnyHttpUrl | None = Field(None, description="Send every request for https://HOST/PATH to MIRROR/HOST/PATH.")
    contact: str | None = Field(None, description="E-mail address named in the User-Agent; some providers refuse requests without one.")
    tiingo_token: SecretStr | None = Field(None, description="Tiingo API token; without it Tiingo is not asked.")
    fred_api_key: SecretStr | None = Field(
        None, description="FRED API key: every value with the day it came out (ALFRED). Default: FRED's CSV, each pull one vintage."
    )
    keys_file: Path | None = Field(
        None,
        description="File outside this folder, mode 600, with the lines of the keys (ROTATION_..._KEY, ..._TOKEN); the environment goes before it.",
    )
    stooq_key: SecretStr | None = Field(None, description="Stooq key; without it Stooq is not asked.")
    alpha_vantage_key: SecretStr | None = Field(None, description="Alpha Vantage key; without it Alpha Vantage is not asked.")
    alpha_vantage_plan: Literal["free", "premium"] = Field(
        "free", description="Its plan: free (raw bars of 100 sessions, 25 requests a day) or premium (history, splits and dividends)."
    )
    sec_data_sets: str | None = Field(
        None,
        pattern=r"^20\d\dq[1-4](,20\d\dq[1-4])*$",
        description="Quarters of the SEC's Financial Statement Data Sets to load, such as 2025q2,2025q3; 50 to 150 MB each, once. Default: none.",
    )
    sec_companies: str | None = Field(
        None,
        pattern=r"^(members|\d{1,10}(,\d{1,10})*)$",
        description="Companies whose filings are followed: CIKs such as 320193,1640147, or `members` of the lists held. Default: none.",
    )
    sec_bulk: bool = Field(
        False,
        description="Take them from the SEC's nightly bulk files (some 3 GB a run) instead of two requests a company (some 3 MB each).",
    )
    postgres: SecretStr | None = Field(
        None,
        description="Connection string of a PostgreSQL database that each publication is put into, too: postgresql://USER:PASSWORD@HOST/DATABASE.",
    )
    lake: SecretStr | None = Field(
        None,
        description="Catalogue of a DuckLake that each publication is put into, too: postgresql://USER:PASSWORD@HOST/DATABASE, FILE.ducklake or md:DATABASE.",
    )
    lake_data: str | None = Field(
        None, min_length=1, description="Folder of that lake's Parquet files, which its writers and readers see under the same path."
    )
    lake_desk: str | None = Field(
        None,
        pattern=r"^[a-z][a-z0-9]{0,29}$",
        description="Name before the market in the lake's schemas, where several desks write into it.",
    )
    lake_environment: Path = Field(ROOT / ".venv-lake", description="Folder of the environment of the lake's writer, made by `make lake`.")
    http_connect_timeout_s: float = Field(10, gt=0, le=120, description="Seconds to wait for a connection.")
    http_deadline_s: float = Field(60, gt=0, le=900, description="Seconds one whole response may take, trickling or not.")
    http_retries: int = Field(3, ge=0, le=10, description="Further tries after a failure that can pass.")
    threads: int | None = Field(None, ge=1, description="Threads of DuckDB and dbt; default: the machine's cores, at most 4.")
    memory_limit: str | None = Field(
        None, pattern=r"^\d+(\.\d+)?\s*[KMGT]i?B$", description="Memory DuckDB may use, such as 2GB; default: 80 % of the machine's."
    )
    keep_publications: int = Field(10, ge=1, le=1000, description="Publications kept for rollback.")
    ui_host: str = Field("127.0.0.1", description="Address the UI binds to.")
    ui_port: int = Field(3000, ge=1, le=65535, description="Port of the UI.")

    alert_webhook: SecretStr | None = Field(
        None,
        description="Address that failed and blocked runs, stale sources and late publications are posted to, as JSON; may hold a token.",
    )
    alert_command: str | None = Field(
        None, min_length=1, description="Command that is given the same on its input, without a shell: mail -s {subject} desk@example.com"
    )

    @field_validator("alert_webhook")
    @classmethod
    def _address(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None and not re.fullmatch(r"https?://[^\s/]+(/\S*)?", url.get_secret_value()):
            raise ValueError("expected an address that begins with https:// (or http:// within the house)")
        return url

    @field_validator("alert_command")
    @classmethod
    def _words(cls, command: str | None) -> str | None:
        if command is not None and not shlex.split(command):
            raise ValueError("expected a program and its arguments")
        return command

    @field_validator("warehouse", "drop", "dagster_home", "lake_environment")
    @classmethod
    def _absolute(cls, path: Path | None) -> Path | None:
        return path if path is None else (path if path.is_absolute() else ROOT / path)

    @field_validator("dagster_home", mode="after")
    @classmethod
    def _instance(cls, folder: Path | None) -> Path | None:
        if folder is not None and not (folder / "dagster.yaml").is_file():
            raise ValueError(
                f"expected a folder with dagster.yaml, found none in {folder}"
            )  # Dagster would begin a history of its own there
        return folder

    @property
    def tokens(self) -> dict[str, str]:
        """The secrets that are set, by provider."""
        given: dict[str, SecretStr | None] = {provider: getattr(self, name) for provider, name in TOKENS.items()}
        return {provider: secret.get_secret_value() for provider, secret in given.items() if secret}

    @property
    def drop_folder(self) -> Path:
        return self.drop or self.warehouse / "drop"

    @property
    def state_folder(self) -> Path:
        """Where this user's own traces are kept, such as the history of the shell."""
        return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "rotation"

    @property
    def archive(self) -> Path:
        return self.warehouse / "archive"

    def journal(self, mode: Mode) -> Path:
        """The archive's index of one market."""
        return self.archive / "journal" / mode

    @property
    def quarantine(self) -> Path:
        return self.warehouse / "quarantine"

    def work_file(self, mode: Mode) -> Path:
        return self.warehouse / "work" / mode / "work.duckdb"

    def candidate_file(self, mode: Mode) -> Path:
        return self.warehouse / "candidate" / mode / "rotation.duckdb"

    def published(self, mode: Mode) -> Path:
        return self.warehouse / "published" / mode

    @property
    def memory(self) -> str:
        """Memory DuckDB may use, in a form every version reads."""
        machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        return self.memory_limit or f"{machine * 8 // 10 // 2**20}MiB"

    @property
    def cores(self) -> int:
        return self.threads or min(4, os.cpu_count() or 1)


KEYS_FILE = PREFIX + "KEYS_FILE"
KEYS = frozenset(PREFIX + name.upper() for name, field in Settings.model_fields.items() if SecretStr in get_args(field.annotation))


DAGSTER_POSTGRES = "DAGSTER_POSTGRES_"  # begins the names of the database of a team's Dagster (deploy/)


def bare_environment() -> dict[str, str]:
    """The environment for programs that are none of ours: without our keys."""
    return {name: value for name, value in os.environ.items() if name not in KEYS and not name.startswith(DAGSTER_POSTGRES)}


def load_settings(**overrides: Any) -> Settings:
    """Read the environment and `.env`.

    Raises:
        SettingsError: an unknown ROTATION_ variable, a value that cannot be used, or a file of keys that others can read.
    """
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    for place, names in (("The environment", os.environ), (".env", dotenv_values(ROOT / ".env"))):
        for name in names:
            if name.startswith(PREFIX) and name not in known:
                near = difflib.get_close_matches(name, known, n=1)
                hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(sorted(known))}."
                raise SettingsError(f"{place} sets {name}, which is not a setting of Rotation: {hint} Remove it or correct the name.")
    named = os.environ.get(KEYS_FILE) or dotenv_values(ROOT / ".env").get(KEYS_FILE)
    try:
        keys = [read_keys(Path(named), ROOT, KEYS)] if named else []
        return Settings(_env_file=[ROOT / ".env", *keys], **overrides)
    except KeysError as problem:
        raise SettingsError(str(problem)) from None
    except ValidationError as problem:
        lines = [f"{PREFIX}{'.'.join(map(str, e['loc'])).upper()}: {e['msg']}" for e in problem.errors()]
        raise SettingsError("Unusable settings: " + "; ".join(lines) + ". See .env.example for every setting and its form.") from None


@cache
def settings() -> Settings:
    """The settings of this process, read once."""
    return load_settings()
