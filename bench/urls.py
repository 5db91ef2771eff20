"""The catalogue's pages, and a Django page of one query and twenty rows to compare them with."""

from functools import cache

from django.http import HttpRequest, HttpResponse
from django.template import Context, Template
from django.urls import include, path

from catalog.models import Body
from dxcases.urls import handler400, handler404, handler500

__all__ = ("handler400", "handler404", "handler500", "urlpatterns")

PAGE = """<!doctype html><html lang="ja"><head><meta charset="utf-8"><title>{{ title }}</title></head><body>
<h1>{{ title }}</h1><table>{% for body in bodies %}
<tr><td><a href="/bodies/{{ body.code }}/">{{ body.name }}</a></td><td>{{ body.kana }}</td>
<td>{{ body.population|default:"-" }}</td></tr>{% endfor %}</table></body></html>"""


def trivial(request: HttpRequest) -> HttpResponse:
    bodies = Body.objects.order_by("code")[:20]
    return HttpResponse(template().render(Context({"title": "団体", "bodies": bodies})))


@cache
def template() -> Template:
    return Template(PAGE)


urlpatterns = [path("trivial/", trivial), path("", include("dxcases.urls"))]
