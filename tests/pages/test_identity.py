"""What each page carries of the site: a picture where it is passed on, colours, its address on paper."""

from __future__ import annotations

import re
import struct
from html import unescape

import pytest
from django.conf import settings
from django.test import Client

from tests.making import FUNAGATA

pytestmark = pytest.mark.django_db

SHARED = settings.BASE_DIR / "static" / "catalog" / "share.png"


def tags(page: str) -> dict[str, str]:
    found = re.findall(r'<meta (?:property|name)="((?:og|twitter):[a-z_:]+)" content="([^"]*)">', page)
    assert len(found) == len(dict(found))
    return {name: unescape(content) for name, content in found}


@pytest.mark.parametrize(
    ("path", "kind", "title", "description"),
    [
        ("/", "website", "同じ規模の自治体のDX事例を探す", "全国の自治体のDXの取組を、"),
        ("/cases/?step=2&kind=town", "website", "ステップ2・町の事例", "ステップ2・町の事例"),
        ("/cases/dx2021-33-2/", "article", "議事録作成支援システムによる作成時間の削減", "AIの音声認識で"),
        (f"/bodies/{FUNAGATA}/", "website", "山形県舟形町の事例", "山形県舟形町の自治体DXの事例と、"),
    ],
)
def test_a_page_that_is_passed_on_has_its_title_and_a_picture(
    client: Client, path: str, kind: str, title: str, description: str
) -> None:
    found = tags(client.get(path).text)
    assert found.keys() >= {"og:site_name", "og:url"}
    assert found["og:type"] == kind
    assert found["og:title"].startswith(title)
    assert found["og:description"].startswith(description)
    assert found["og:image"] == "http://testserver/static/catalog/share.png"
    assert found["twitter:card"] == "summary_large_image"


def test_a_page_that_is_not_there_is_not_described(client: Client) -> None:
    assert tags(client.get("/nothing-here/").text) == {}


def test_the_picture_is_of_the_size_that_is_asked_for_and_light() -> None:
    content = SHARED.read_bytes()
    assert struct.unpack(">II", content[16:24]) == (1200, 630)
    assert len(content) <= 40_000


def test_the_icons_are_named_and_there(client: Client) -> None:
    page = client.get("/about/").text
    assert '<link rel="apple-touch-icon" href="/apple-touch-icon.png">' in page
    icon = (settings.WHITENOISE_ROOT / "apple-touch-icon.png").read_bytes()
    assert struct.unpack(">II", icon[16:24]) == (180, 180)


def luminance(colour: str) -> float:
    """Relative luminance of WCAG 2 of a colour as #abc or #aabbcc."""
    digits = colour.lstrip("#")
    pairs = [digit * 2 for digit in digits] if len(digits) == 3 else re.findall("..", digits)
    parts = [int(pair, 16) / 255 for pair in pairs]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("colour", ["accent", "key", "text", "text-quiet"])
@pytest.mark.parametrize("ground", ["surface", "surface-quiet", "key-pale", "note-pale"])
def test_words_stand_out_from_every_ground(colour: str, ground: str) -> None:
    style = (settings.BASE_DIR / "static" / "catalog" / "site.css").read_text(encoding="utf-8")
    values = dict(re.findall("--([a-z-]+): (#[0-9a-f]+);", style))
    dark, light = luminance(values[colour]), luminance(values[ground])
    assert (light + 0.05) / (dark + 0.05) >= 4.5


@pytest.mark.parametrize(
    ("path", "printed"),
    [
        ("/", "/"),
        ("/about/?a=&b=", "/about/"),
        ("/near/?name=%E7%BE%8E%E9%83%B7%E7%94%BA&compare=&q=", "/near/?name=%E7%BE%8E%E9%83%B7%E7%94%BA"),
        ("/cases/dx2021-1-1/?q=DX", "/cases/dx2021-1-1/?q=DX"),
        ("/cases/?step=2&utm_source=mail&page=2", "/cases/?step=2&page=2"),
        ("/bodies/?prefecture=06", "/bodies/?prefecture=06"),
    ],
)
def test_a_sheet_of_paper_tells_the_address_of_its_page(client: Client, path: str, printed: str) -> None:
    page = client.get(path, HTTP_HOST="localhost", secure=True).text
    (origin,) = re.findall(r'class="print-only print-origin"[^>]*>([^（]*)（', page)
    assert unescape(origin) == f"https://localhost{printed}"
