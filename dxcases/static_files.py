"""How static files are stored for web servers: named by hashes, compressed, our style sheets short."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from django.core.files.base import ContentFile
from whitenoise.storage import CompressedManifestStaticFilesStorage

STRING = re.compile(r'("[^"\n]*")')
STRING_OR_COMMENT = re.compile(rf"{STRING.pattern}|/\*.*?\*/", re.DOTALL)
BLANKS = re.compile(r"\s+")
NEEDLESS_BLANKS = re.compile(r" ?([{};,]) ?|(?<=:) ")


class ShortStyles(CompressedManifestStaticFilesStorage):
    """WhiteNoise's storage, which takes out of our style sheets what people alone read."""

    def post_process(self, paths: dict[str, Any], dry_run: bool = False, **options: Any) -> Iterator[Any]:
        ours = [name for name in paths if name.startswith("catalog/") and name.endswith(".css")]
        if not dry_run:
            for name in ours:
                with self.open(name) as file:
                    text = file.read().decode()
                self.delete(name)
                self.save(name, ContentFile(shortened(text).encode()))
        yield from super().post_process(paths | {name: (self, name) for name in ours}, dry_run, **options)


def shortened(css: str) -> str:
    """The style sheet without comments and blanks that mean nothing; strings stay as they are.

    A blank before a colon stays: behind it is a selector of descendants. So do those of `calc()`.
    """
    bare = STRING_OR_COMMENT.sub(lambda found: found[1] or " ", css)
    parts = STRING.split(bare)
    return "".join(part if number % 2 else without_blanks(part) for number, part in enumerate(parts)).strip()


def without_blanks(css: str) -> str:
    return NEEDLESS_BLANKS.sub(r"\1", BLANKS.sub(" ", css)).replace(";}", "}")
