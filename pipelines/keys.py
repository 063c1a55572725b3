"""Keys in a file outside the repository: found, held to be private, read. Not for any other setting (settings.py), nor for logging them."""

import os
import stat
from collections.abc import Collection
from pathlib import Path

from dotenv import dotenv_values


class KeysError(Exception):
    """The file of keys may not be used as it is; the message says why, and how to mend it. It never holds a value."""


def read_keys(path: Path, root: Path, secrets: Collection[str]) -> Path:
    """The file, if it may be used: outside the repository, readable by its owner alone, holding nothing but keys.

    Args:
        path: what ROTATION_KEYS_FILE says.
        root: the repository.
        secrets: names of the settings that are keys.

    Raises:
        KeysError: it may not.
    """
    file = path.expanduser()
    if not file.is_absolute():
        raise KeysError(
            f"ROTATION_KEYS_FILE: expected a whole path, found {path}. Say where the file is from the root: /srv/keys/rotation."
        )
    if not file.is_file():
        raise KeysError(
            f"ROTATION_KEYS_FILE: there is no file {file}. Make it, with lines such as ROTATION_STOOQ_KEY=…, or correct the path."
        )
    resolved = file.resolve()
    if resolved.is_relative_to(root.resolve()):
        raise KeysError(
            f"ROTATION_KEYS_FILE: {resolved} lies inside the repository, where it can be committed. Move it out: mv {resolved} ~/.rotation-keys"
        )
    known = resolved.stat()
    if known.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise KeysError(
            f"ROTATION_KEYS_FILE: others on this machine may open {resolved} (mode {stat.S_IMODE(known.st_mode):03o}). Close it: chmod 600 {resolved}"
        )
    if known.st_uid not in (os.getuid(), 0):
        raise KeysError(f"ROTATION_KEYS_FILE: {resolved} belongs to another user. Make one of your own, with mode 600.")
    strange = sorted(set(dotenv_values(resolved)) - set(secrets))
    if strange:
        raise KeysError(
            f"{resolved}: {', '.join(strange)} is no key. The file holds {', '.join(sorted(secrets))} and nothing else; other settings belong in .env."
        )
    return resolved
