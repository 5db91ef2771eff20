"""What a page does with an address that is not as it should be."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render

from catalog.finding.paging import PastTheEnd

View = Callable[[HttpRequest], HttpResponse]


def without_empty_parameters(view: View) -> View:
    """Lead from an address with empty parameters, which a form sends, to the one that people pass on.

    Such parameters mean nothing, so the answer is the same.
    """

    @wraps(view)
    def answer(request: HttpRequest) -> HttpResponse:
        if all(all(values) for name, values in request.GET.lists() if name != "page"):  # no form sends that
            return view(request)
        return HttpResponseRedirect(address_without_empty(request))

    return answer


def address_without_empty(request: HttpRequest) -> str:
    """The path of the request with its query, less the parameters that are empty."""
    kept = request.GET.copy()
    for name, values in request.GET.lists():
        kept.setlist(name, [value for value in values if value])
    query = kept.urlencode()
    return f"{request.path}{'?' if query else ''}{query}"


def leads_back_to_the_last_page(view: View) -> View:
    """Answer 404 past the last page of a list, with a way back."""

    @wraps(view)
    def answer(request: HttpRequest) -> HttpResponse:
        try:
            return view(request)
        except PastTheEnd as error:
            context = {"number": error.number, "last": error.last}
            return render(request, "catalog/past_the_end.html", context, status=404)

    return answer
