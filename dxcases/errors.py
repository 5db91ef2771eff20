"""Every answer that is an error of the site: data for programs, a page for people."""

from __future__ import annotations

import sys

import psycopg
from django.conf import settings
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse

from dxcases.cache_control import NO_STORE

RETRY_AFTER_SECONDS = 10
TOO_SLOW = (
    "検索に時間がかかりすぎたため、途中でやめました。"
    "言葉や条件を変えるか、少し待ってから、もう一度お試しください。"
)
AWAY = "ただいま混み合っているか、点検中です。少し待ってから、もう一度お試しください。"
OTHERS_WRITE = (
    "ほかの人の保存か取り込みが続いているため、途中でやめました。何も変えていません。"
    "ブラウザーの「戻る」で入力した内容に戻り、少し待ってから、もう一度お試しください。"
)
DISK_FULL = (
    "サーバーの保存先がいっぱいのため、変更を保存できません。公開ページは見られます。運用担当者に知らせ、"
    "ブラウザーの「戻る」で入力した内容に戻って、書き写してからお待ちください。"
)
NOTHING_HERE = "このアドレスには何もありません。"
TOO_MUCH = "送られた項目か文字が多すぎます。分けて、もう一度お試しください。"
READ_ONLY = (
    "ただいまデータベースは読み取り専用です。公開ページは見られますが、変更は保存できません。"
    "ブラウザーの「戻る」で入力した内容に戻れますので、書き写してからお待ちください。"
)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 400 to what no view could read, 413 to a form with more than one may send at once."""
    if isinstance(exception, TooManyFieldsSent | RequestDataTooBig):
        return render_error(request, 413 if request.method == "POST" else 400, TOO_MUCH)
    message = (
        "アドレスか入力に、扱えない文字が含まれています。日本語はUTF-8でパーセントエンコードしてください。"
    )
    return render_error(request, 400, message)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 404 to a program; people get a page that leads on (`catalog.pages.missing`)."""
    return render_error(request, 404, NOTHING_HERE)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer 500, or 503 where the exception says that the database is away, too slow, full or only read."""
    error = sys.exception()
    cause = error and error.__cause__
    if isinstance(cause, psycopg.errors.ReadOnlySqlTransaction):
        return render_unavailable(request, READ_ONLY)
    if isinstance(cause, psycopg.errors.DiskFull):
        return render_unavailable(request, DISK_FULL)
    if isinstance(cause, psycopg.errors.QueryCanceled | psycopg.errors.LockNotAvailable):
        return render_unavailable(request, OTHERS_WRITE if is_for_editors(request) else TOO_SLOW)
    if isinstance(error, OperationalError | InterfaceError):
        return render_unavailable(request, AWAY)
    return render_error(request, 500, "サーバーで問題が起きました。しばらくしてからもう一度お試しください。")


def render_error(request: HttpRequest, status: int, message: str) -> HttpResponse:
    """Answer by the template of the status; `message` is for programs alone."""
    if is_for_programs(request):
        return as_json({"errors": {"detail": [message]}}, status)
    return render(request, f"{status}.html", status=status)


def render_unavailable(request: HttpRequest, message: str, status: int = 503) -> HttpResponse:
    """Answer 503, or 429, by a page that needs no database, and reads well without its style sheet."""
    if is_for_programs(request):
        response: HttpResponse = as_json({"errors": {"detail": [message]}}, status)
    else:
        response = HttpResponse(render_to_string("503.html", {"message": message}), status=status)
    response["Retry-After"] = str(RETRY_AFTER_SECONDS)
    response["Cache-Control"] = NO_STORE
    return response


def is_for_editors(request: HttpRequest) -> bool:
    return request.path_info.startswith(reverse("admin:index"))


def is_for_programs(request: HttpRequest) -> bool:
    """All public data but the page about them."""
    return is_public_data(request) and request.path_info != "/data/"


def is_public_data(request: HttpRequest) -> bool:
    return request.path_info.startswith(settings.DATA_PATHS)


def as_json(data: dict[str, object], status: int = 200) -> JsonResponse:
    return JsonResponse(data, status=status, json_dumps_params={"ensure_ascii": False})
