"""Raw payloads by the hash of their content, compressed, each stored once. Not for knowing which request brought which hash (receipts)."""

import os
import re
import tempfile
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import zstandard

from pipelines.sources.interface import SourceError

_PROVIDER = re.compile(r"[a-z][a-z0-9_]*")
_HASH = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Archive:
    """`<folder>/<provider>/<sha256>.zst`, and nothing else."""

    folder: Path

    def path(self, provider: str, digest: str) -> Path:
        if not _PROVIDER.fullmatch(provider) or not _HASH.fullmatch(digest):
            raise ValueError(f"not an archive name: provider {provider!r}, hash {digest!r}")
        return self.folder / provider / f"{digest}.zst"

    def store(self, provider: str, content: bytes) -> str:
        """Keep the bytes and return their hash; what is there already is not written again."""
        digest = sha256(content).hexdigest()
        path = self.path(provider, digest)
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=path.parent, prefix=".writing-")
            temporary = Path(name)
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(zstandard.ZstdCompressor().compress(content))
                temporary.replace(path)  # whole or not at all, whoever else writes the same
            finally:
                temporary.unlink(missing_ok=True)
        return digest

    def read(self, provider: str, digest: str) -> bytes:
        """The bytes of a hash.

        Raises:
            SourceError: not archived, or no longer what was archived.
        """
        path = self.path(provider, digest)
        try:
            content = zstandard.ZstdDecompressor().decompress(path.read_bytes())
        except FileNotFoundError:
            raise SourceError(f"archive of {provider}", f"payload {digest}", "no such file", "Pull it again from the provider.") from None
        except zstandard.ZstdError:
            content = b""
        if sha256(content).hexdigest() != digest:
            cure = f"Delete {path} and pull it again."
            raise SourceError(f"archive of {provider}", f"payload {digest}", "a damaged file", cure)
        return content
