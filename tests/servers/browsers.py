"""The browser for tests, measurements and pictures."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from playwright.sync_api import Playwright

ON_THE_PATH = ("chromium-headless-shell", "chromium", "google-chrome")


def executable_of_browser(playwright: Playwright) -> str:
    """$CHROMIUM, else Playwright's own browser, else one on the PATH, first one without a screen."""
    own = playwright.chromium.executable_path
    if chromium := os.environ.get("CHROMIUM"):
        return chromium
    return own if Path(own).exists() else next(filter(None, map(shutil.which, ON_THE_PATH)), own)
