"""The commands that import, as a person at a terminal runs them, on a database of their own."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.utils import timezone
from psycopg import sql

from catalog.models import Body, Case, PopulationImport
from tests import scratch_settings
from tests.importing.test_tables import BAD_FILES
from tests.making import FUNAGATA
from tests.state import database_state, state_of, wait_for_a_blocked_statement

SCRATCH = scratch_settings.NAME


def command(name: str, *arguments: object) -> tuple[int, str, str]:
    """Exit code, output and errors of a command, run in this process."""
    out, errors = StringIO(), StringIO()
    try:
        call_command(name, *map(str, arguments), stdout=out, stderr=errors)
    except CommandError as error:
        return error.returncode, out.getvalue(), str(error)
    return 0, out.getvalue(), errors.getvalue()


def populations_csv(path: Path, population: int) -> Path:
    codes = Body.objects.values_list("pk", flat=True)
    lines = ["団体コード,人口", *(f"{code},{population}" for code in codes)]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


@pytest.mark.django_db
def test_a_dry_run_prints_what_would_change_and_changes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "cases.csv"
    file.write_text("識別名,題名\ndx2021-1-1,直した題\ndx2021-2-1,\n", encoding="cp932")
    title = Case.objects.get(slug="dx2021-1-1").title
    code, out, error = command("import_cases", file, "--dry-run")
    assert code == 1
    assert out.splitlines() == [
        "3行目 dx2021-2-1：取り込めない",
        "    題名：入力してください。",
        f"    題名：「{Case.objects.get(slug='dx2021-2-1').title}」→「」",
        "2行目 dx2021-1-1：変更",
        f"    題名：「{title}」→「直した題」",
        "新規 0行、変更 1行、変更なし 0行、取り込めない 1行",
    ]
    assert error == "取り込めない行があるため、何も変えていません。直してからもう一度実行してください。"
    file.write_text("識別名,題名\ndx2021-1-1,直した題\n", encoding="utf-8")
    capsys.readouterr()
    code, out, _ = command("import_cases", file, "--dry-run")
    assert (code, out.splitlines()[-1]) == (0, "確認だけを行い、何も変えていません。")
    assert re.search(r"\r確認中: 100%.*\n$", capsys.readouterr().err)
    assert Case.objects.get(slug="dx2021-1-1").title == title
    assert command("import_cases", file)[1].splitlines()[-1] == "取り込みました。"
    assert Case.objects.get(slug="dx2021-1-1").title == "直した題"
    assert command("import_cases", file)[1].splitlines() == [
        "新規 0行、変更 0行、変更なし 1行、取り込めない 0行",
        "すべての行が今のデータと同じです。取り込むものはありません。",
    ]


def populations_of(path: Path, title: str = "") -> Path:
    path.write_text(f"{title}\n団体コード,人口\n{FUNAGATA},4900\n", encoding="utf-8")
    return path


@pytest.mark.django_db
def test_populations_come_with_day_and_source_and_can_be_taken_back(tmp_path: Path) -> None:
    file = populations_of(tmp_path / "populations.csv")
    code, out, _ = command("import_populations", file, "--as-of", "2025-01-01")
    made = PopulationImport.objects.get()
    source = "住民基本台帳に基づく人口、人口動態及び世帯数"
    assert (code, out.splitlines()) == (
        0,
        [
            "人口の基準日：2025-01-01",
            f"人口の出典：{source}",
            "読む列：B列（人口）",
            "3行目 063631 山形県舟形町：変更",
            "    人口：「5000」→「4900」",
            "    人口の基準日：「2020-01-01」→「2025-01-01」",
            f"    人口の出典：「自治体DX推進手順書参考事例集」→「{source}」",
            "新規 0行、変更 1行、変更なし 0行、取り込めない 0行",
            f"取り込み番号：{made.pk}",
            "取り込みました。",
        ],
    )
    assert Body.objects.get(pk=FUNAGATA).population_as_of == date(2025, 1, 1)
    day = timezone.localtime(made.made_at).strftime("%Y-%m-%d %H:%M")
    line = f"{made.pk}　{day}　populations.csv（2025-01-01現在）　{source}　1団体　コマンド"
    assert command("import_populations", "--list")[1].splitlines() == [line]
    code, out, _ = command("import_populations", "--take-back", made.pk, "--dry-run")
    assert (code, out.splitlines()[-1]) == (0, "確認だけを行い、何も変えていません。")
    assert Body.objects.get(pk=FUNAGATA).population == 4900
    code, out, _ = command("import_populations", "--take-back", made.pk)
    assert (code, out.splitlines()[2:4], out.splitlines()[-1]) == (
        0,
        ["063631 山形県舟形町：変更", "    人口：「4900」→「5000」"],
        "取り消しました。",
    )
    assert Body.objects.get(pk=FUNAGATA).population == 5000
    assert re.fullmatch(rf"{line}　取り消し済み（.{{16}}）\n", command("import_populations", "--list")[1])
    code, _, error = command("import_populations", "--take-back", made.pk)
    assert (code, error[:7], error[-9:]) == (1, "この取り込みは", "に取り消されています。"[-9:])


@pytest.mark.django_db
def test_a_title_that_disagrees_is_refused_with_the_option_that_takes_it_nevertheless(tmp_path: Path) -> None:
    file = populations_of(tmp_path / "a.csv", "令和6年住民基本台帳人口")
    code, out, error = command("import_populations", file, "--as-of", "2025-01-01")
    assert (code, out) == (1, "")
    assert error == (
        "表には「令和6年」とありますが、人口の基準日は2025-01-01です。基準日を直すか空にするか、"
        "その日の表を選んでください。"
        "　表の題名と違うことを承知で取り込むときは、--despite-title を付けます。"
    )
    assert command("import_populations", file, "--as-of", "2025-01-01", "--despite-title")[0] == 0
    assert command("import_populations", file)[1].splitlines()[0] == "人口の基準日：2024-01-01"


@pytest.mark.django_db
@pytest.mark.long
def test_the_list_of_codes_ends_what_it_lacks(tmp_path: Path) -> None:
    file = tmp_path / "codes.csv"
    header = "団体コード,都道府県名（漢字）,市区町村名（漢字）,都道府県名（カナ）,市区町村名（カナ）"
    file.write_text(f"{header}\n{FUNAGATA},山形県,舟形町,ﾔﾏｶﾞﾀｹﾝ,ﾌﾅｶﾞﾀﾏﾁ\n", encoding="utf-8")
    code, _, error = command("import_bodies", file, "--as-of", "2026-04-01")
    assert code == 1
    assert error.endswith("　一覧にない団体が多いことを承知で取り込むときは、--despite-missing を付けます。")
    code, out, _ = command("import_bodies", file, "--as-of", "2026-04-01", "--despite-missing")
    assert (code, out.splitlines()[0], out.splitlines()[-2:]) == (
        0,
        "一覧の日：2026-04-01",
        ["新規 0行、変更 1,787行、変更なし 1行、取り込めない 0行", "取り込みました。"],
    )
    assert list(Body.objects.filter(abolished_on=None).values_list("pk", flat=True)) == [FUNAGATA]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["import_cases", "missing.csv"], "ファイルを開けません：missing.csv（No such file or directory）"),
        (["import_cases", os.devnull], "ファイルが空です。"),
        (["import_populations"], "取り込むファイルを指定してください。"),
        (["import_populations", os.devnull, "--as-of", "令和7年"], "「令和7年」を日付として読めません"),
        (
            ["import_populations", os.devnull, "--source", "x"],
            "人口の出典「x」はありません。使えるのは次のとおりです：casebook（自治体DX推進手順書参考事例集）、",
        ),
        (
            ["import_populations", "--take-back", "99999"],
            "番号99999の取り込みはありません。--list で確かめてください。",
        ),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(arguments: list[str], message: str) -> None:
    code, out, error = command(*arguments)
    assert (code, out) == (1, "")
    assert message in error


@pytest.mark.django_db
def test_a_day_that_nothing_tells_is_asked_for(tmp_path: Path) -> None:
    assert command("import_populations", populations_of(tmp_path / "a.csv")) == (
        1,
        "",
        "人口の基準日を入力してください（表の題名からは分かりません）。"
        "　--as-of 2026-01-01 のように指定します。",
    )


@pytest.mark.django_db
@pytest.mark.long
@pytest.mark.parametrize(("content", "message"), BAD_FILES.values(), ids=BAD_FILES)
def test_a_bad_file_is_told_and_leaves_every_table_as_it_was(
    content: bytes, message: str, tmp_path: Path
) -> None:
    file = tmp_path / "file"
    file.write_bytes(content)
    state = database_state()
    assert command("import_cases", file) == (1, "", message)
    assert command("import_populations", file, "--as-of", "2025-01-01") == (1, "", message)
    assert database_state() == state


@pytest.fixture(scope="module")
def scratch(django_db_setup: None, django_db_blocker: Any) -> Iterator[dict[str, Any]]:
    """An empty, migrated database apart from the tests' own; gives how to connect to it."""
    with django_db_blocker.unblock():
        own = connection.get_connection_params()
    to = {key: own[key] for key in ("host", "port", "user", "password") if own.get(key)}
    with psycopg.connect(**to, dbname="postgres", autocommit=True) as server:
        remove = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(SCRATCH))
        server.execute(remove)
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(SCRATCH)))
        assert manage("migrate", "--verbosity", "0").returncode == 0
        yield {**to, "dbname": SCRATCH}
        server.execute(remove)


def start(*arguments: str | Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "manage.py", *arguments],
        cwd=settings.BASE_DIR,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.scratch_settings"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def manage(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    process = start(*arguments)
    out, errors = process.communicate()
    return subprocess.CompletedProcess(arguments, process.returncode, out, errors)


def scratch_state(scratch: dict[str, Any]) -> dict[str, str]:
    with psycopg.connect(**scratch) as other, other.cursor() as cursor:
        return state_of(cursor)


@pytest.mark.long
@pytest.mark.django_db
def test_a_dump_loads_into_an_empty_database_and_dumps_the_same(
    scratch: dict[str, Any], tmp_path: Path
) -> None:
    file, csv_file = tmp_path / "dump.json", tmp_path / "cases.csv"
    dump = ["dumpdata", "catalog", "--exclude", "catalog.indicatorvalue"]  # 26,000 rows of one kind
    call_command(*dump, output=str(file), verbosity=0)
    csv_file.write_bytes(Client().get("/cases.csv").getvalue())
    loaded = manage("loaddata", file)
    assert loaded.returncode == 0, loaded.stderr
    assert json.loads(manage(*dump).stdout) == json.loads(file.read_text())
    report = manage("import_cases", csv_file)
    assert report.stdout.splitlines() == [
        "新規 0行、変更 0行、変更なし 60行、取り込めない 0行",
        "すべての行が今のデータと同じです。取り込むものはありません。",
    ]


@pytest.mark.long
@pytest.mark.django_db
def test_an_import_that_is_killed_has_done_all_or_nothing(scratch: dict[str, Any], tmp_path: Path) -> None:
    """Killed when all but the version is written, then at any moment: all is as before or as after."""
    assert manage("load_catalogue").returncode == 0
    before = scratch_state(scratch)
    with psycopg.connect(**scratch) as other:
        other.execute("SELECT FROM catalog_catalogueversion FOR UPDATE")
        amid = start_import(tmp_path, 701)
        wait_for_a_blocked_statement(other.cursor(), seconds=60)
        kill(amid)
    assert scratch_state(scratch) == before
    started = time.monotonic()
    whole = start_import(tmp_path, 702)
    assert whole.communicate()[0].endswith("取り込みました。\n")
    seconds = time.monotonic() - started
    for number, share in enumerate((0.7, 0.85, 1.0), start=703):
        before = scratch_state(scratch)
        process = start_import(tmp_path, number)
        time.sleep(seconds * share)
        kill(process)
        assert scratch_state(scratch) == before or populations(scratch) == {number}


def start_import(folder: Path, population: int) -> subprocess.Popen[str]:
    file = populations_csv(folder / f"{population}.csv", population)
    return start("import_populations", file, "--as-of", "2025-01-01")


def kill(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()


def populations(scratch: dict[str, Any]) -> set[int]:
    with psycopg.connect(**scratch) as other:
        return {number for (number,) in other.execute("SELECT DISTINCT population FROM catalog_body")}
