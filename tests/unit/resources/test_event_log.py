"""Dagster's history with its files left open: what is written, read by Dagster's own storage, and who follows a run. Not for what a run tells."""

import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
import yaml
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage

from pipelines.resources.event_log import KEPT, EventLog
from pipelines.settings import ROOT


@dg.asset(check_specs=[dg.AssetCheckSpec("it_holds", asset="one")])
def one() -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
    yield dg.MaterializeResult(metadata={"rows": 7}, check_results=[dg.AssetCheckResult(check_name="it_holds", passed=True)])


JOB = dg.Definitions(assets=[one], jobs=[dg.define_asset_job("job")]).resolve_job_def("job")


def home(folder: Path, storage: dict[str, object]) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "dagster.yaml").write_text(yaml.safe_dump({"storage": storage, "telemetry": {"enabled": False}}), encoding="utf-8")
    return folder


@pytest.fixture
def homes(tmp_path: Path) -> tuple[Path, Path]:
    """One history in two ways: as our dagster.yaml has it, and as Dagster's own storage does."""
    ours = yaml.safe_load((ROOT / "dagster.yaml").read_text(encoding="utf-8"))["storage"]["custom"]
    state = {"base_dir": str(tmp_path / "state")}
    return home(tmp_path / "ours", {"custom": ours | {"config": state}}), home(tmp_path / "theirs", {"sqlite": state})


def run(instance: dg.DagsterInstance) -> str:
    done = JOB.execute_in_process(instance=instance)
    assert done.success
    return done.run_id


def kinds(instance: dg.DagsterInstance, run_id: str) -> Counter[str]:
    return Counter(e.dagster_event_type.value for e in instance.all_logs(run_id) if e.dagster_event_type)


def test_what_is_written_is_what_dagster_writes_and_its_history_goes_on(homes: tuple[Path, Path]) -> None:
    ours, theirs = homes
    with dg.DagsterInstance.from_config(str(theirs)) as instance:
        before = run(instance)
    with dg.DagsterInstance.from_config(str(ours)) as instance:
        assert isinstance(instance.event_log_storage, EventLog)
        after = run(instance)
        assert kinds(instance, before) == kinds(instance, after)
        while_open = _read(theirs, after)
    assert _read(theirs, after) == while_open, "a reader beside the writer sees what one sees later"
    assert while_open == _read(theirs, before)
    assert while_open[0]["ASSET_CHECK_EVALUATION"] == 1


def _read(folder: Path, run_id: str) -> tuple[Counter[str], int, str]:
    """Events of a run, what its asset told, and how its check ended, as Dagster's own storage reads them."""
    with dg.DagsterInstance.from_config(str(folder)) as instance:
        assert type(instance.event_log_storage) is SqliteEventLogStorage
        (told,) = instance.fetch_materializations(dg.AssetRecordsFilter(dg.AssetKey("one"), storage_ids=None), limit=9).records[:1]
        checks = instance.event_log_storage.get_asset_check_execution_history(dg.AssetCheckKey(dg.AssetKey("one"), "it_holds"), limit=9)
        (check,) = [c for c in checks if c.run_id == run_id]
        assert told.asset_materialization is not None
        return kinds(instance, run_id), told.asset_materialization.metadata["rows"].value, check.status.value  # type: ignore[return-value]


def test_who_follows_a_run_hears_it_while_its_file_is_open(homes: tuple[Path, Path]) -> None:
    ours, theirs = homes
    heard, ended = list[str](), threading.Event()

    def hear(entry: dg.EventLogEntry, _: str) -> None:
        heard.append(str(entry.dagster_event_type and entry.dagster_event_type.value))
        if heard[-1] == "PIPELINE_SUCCESS":
            ended.set()

    with dg.DagsterInstance.from_config(str(ours)) as writer, dg.DagsterInstance.from_config(str(theirs)) as ui:
        run_id = run(writer)
        ui.event_log_storage.watch(run_id, None, hear)
        writer.report_engine_event("one more", run_id=run_id, job_name="job")
        assert ended.wait(60)
        ui.event_log_storage.end_watch(run_id, hear)
    assert "ASSET_MATERIALIZATION" in heard


def test_reading_leaves_the_time_of_a_file_alone(homes: tuple[Path, Path]) -> None:
    """Else who watches it would wake himself by looking."""
    with dg.DagsterInstance.from_config(str(homes[0])) as instance:
        run_id = run(instance)
        storage = instance.event_log_storage
        assert isinstance(storage, EventLog)
        file = Path(storage.path_for_shard(run_id))
        before = file.stat().st_mtime_ns
        assert instance.all_logs(run_id)
        assert file.stat().st_mtime_ns == before
        instance.report_engine_event("one more", run_id=run_id, job_name="job")
        assert file.stat().st_mtime_ns > before


def test_no_more_files_are_open_than_are_at_work(homes: tuple[Path, Path]) -> None:
    with dg.DagsterInstance.from_config(str(homes[0])) as instance:
        runs = [run(instance) for _ in range(3)]
        assert [len(instance.all_logs(r)) for r in runs] == [len(instance.all_logs(runs[0]))] * 3
        storage = instance.event_log_storage
        assert isinstance(storage, EventLog)
        assert len(storage._engines) == KEPT
    assert storage._engines == {}
