# What each command does: README.md. All they make stands in .venv/ and var/.

PY := .venv/bin/python
WORKERS := -n 2
WHOLE := --hypothesis-profile=whole
# Hundreds of processes of tests load what is compiled once.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help run test test-all test-deploy admin backup restore check bench bench-browser bench-peers pictures share-picture drill browser programs-to-deploy

help:
	@echo 'make run    起動（http://127.0.0.1:8000/ 。PORT=8001 make run で番号を変更）'
	@echo 'make test   テスト（一部だけなら make test ARGS=tests/finding/test_search.py）'
	@echo 'make test-all  時間のかかるものも含めたすべてのテスト（nginx、systemd、opensslが必要。ARGS も使えます）'
	@echo 'make test-deploy  nginxとsystemdの設定のテストだけ'
	@echo 'make admin  編集者の登録'
	@echo 'make backup データベース全体のバックアップ（var/backups/ 。BACKUP_DIR で変更）'
	@echo 'make restore FILE=ファイル  空のデータベースへの復元（FORCE=1 でいまの内容を置き換え）'
	@echo 'make check  書式・型・設定の検査'
	@echo 'make bench  速さの測定（60件、1万件、10万件。数分かかります。一部はnginx、opensslが必要）'
	@echo 'make bench-peers  同じ事例を入れたDatasetteとの速さの比較（1万件、10万件。SIZES=1000 で変更）'
	@echo 'make pictures  docs/pictures/ の画面の撮り直し（事例集だけの別のデータベースを使います）'
	@echo 'make share-picture  リンクを送ったときに出る画像を docs/share.svg から作る'
	@echo 'make drill  障害の訓練、大量の不正な入力、運用の手引きの予行（20分ほどかかります）'
	@echo 'make help   この一覧'

run: .venv/run.stamp
	@exec $(PY) -m dxcases.operating.serve

admin: .venv/run.stamp
	@$(PY) manage.py migrate_safely --verbosity 0 && \
	exec $(PY) manage.py create_editor $${DJANGO_SUPERUSER_PASSWORD:+--noinput}

backup: .venv/run.stamp
	@exec $(PY) manage.py backup

restore: .venv/run.stamp
	@test -n "$(FILE)" || { echo '「make restore FILE=var/backups/….dump」のようにファイルを指定してください。' >&2; exit 1; }
	@exec $(PY) manage.py restore "$(FILE)" $(if $(FORCE),--force)

# The whole on two workers; a part on one, which starts sooner.
test: .venv/dev.stamp browser
	@exec $(PY) -m pytest $(or $(ARGS),$(WORKERS))

# What kills servers or counts seconds under load runs at last and while nothing else does.
test-all: .venv/dev.stamp browser programs-to-deploy
ifdef ARGS
	@exec $(PY) -m pytest $(WHOLE) -m '' $(ARGS)
else
	$(PY) -m pytest $(WHOLE) $(WORKERS) -m 'not alone'
	$(PY) -m pytest $(WHOLE) -m alone
endif

test-deploy: .venv/dev.stamp programs-to-deploy
	@exec $(PY) -m pytest -m '' tests/deploy

programs-to-deploy:
	@command -v nginx >/dev/null && command -v systemd-analyze >/dev/null && command -v openssl >/dev/null || \
		{ echo 'nginx、systemd、opensslが必要です。Debian・Ubuntuでは「apt install nginx systemd openssl」を実行してください。' >&2; exit 1; }

check: .venv/dev.stamp
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	$(PY) -m mypy
	.venv/bin/lint-imports
	find templates/django -name '*.html' -exec .venv/bin/djade --check --target-version 5.2 {} +
	DEBUG=off HTTPS=on ALLOWED_HOSTS=example.jp SECRET_KEY="$$($(PY) -c 'import secrets; print(secrets.token_urlsafe(64))')" \
		$(PY) manage.py check --deploy --fail-level WARNING --database default
	$(PY) manage.py makemigrations --check --dry-run

bench: .venv/run.stamp
	@exec $(PY) -m bench

bench-browser: .venv/dev.stamp browser
	@exec $(PY) -m bench.browser

bench-peers: .venv/run.stamp var/bench-venv/stamp
	@exec $(PY) -m bench.peers var/bench-venv/bin/datasette

pictures: .venv/dev.stamp browser
	@exec $(PY) -m bench.pictures

share-picture: .venv/dev.stamp browser
	@exec $(PY) -m bench.pictures share

drill: .venv/dev.stamp
	@DRILL=1 HOSTILE_EXAMPLES=1000 exec $(PY) -m pytest -s -rs --timeout=0 -m '' tests/reliability tests/test_durability.py tests/test_hostile_input.py deploy/rehearsal

browser: .venv/dev.stamp
	@PY=$(PY) sh tests/browser/find_browser.sh

.venv/run.stamp: requirements.txt
	@$(call install,requirements.txt)
	@touch $@

.venv/dev.stamp: requirements-dev.txt
	@$(call install,requirements-dev.txt)
	@touch $@ .venv/run.stamp

var/bench-venv/stamp: requirements-bench.txt .venv/run.stamp
	@echo '比べる相手をインストールしています…'
	@mkdir -p var && $(PY) -m venv var/bench-venv
	@var/bench-venv/bin/python -m pip install --disable-pip-version-check --no-input --require-hashes -r requirements-bench.txt
	@touch $@

# Checks first, so that a machine that lacks something is left as it was. Whoever installs at the same time, into
# the same folder, has its turn after: the lock is on this file, for as long as the shell has it open.
define install
test -w . || { echo 'このフォルダーに書き込めません。書き込める場所に複製して実行してください。' >&2; exit 1; }; \
for python in python3 python3.14 python3.13 python3.12 python3.11 none; do \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && break; \
done; \
exec 9< Makefile; "$$python" -c 'import fcntl; fcntl.flock(9, fcntl.LOCK_EX)' 2>/dev/null; \
test "$$python" != none || { echo 'Python 3.11以上が見つかりません。インストールしてから実行してください。' >&2; exit 1; }; \
"$$python" -c 'import ensurepip, venv' 2>/dev/null || \
	{ echo 'Pythonのvenvがありません。Debian・Ubuntuでは「apt install python3-venv」を実行してください。' >&2; exit 1; }; \
test -x $(PY) || { echo 'Pythonの環境を作っています…'; "$$python" -m venv .venv || { rm -rf .venv; exit 1; }; }; \
echo '必要な部品をインストールしています…'; \
$(PY) -m pip install --disable-pip-version-check --no-input --require-hashes -r $(1)
endef
