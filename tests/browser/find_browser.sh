#!/bin/sh
# Makes sure that the browser tests find a browser: $CHROMIUM, Playwright's own, or one on the PATH.
# On Debian, root gets one installed; elsewhere this stops and says how.
set -eu

found() {
    [ -n "${CHROMIUM:-}" ] && return
    for name in chromium-headless-shell chromium google-chrome; do
        command -v "$name" >/dev/null && return
    done
    "$PY" - <<'P'
import sys
from pathlib import Path
from playwright.sync_api import sync_playwright
with sync_playwright() as playwright:
    sys.exit(not Path(playwright.chromium.executable_path).exists())
P
}

if ! found; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        echo 'テスト用のブラウザーと日本語フォントをインストールしています…'
        apt-get update
        apt-get install -y --no-install-recommends chromium-headless-shell fonts-noto-cjk ||
            apt-get install -y --no-install-recommends chromium fonts-noto-cjk
    else
        echo 'ブラウザーがありません。「.venv/bin/python -m playwright install chromium」を実行するか、CHROMIUM に実行ファイルを指定してください。' >&2
        exit 1
    fi
fi
