"""The words of a text as people type it, cut out of a sentence where need be."""

from __future__ import annotations

import re

# What surrounds words and is never searched for: no letter, no digit, no sign of a unit, no mark of a letter.
# Inside a word it may stand (5.0, 1〜2, CIO-補佐).
EDGE = "(?![%％‰℃°\u3200-\u33ff\u0300-\u036f\u3099\u309a])[\\W_]"
INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\ufe00-\ufe0f\ufeff\U000e0000-\U000e0fff]"
)
PIECE = re.compile(r"[^\s　、。，！？!?;；「」『』【】〈〉《》〔〕（）()［］\[\]｛｝{}<>＜＞“”\"#＃｜|]+")
TRIMMED = re.compile(f"^(?:{EDGE}|[①-⓿](?=.))+|(?:{EDGE})+$")
LIST_NUMBER = re.compile(r"(?:^|(?<=\n))[ \t]*[0-9]{1,2}[.)．）][ \t　]+")  # 1. 研修


def made_of_no_others(words: list[str]) -> list[str]:
    """Those of the words that are no row of others: で and の, but not での."""
    return [word for word in words if not re.fullmatch(f"(?:{'|'.join(set(words) - {word})})+", word)]


# Hiragana and all else, in turn; a long mark belongs to katakana.
RUN = re.compile(r"(?P<kana>[ぁ-ゖゝゞ]+)|(?P<other>[^ぁ-ゖゝゞ]+)")
# Hiragana that ties words together and belongs to none.
TIES = (  # noqa: SIM905 – a list of so many short words reads better as a text
    "における において について に関する に関して による によって により としての として のための のために "
    "にある にいる での では でも には にも への からの までの との とか から まで より など といった という "
    "だけ のみ ごと ずつ または および ならびに もしくは って "
    "をどのように はどう をどう の を が は に で と へ や も か"
).split()
# する and its forms after a noun: 導入したい, 活用している.
DOES = (  # noqa: SIM905 – the same
    "している してある しています していた していない してる したい しました します したか したの した して "
    "する すること しよう しない され される された されて されている させる させたい させた "
    "できる できます できた できない できるか できること"
).split()
TIE = "|".join(TIES)
DOING = "|".join(sorted(DOES, key=len, reverse=True))
# Several in a row, so that there is one way to read them: a tie that others make (での) is none of these.
TIES_IN_ROW = f"(?:{'|'.join(made_of_no_others(TIES))})"
IS_TIE = re.compile(f"{TIES_IN_ROW}+")
IS_DOING = re.compile(f"(?:{DOING}){TIES_IN_ROW}*")
BEGINS_WITH_TIE = re.compile(f"(?:{TIE})(?P<rest>.+)", re.DOTALL)
BEGINS_WITH_DOING = re.compile(DOING)
# A verb whose stem is one kanji: 生かしたい, 減らす, 話したい.
STEM, BEGINS_WITH_STEM = re.compile("[一-鿿]"), re.compile(f"って|[かさたなまらわがば]?(?:{DOING})")
ENDS_WITH_TIE = re.compile(f"(?P<word>.+?)(?:{TIE})", re.DOTALL)
# Ties behind a word that is no adverb (特に): 研修の, 取組を.
TIED = re.compile(f"(?<=[^ぁ-ゖ][^ぁ-ゖ]){TIES_IN_ROW}+$")
# A verb or an adjective before what it speaks of: 使えない高齢者, 聞いて改善; in ひきこもり支援 it is a noun.
BEFORE_NOUN = re.compile(r"^[一-鿿々]{0,2}[ぁ-ゖ]{0,7}[るたないうくぐすずつぬぶむてで](?=[^ぁ-ゖ])")

# Words without content of their own in this catalogue: they do not count while others remain.
EMPTY = re.compile(
    "(?:"
    "事例|実例|好?事例集?|先進事例|成功事例|参考事例|取り?組み?|取り?組ん(?:だ|でいる)|自治体|市区町村|団体|地方公共団体|役所|役場|例|"
    "どのよう|こと|もの|ところ|とき|ため|よう|どう|どうやって|どのように|どんな|どの|何|なに|なぜ|いつ|だれ|誰|どこ|"
    "方法|やり方|進め方|始め方|作り方|つくり方|書き方|仕方|しかた|手順|情報|一覧|紹介|詳細|他|ほか|"
    "知りたい|知る|教えて(?:ください|ほしい)?|探し(?:たい|ている|て)|調べ(?:たい|ている|て)|見たい|みたい|欲しい|ほしい|ください|"
    "始めたい|はじめたい|始め(?:る|た|て|よう)|はじめる|進めたい|進め(?:る|た|て|ている|よう)|すすめる|行い?(?:たい|う|った|って|っている)|おこなう|"
    "使い?(?:たい|う|った|って|っている)|作り?(?:たい|る|った|って)|つくる|取り?組(?:みたい|む|んで)|やりたい|やる|やっている|"
    "ある|いる|なる|した|したい|している|する|できる|されている|ない|ありますか|あるか|でしょうか|ですか|"
    "[一-鿿]{0,2}[ぁ-ゖ]*(?:ところ|とき|こと|もの)|"
    "[ぁ-ゖ]{2,}[一-鿿]{1,2}[ぁ-ゖ]*[たるうくいすてかつぬぶむ]|"
    "[一-鿿]{1,2}[ぁ-ゖ]{2,}|[一-鿿][うくぐすつぬぶむる]|"
    "どう[一-鿿]*[ぁ-ゖ]*|[一-鿿]{1,2}(?:めたか|めたの?|ったか|ったの)|"
    "小さな|小さい|ちいさな|大きな|大きい|小規模な|大規模な|同じ|同じような|似た|近い|近くの|規模|全国の?|日本の?|他の|ほかの|"
    "うち(?:は|の|も|では|のような|みたいな)?|わが|我が|当市|当町|本市|本町|case|cases|and|AND|And|or|OR|Or|"
    f"どこの|おすすめ|お勧め|オススメ|{TIE}|"
    # A question in hiragana: っていますか, やっているのはどこですか.
    "(?=.*(?:です|ます|でしょう|って|いる|どこ|ください))"
    "(?:って|やって|して|つかって|いる|います|いました|ある|あります|ありました|ありません|ない|どこ|なに|だれ|いつ|どれ|どんな"
    "|です|でしょう|ください|の|は|が|も|か|ね|よ)+"
    ")"
)
# What is said of any subject: 導入したい, 実施した, 検討しています.
PLAIN_VERB = re.compile(f"(?:導入|実施|検討|開始|予定|希望|参考に)(?:{DOING}){TIES_IN_ROW}*")
# Behind a subject it says nothing: 研修事例, RPA先進事例.
OF_CASES = re.compile("(?<=..)(?:先進|成功|優良|好)?(?:事例集?|実例)$")
JOINT = re.compile("を|向けの?")


def words_in(text: str) -> list[str]:
    """The words of a text: what stands between blanks, brackets and full stops.

    Without marks around it, and without the particles that tie it to what follows.
    """
    pieces = (TRIMMED.sub("", piece) for piece in PIECE.findall(LIST_NUMBER.sub("", INVISIBLE.sub("", text))))
    return [TIED.sub("", piece) for piece in pieces if piece]


def is_empty(word: str) -> bool:
    """Whether the word says nothing about a case, or nothing of what it is made of does: 自治体の事例."""
    return EMPTY.fullmatch(word) is not None or all(EMPTY.fullmatch(part) for part in cut(word))


def with_content(words: list[str]) -> list[str]:
    """The words that say something; all where none does."""
    return [word for word in words if not is_empty(word)] or words


def cut(word: str) -> list[str]:
    """The words that a sentence, or a part of one, is made of: cut at particles and at forms of する.

    Hiragana that is neither belongs to its word, as in 書かない窓口 or 取り組み.
    """
    parts = (OF_CASES.sub("", PLAIN_VERB.sub("", part)) for part in JOINT.split(word))
    return [found for part in parts for found in _cut(part)]


def _cut(part: str) -> list[str]:
    words, written = list[str](), ""
    runs = [(match["kana"] is not None, match[0]) for match in RUN.finditer(part)]
    for at, (is_kana, run) in enumerate(runs):
        before, behind = (
            tied(run, runs[at - 1][1] if written else "", at < len(runs) - 1) if is_kana else (run, "")
        )
        if before == run:
            written += run
        else:
            words.append(written + before)
            written = behind
    trimmed = (TRIMMED.sub("", found) for found in [*words, written])
    return [found for found in trimmed if found]


def tied(run: str, run_before: str, has_behind: bool) -> tuple[str, str]:
    """Of hiragana beside other runs: what belongs to the word before it, and what to the one behind.

    All of it, and nothing, where it ties nothing.
    """
    has_before = run_before != ""
    if STEM.fullmatch(run_before) and BEGINS_WITH_STEM.match(run):
        return run, ""
    if IS_DOING.fullmatch(run) or ((has_before or has_behind) and IS_TIE.fullmatch(run)):
        return "", ""
    ends_sentence = has_before and not has_behind and len(run) > 2
    if ends_sentence and (BEGINS_WITH_TIE.fullmatch(run) or BEGINS_WITH_DOING.match(run)):
        return "", ""
    # 費用がどれだけ, but not 上がる, in which が is of the verb.
    if len(run_before) > 1 and len(run) > 2 and (match := BEGINS_WITH_TIE.fullmatch(run)):
        return "", match["rest"]
    if has_behind and (match := ENDS_WITH_TIE.fullmatch(run)) and len(run_before + match["word"]) > 1:
        return match["word"], ""
    return run, ""


def without_verb(word: str) -> str:
    """The word without a verb or an adjective that stands before it; nothing to cut gives the word itself."""
    while len(shorter := BEFORE_NOUN.sub("", word)) > 1 and shorter != word:
        word = shorter
    return word
