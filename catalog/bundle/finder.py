"""What the script of the catalogue as files searches in: cases, bodies, the site's own patterns and tables.

Patterns are translated from those of `catalog.finding`, characters are folded by the database. Said a second
time are UNSEEN here and `plainWriting` in the script, which repeat `plain_writing` of
sql/0001_documents.sql; a test holds them to the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain
from typing import Any

from django import forms
from django.contrib.postgres.fields import ArrayField
from django.db import connection
from django.db.models import Func, TextField

from catalog.finding import fields, nearest, search, sentences, understanding
from catalog.finding.index import Index
from catalog.finding.query import MAX_TEXT_LENGTH, CaseFilter
from catalog.models import Body, CaseDocument

# What JavaScript has another name for: letters and digits of any script, and what is none.
LETTERS = r"\p{L}\p{N}"
# What the database's `plain_writing` takes out.
UNSEEN = (
    "[\u0001\u00ad\u034f\u061c\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff"
    "\U000e0100-\U000e01ef]"
)


def patterns(index: Index) -> dict[str, re.Pattern[str]]:
    """The patterns that the script uses, by the names it has for them."""
    ours = {
        "unseen": re.compile(UNSEEN),
        "invisible": sentences.INVISIBLE,
        "piece": sentences.PIECE,
        "trimmed": sentences.TRIMMED,
        "list_number": sentences.LIST_NUMBER,
        "plain_verb": sentences.PLAIN_VERB,
        "of_cases": sentences.OF_CASES,
        "joint": sentences.JOINT,
        "empty": sentences.EMPTY,
        "run": sentences.RUN,
        "stem": sentences.STEM,
        "begins_with_stem": sentences.BEGINS_WITH_STEM,
        "is_doing": sentences.IS_DOING,
        "is_tie": sentences.IS_TIE,
        "begins_with_tie": sentences.BEGINS_WITH_TIE,
        "begins_with_doing": sentences.BEGINS_WITH_DOING,
        "ends_with_tie": sentences.ENDS_WITH_TIE,
        "tied": sentences.TIED,
        "before_noun": sentences.BEFORE_NOUN,
        "blanks": fields.BLANKS,
        "persons": fields.PERSONS,
        "character": understanding.CHARACTER,
        "hiragana": understanding.HIRAGANA,
        "after": understanding.AFTER,
        "in_row": understanding.IN_ROW,
        "in_row_or_list": understanding.IN_ROW_OR_LIST,
        "prefecture": index.names.prefecture,
        "letters": search.RUN,
        "katakana": search.KATAKANA,
        "latin": search.LATIN,
        "script": search.SCRIPT,
        "kanji": search.KANJI,
        "may_have_forms": search.MAY_HAVE_FORMS,
        "era": search.ERA,
    }
    phrases = {f"phrase_{at}": pattern for at, (pattern, _) in enumerate(understanding.GRAMMAR)}
    return {**ours, **phrases}


def javascript(pattern: re.Pattern[str]) -> str:
    """The source of a pattern as JavaScript writes it, under its flag `u`.

    What Python calls a character of words is there a letter or a digit of any script, or _.
    """
    source = pattern.pattern.removeprefix("(?s)").replace("(?P<", "(?<").replace('\\"', '"')
    source = source.replace(r"[^\W_]", rf"[{LETTERS}]").replace(r"[\W_]", rf"[^{LETTERS}]")
    return re.sub(r"\[\^\\W(.*?)\]", lambda match: f"(?:(?![{match[1]}])[{LETTERS}_])", source)


def catalogue(index: Index) -> dict[str, Any]:
    """All that the script reads, as JSON."""
    named, parameters = patterns(index), CaseFilter({}).form.fields
    return {
        "labels": {name: str(field.label) for name, field in parameters.items()},
        "values": {
            name: values_of(field)
            for name, field in parameters.items()
            if isinstance(field, forms.ChoiceField)
        },
        "aliases": {
            name: {former: value for former, value in aliases.items() if (name, value) in index.in_use}
            for name, aliases in index.lists.aliases.items()
        },
        "longest_text": MAX_TEXT_LENGTH,
        "patterns": {
            name: [javascript(pattern), "su" if name == "letters" else "gsu"]
            for name, pattern in named.items()
        },
        "grammar": [
            *([f"phrase_{at}", meaning.__name__] for at, (_, meaning) in enumerate(understanding.GRAMMAR)),
            ["prefecture", "prefecture"],
        ],
        "same": folded_characters(),
        "synonyms": index.lists.synonyms,
        "bordered": index.lists.bordered,
        "names": sorted(index.names.words),
        "prefectures": index.names.prefectures,
        "of_region": index.names.of_region,
        "every": {name: index.names.every(name) for name in understanding.EXCEPTED_FROM},
        "regions": understanding.REGIONS,
        "areas": understanding.AREAS,
        "steps": understanding.STEPS,
        "last_step": understanding.LAST_STEP,
        "longest_row": search.LONGEST_ROW,
        "fewest_persons": understanding.FEWEST_PERSONS,
        "needs_chiho": understanding.NEEDS_CHIHO,
        "kinds": understanding.KINDS,
        "factors": fields.FACTORS,
        "longest_number": fields.MAX_NUMBER_LENGTH,
        "max_persons": fields.MAX_PERSONS,
        "earth_diameter_km": nearest.EARTH_DIAMETER_KM,
        "unknown_population": nearest.UNKNOWN_POPULATION,
        "unknown_distance_km": nearest.UNKNOWN_DISTANCE_KM,
        "ln_1_25": nearest.LN_1_25,
        "titles": index.told(chain.from_iterable(index.lists.by_title.values())),
        "bodies": [body_data(body) for body in index.bodies],
        "cases": list(cases_data(index)),
    }


def values_of(field: forms.ChoiceField) -> list[str]:
    """The values that a parameter takes and readers are told of; none of one that takes bodies."""
    if isinstance(field, fields.ChoicesField):
        return [value for value, _ in field.offered_options()]
    return list(dict(field.choices))  # type: ignore[arg-type]


def folded_characters() -> dict[str, str]:
    """Each character that folding changes after its compatible form and its case, with what it becomes."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT one, fold(one) FROM ("
            "SELECT chr(at) AS one FROM generate_series(1, 65535) AS at WHERE at NOT BETWEEN 55296 AND 57343"
            ") AS characters WHERE lower(normalize(one, NFKC)) = one AND fold(one) NOT IN (one, '')"
        )
        return dict(cursor.fetchall())


def body_data(body: Body) -> dict[str, Any]:
    return {
        "code": body.code,
        "name": body.name,
        "kana": body.kana,
        "full_name": body.full_name,
        "kind": body.kind,
        "prefecture": body.prefecture_id,
        "region": body.prefecture.region,
        "population": body.population,
        "band": body.population_band,
        "latitude": body.latitude,
        "longitude": body.longitude,
    }


def cases_data(index: Index) -> Iterator[dict[str, Any]]:
    """The public cases in document order, each with its folded texts and the words found whole in them."""
    numbers = index.numbering.in_order(index.cases, slice(0, len(index.cases)))
    words = Func("words", function="tsvector_to_array", output_field=ArrayField(TextField()))
    documents = CaseDocument.objects.annotate(whole_words=words).in_bulk(map(index.numbering.key, numbers))
    for number in numbers:
        document = documents[index.numbering.key(number)]
        yield {
            "slug": document.slug,
            **{
                name: [value for value, cases in index.cases_by[name].items() if number in cases]
                for name in ("source", "step", "section", "topic", "effect", "cost", "year")
            },
            "bodies": document.bodies,
            "updated": document.updated_at.timestamp(),
            "title": document.title,
            "head": document.head,
            "text": document.folded,
            "words": document.whole_words,
        }
