"""What has come of a case, in one line: the figure that tells most of it, or how its outcome begins."""

from __future__ import annotations

import re
import unicodedata

from catalog.documents.records import CaseRecord, FigureRecord

MAX_SENTENCE = 80  # characters; what is longer is no line

# What label and value of a figure say, the most telling first; each needs a number, or ゼロ.
KINDS = tuple(
    map(
        re.compile,
        (
            "(?:経費|費用|コスト|時間|日数).*→",
            "削減|短縮|減らし|減少|廃止|解消|ゼロ|増加",
            "→",
            "実績|参加者|受講者|利用者|育成|[%％割]",
        ),
    )
)
NUMBER = re.compile("[0-9]|ゼロ")
LEADS_ON = re.compile("次の|以下の")  # to a list
NOT_ACHIEVED = re.compile("目標|予定|案[、）)]|高齢化|のうち|を占める")  # also who they are, of what there is

# Labels of what is better the less, and the more, there is of it; of others nobody knows.
LESS_IS_BETTER = re.compile("経費|費用|コスト|支出|負担|時間|日数|残業|工数|待ち|苦情|誤り|ミス")
MORE_IS_BETTER = re.compile(
    "(?:利用|参加|受講|受験|応募|登録|来場)者|(?:利用|申請|応募|登録)(?:件数|率)|満足"
)
FALLS, RISES = re.compile("削減|短縮|減|廃止|解消|ゼロ"), re.compile("増")
AMOUNT = re.compile(r"(?P<number>(?:[0-9][0-9,]*(?:\.[0-9]+)?[億万千]?)+)(?P<unit>時間|\w?)")
PART = re.compile("([0-9,.]+)([億万千]?)")
TIMES = {"億": 100_000_000, "万": 10_000, "千": 1_000, "": 1}
MINUTES = {"分": 1, "時間": 60, "日": 24 * 60}


def key_figure(record: CaseRecord) -> FigureRecord | None:
    """The figure that says most of what has come of the case; None where none says anything of it."""
    ranked = [(rank, figure) for figure in record["figures"] if (rank := rank_of(figure)) is not None]
    return min(ranked, key=lambda pair: pair[0])[1] if ranked else None


def rank_of(figure: FigureRecord) -> int | None:
    """How telling a figure is, 0 the most; None for one that tells of no achievement, or of the contrary."""
    text = f"{figure['label']}：{figure['value']}"
    if NOT_ACHIEVED.search(text) or not NUMBER.search(figure["value"]):
        return None
    change = change_of(figure)
    if LESS_IS_BETTER.search(figure["label"]) and change >= 0:
        return None
    if MORE_IS_BETTER.search(figure["label"]) and change < 0:
        return None
    return next((rank for rank, kind in enumerate(KINDS) if kind.search(text)), None)


def change_of(figure: FigureRecord) -> int:
    """-1 where a figure tells that something became less, 1 where more, 0 where it does not tell."""
    before, arrow, after = unicodedata.normalize("NFKC", figure["value"]).partition("→")
    if arrow:
        first, last = amount_in(before), amount_in(after)
        if first and last and first[1] == last[1]:
            return (last > first) - (last < first)
        return -1 if first and "ゼロ" in after else 0
    text = f"{figure['label']}：{figure['value']}"
    return -1 if FALLS.search(text) else 1 if RISES.search(text) else 0


def amount_in(text: str) -> tuple[float, str] | None:
    """The first amount of a text with its unit, a span of time in minutes; None where there is none."""
    match = AMOUNT.search(text)
    if not match:
        return None
    number = sum(float(part.replace(",", "")) * TIMES[times] for part, times in PART.findall(match["number"]))
    minutes = MINUTES.get(match["unit"])
    return (number * minutes, "分") if minutes else (number, match["unit"])


def key_line(record: CaseRecord) -> str:
    """The key figure, or else a first sentence of the outcome that is short; empty where there is neither."""
    if figure := key_figure(record):
        return f"{figure['label']}：{figure['value']}"
    sentence = record["outcome"].lstrip("・").partition("。")[0].partition("\n")[0]
    return "" if len(sentence) > MAX_SENTENCE or LEADS_ON.match(sentence) else sentence
