"""The texts of a PDF as Chromium writes it, page by page. No reader of PDF in general."""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections.abc import Iterator

Objects = dict[int, bytes]

OBJECT = re.compile(rb"(?m)^(\d+) 0 obj\n(.*?)\nendobj", re.DOTALL)
TOKEN = re.compile(
    rb"ActualText <FEFF(?P<actual>[0-9A-F]*)>|(?P<end>EMC)|/(?P<font>F\d+) [\d.]+ Tf"
    rb"|<(?P<glyphs>[0-9A-Fa-f]+)> Tj|(?P<block>BT)"
)
CHARACTER = re.compile(rb"<([0-9A-F]+)> <([0-9A-F]+)>\n")
RANGE = re.compile(rb"<([0-9A-F]+)> <([0-9A-F]+)> <([0-9A-F]+)>")


def texts_of_pages(pdf: bytes) -> list[str]:
    """What is written on each page, a blank before each piece of text, in the order in which it was drawn."""
    objects = {int(number): body for number, body in OBJECT.findall(pdf)}
    root = next(body for body in objects.values() if b"/Type /Pages" in body and b"/Parent" not in body)
    return [text_of(objects[page], objects) for page in leaves(root, objects)]


def leaves(node: bytes, objects: Objects) -> Iterator[int]:
    """The pages below a node of the tree of pages."""
    kids = re.search(rb"/Kids \[(.*?)\]", node, re.DOTALL)
    for number in map(int, re.findall(rb"(\d+) 0 R", kids[1] if kids else b"")):
        if b"/Type /Pages" in objects[number]:
            yield from leaves(objects[number], objects)
        else:
            yield number


def text_of(page: bytes, objects: Objects) -> str:
    fonts = {
        name: characters_of(objects[int(number)], objects)
        for name, number in re.findall(rb"/(F\d+) (\d+) 0 R", page)
    }
    contents = re.search(rb"/Contents (\d+)", page)
    assert contents
    written, characters, is_told = "", dict[bytes, str](), False
    for token in TOKEN.finditer(stream(objects[int(contents[1])])):
        if token["font"]:
            characters = fonts[token["font"]]
        elif token["block"]:
            written += " "
        elif token["end"]:
            is_told = False
        elif token["actual"] is not None:
            written, is_told = written + utf_16(token["actual"]), True
        elif not is_told:
            width = len(next(iter(characters), b"00"))
            glyphs = token["glyphs"].upper()
            written += "".join(
                characters.get(glyphs[at : at + width], "") for at in range(0, len(glyphs), width)
            )
    return unicodedata.normalize("NFKC", written)


def characters_of(font: bytes, objects: Objects) -> dict[bytes, str]:
    """The characters of a font by their codes, as these are written."""
    found = re.search(rb"/ToUnicode (\d+)", font)
    table = stream(objects[int(found[1])]) if found else b""
    characters = dict[bytes, str]()
    for block in re.findall(rb"beginbfchar\n(.*?)endbfchar", table, re.DOTALL):
        characters |= {code: utf_16(text) for code, text in CHARACTER.findall(block)}
    for block in re.findall(rb"beginbfrange\n(.*?)endbfrange", table, re.DOTALL):
        for first, last, text in RANGE.findall(block):
            for step in range(int(last, 16) - int(first, 16) + 1):
                code = b"%0*X" % (len(first), int(first, 16) + step)
                characters[code] = chr(int(text, 16) + step)
    return characters


def stream(body: bytes) -> bytes:
    written = body[body.index(b"stream\n") + 7 : body.rindex(b"endstream")]
    return zlib.decompress(written) if b"/FlateDecode" in body else written


def utf_16(digits: bytes) -> str:
    return bytes.fromhex(digits.decode()).decode("utf-16-be")
