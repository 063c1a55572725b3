"""One process at a time writes a market: the second is refused by the name of the first, or waits for it, as it was asked to."""

import os
import threading
from collections.abc import Iterator

import pytest

from pipelines import progress
from pipelines.resources.run import Alone
from pipelines.resources.warehouse import WarehouseError
from pipelines.settings import Settings


@pytest.fixture
def first(warehouse: Settings) -> Iterator[Alone]:
    with Alone(warehouse, "sample", "run of the first") as alone:
        yield alone


def test_the_second_is_refused_and_told_who_holds_it_and_how_to_wait(first: Alone, warehouse: Settings) -> None:
    named = rf"The sample warehouse is being written by process {os.getpid()} \(run of the first\)\. .*run again; `rotation run --wait`"
    with pytest.raises(WarehouseError, match=named), Alone(warehouse, "sample", "the second"):
        pass
    with Alone(warehouse, "live", "another market"):
        pass


def test_the_second_says_whom_it_waits_for_and_then_works(first: Alone, warehouse: Settings) -> None:
    heard: list[str] = []
    is_waiting, worked = threading.Event(), threading.Event()

    def listen(kind: str, text: str) -> None:
        heard.append(text)
        is_waiting.set()

    def second() -> None:
        with progress.listening(listen), Alone(warehouse, "sample", "the second", wait_s=60):
            worked.set()

    thread = threading.Thread(target=second)
    thread.start()
    assert is_waiting.wait(30)
    assert not worked.is_set()
    first.__exit__()
    assert worked.wait(30)
    thread.join()
    assert heard == [f"waiting for process {os.getpid()} (run of the first), which writes the sample warehouse"]


def test_who_waits_in_vain_is_told_how_long(first: Alone, warehouse: Settings) -> None:
    with (
        pytest.raises(WarehouseError, match=r"run of the first\) after 0\.3 s of waiting"),
        Alone(warehouse, "sample", "second", wait_s=0.3),
    ):
        pass


def test_the_name_of_the_holder_goes_with_the_lock(warehouse: Settings) -> None:
    holder = warehouse.work_file("sample").with_name("run.holder")
    with Alone(warehouse, "sample", "the first"):
        assert "the first" in holder.read_text()
    assert not holder.exists()
