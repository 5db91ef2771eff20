"""The SECRET_KEY of a development checkout: made once, kept in var/secret_key."""

import os
import secrets
from pathlib import Path


def secret_key(folder: Path) -> str:
    """The key kept in `folder`/secret_key, made on the first call.

    The file is written whole under another name and linked into place: two first calls agree on a key.
    Raises OSError where the folder cannot be written.
    """
    path = folder / "secret_key"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        new = folder / f"secret_key.{os.getpid()}"
        new.touch(mode=0o600)
        new.write_text(secrets.token_urlsafe(64))
        try:
            path.hardlink_to(new)
        except FileExistsError:
            pass
        finally:
            new.unlink()
    return path.read_text()
