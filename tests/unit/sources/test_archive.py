"""The archive of payloads, and the hiding of secrets in what is said about them."""

from typing import Any

import pytest

from pipelines.sources.interface import SourceError
from pipelines.sources.redaction import redact

CONTENT = b"observation_date,X\n2026-01-09,1.5\n"


def test_the_same_bytes_are_archived_once_and_nothing_beside_them(archive: Any) -> None:
    digest = archive.store("fred", CONTENT)
    assert archive.store("fred", CONTENT) == digest
    assert [p.name for p in archive.folder.rglob("*") if p.is_file()] == [f"{digest}.zst"]
    assert archive.read("fred", digest) == CONTENT


@pytest.mark.parametrize("rot", [b"rotten", b""])
def test_a_damaged_file_is_not_believed(archive: Any, rot: bytes) -> None:
    digest = archive.store("fred", CONTENT)
    archive.path("fred", digest).write_bytes(rot)
    with pytest.raises(SourceError, match="damaged"):
        archive.read("fred", digest)


def test_another_payload_under_a_hash_is_not_believed(archive: Any) -> None:
    digest, other = archive.store("fred", CONTENT), archive.store("fred", b"other")
    archive.path("fred", other).replace(archive.path("fred", digest))
    with pytest.raises(SourceError, match="damaged"):
        archive.read("fred", digest)


def test_what_was_never_archived_is_named(archive: Any) -> None:
    with pytest.raises(SourceError, match="no such file"):
        archive.read("fred", "0" * 64)


@pytest.mark.parametrize(("provider", "digest"), [("../fred", "0" * 64), ("fred", "../" + "0" * 61), ("", "0" * 64)])
def test_names_are_never_paths(archive: Any, provider: str, digest: str) -> None:
    with pytest.raises(ValueError, match="not an archive name"):
        archive.path(provider, digest)


def test_secrets_are_hidden_by_name_and_by_value_however_written() -> None:
    assert redact("https://h/p?a=1&api_key=abc&token=def#x") == "https://h/p?a=1&api_key=***&token=***#x"
    assert redact("url: /p?apikey=abc (Caused by x)") == "url: /p?apikey=*** (Caused by x)"
    assert redact("said s/e+c and s%2Fe%2Bc", ["s/e+c"]) == "said *** and ***"
    assert redact("Basic cy9lK2M= or cy9lK2M", ["s/e+c"]) == "Basic ***= or ***"


def test_a_key_that_an_answer_repeats_is_hidden_before_anybody_keeps_it(told: Any) -> None:
    key = "CANARY7F3A9C51D2"
    here = told(f'{{"Note": "We have detected your API key as {key}"}}'.encode(), tokens={"tiingo": key})
    payload = here.client.get("tiingo", "https://x.example/a", kind="json")
    assert payload.document == {"Note": "We have detected your API key as ***"}
    assert here.client.archive.read("tiingo", payload.receipt.sha256) == payload.content


def test_a_word_as_short_as_no_key_stays_in_an_answer(told: Any) -> None:
    payload = told(b'{"name": "any company"}', tokens={"tiingo": "any"}).client.get("tiingo", "https://x.example/a", kind="json")
    assert payload.document == {"name": "any company"}
