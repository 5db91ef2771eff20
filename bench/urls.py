"""The catalogue's pages, and a Django page with one trivial query to compare them with."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import include, path

from catalog.models import Section


def trivial(request: HttpRequest) -> HttpResponse:
    return render(request, "404.html", {"section": Section.objects.get(pk="1")})


urlpatterns = [path("trivial/", trivial), path("", include("dxcases.urls"))]
