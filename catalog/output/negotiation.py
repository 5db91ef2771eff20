"""In which form the API answers. Django REST framework wants this before it lets anyone import its views."""

from __future__ import annotations

from typing import Any

from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.request import Request


class AddressAlone(BaseContentNegotiation):
    """The address says what is sent: no header chooses a form, so caches need not know any."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        return None

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        return renderers[0], renderers[0].media_type
