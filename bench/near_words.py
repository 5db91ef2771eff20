"""Makes `catalog/finding/near_words.txt.gz` of the word vectors in the wheel `ja-ginza` (decision 0041).

    pip download ja-ginza==5.3.0 --no-deps
    pip install numpy msgpack                    # for this script alone; the site needs neither
    python manage.py shell -c "from bench.near_words import write; write('ja_ginza-5.3.0-py3-none-any.whl')"

The vectors are chiVe's (Works Applications, Apache License 2.0), 20,000 of them; some 460,000 rarer words
have the vector of a word near to them. A line of the file is of one vector: its words, most frequent first, a
tab, and the words nearest to it, each with its likeness in hundredths. All are as the database folds them and
as search looks for them; see `catalog.finding.near_words`.
"""

from __future__ import annotations

import gzip
import json
import re
import struct
import unicodedata
from collections import defaultdict
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import msgpack  # type: ignore[import-not-found, import-untyped, unused-ignore]
import numpy as np  # type: ignore[import-not-found, unused-ignore]

from catalog.finding.near_words import FILE, as_sought
from catalog.finding.search import fold_each, folded_of

VOCABULARY = "ja_ginza/ja_ginza-5.3.0/vocab/"
MOST_FREQUENT = 100_000  # words, of which those that tell something are taken
NEAREST, LEAST_LIKENESS = 20, 0.35
# Words that may tell something: of two to eight characters, not of hiragana alone.
TELLING = re.compile(r"(?=.*[一-鿿々ァ-ヺa-z])[一-鿿々ぁ-ゖァ-ヺーa-z0-9]{2,8}")


def write(wheel: str) -> None:
    """Writes the file anew; the same wheel gives the same file."""
    words, vectors = read(wheel)
    rows = sorted(words)
    table = vectors[rows]
    table /= np.maximum(np.linalg.norm(table, axis=1, keepdims=True), 1e-6)
    lines = list[str]()
    for at, row in enumerate(rows):
        likeness = table @ table[at]
        nearest = [int(one) for one in np.argsort(-likeness)[1 : NEAREST + 1]]
        near = [(words[rows[one]][0], likeness[one]) for one in nearest if likeness[one] >= LEAST_LIKENESS]
        lines.append(
            f"{' '.join(words[row])}\t{' '.join(f'{word} {round(100 * alike)}' for word, alike in near)}"
        )
    with FILE.open("wb") as file:
        file.write(gzip.compress("\n".join(lines).encode(), mtime=0))


def read(wheel: str) -> tuple[dict[int, list[str]], np.ndarray]:
    """The telling words of each vector, as they are searched for, and the vectors."""
    with ZipFile(Path(wheel)) as files:
        strings = json.loads(files.read(f"{VOCABULARY}strings.json"))
        rows = msgpack.unpackb(files.read(f"{VOCABULARY}key2row"), strict_map_key=False)
        vectors = np.load(BytesIO(files.read(f"{VOCABULARY}vectors")))
    written = {spacy_hash(word.encode()): word for word in strings}
    frequent = [(written.get(key, ""), row) for key, row in list(rows.items())[:MOST_FREQUENT]]
    plain = [(unicodedata.normalize("NFKC", word).lower(), row) for word, row in frequent]
    telling = [(word, row) for word, row in plain if TELLING.fullmatch(word)]
    folded, words, known = fold_each({word for word, _ in telling}), defaultdict[int, list[str]](list), set()
    for word, row in telling:
        sought = as_sought(word, folded[word])
        if sought not in known and len(folded_of(sought)) > 1:
            known.add(sought)
            words[row].append(sought)
    return dict(words), vectors


def spacy_hash(text: bytes) -> int:
    """What spaCy has a word under: MurmurHash64A with 1 as its seed."""
    factor, mask = 0xC6A4A7935BD1E995, (1 << 64) - 1
    hashed = 1 ^ (len(text) * factor & mask)
    whole = len(text) // 8 * 8
    for at in range(0, whole, 8):
        (block,) = struct.unpack_from("<Q", text, at)
        block = block * factor & mask
        block = (block ^ block >> 47) * factor & mask
        hashed = (hashed ^ block) * factor & mask
    if rest := text[whole:]:
        hashed = (hashed ^ int.from_bytes(rest, "little")) * factor & mask
    hashed = (hashed ^ hashed >> 47) * factor & mask
    return hashed ^ hashed >> 47
