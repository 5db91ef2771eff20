"""The filters: what each parameter asks of a case or of a body of it, on the bitmaps of an index."""

from __future__ import annotations

import django_filters
from django import forms
from pyroaring import BitMap

from catalog.finding.fields import BodyCodesField, ChoicesField, PersonsField, YearsField
from catalog.finding.index import Index, union_of


class ChoicesFilter(django_filters.Filter):
    """Cases that are under one of the values chosen, in the index under the filter's own name."""

    field_class: type[forms.Field] = ChoicesField

    def is_offered(self, value: str, index: Index) -> bool:
        """Whether its facet has the value even if it is not chosen."""
        return True

    def is_told(self, value: str, index: Index) -> bool:
        """Whether readers are told what the value is called; if not, it is called by itself."""
        return True

    def cases(self, values: list[str], index: Index) -> BitMap:
        return union_of(index.cases_by[self.field_name], values)

    def labels(self, values: list[str], index: Index) -> list[str]:
        """What the page calls the values, each understood by itself."""
        names = dict(self.field.options())
        return [names[value] if self.is_told(value, index) else value for value in values]


class UsedChoicesFilter(ChoicesFilter):
    """Its facet offers what some public case is under, and what is chosen."""

    def is_offered(self, value: str, index: Index) -> bool:
        return bool(index.cases_by[self.field_name].get(value))


class NamedChoicesFilter(ChoicesFilter):
    """Its values have names by editors, of which readers are told only those in use (`Index.in_use`)."""

    def is_offered(self, value: str, index: Index) -> bool:
        return (self.field_name, value) in index.in_use

    def is_told(self, value: str, index: Index) -> bool:
        return self.is_offered(value, index)


class StatedFilter(ChoicesFilter):
    """Cases that state something as a fact (`fact_filters` in sql/0001_documents.sql); its one value is 1."""

    def labels(self, values: list[str], index: Index) -> list[str]:
        """As words before 「の事例」: 効果の数字あり."""
        return [label.replace("がある", "あり") for label in super().labels(values, index)]


class YearFilter(UsedChoicesFilter):
    field_class = YearsField

    def labels(self, values: list[str], index: Index) -> list[str]:
        labelled = zip(values, super().labels(values, index), strict=True)
        return ["年度不明" if value == "unknown" else label for value, label in labelled]


class StepFilter(ChoicesFilter):
    def labels(self, values: list[str], index: Index) -> list[str]:
        return [f"ステップ{value}" for value in values]


class SearchFilter(ChoicesFilter):
    """Cases in which all words of the text are found; the query itself knows them (`CaseFilter.hits`)."""

    field_class = forms.CharField

    def labels(self, values: list[str], index: Index) -> list[str]:
        return [f"「{values[0]}」"]


class BodyChoicesFilter(ChoicesFilter):
    """Speaks of a body of the case; all such filters together speak of one and the same body."""

    def bodies(self, values: list[str], index: Index) -> BitMap:
        """The bodies in the index that satisfy it."""
        return union_of(index.lists.bodies_by[self.field_name], values)


class PopulationFilter(BodyChoicesFilter):
    def labels(self, values: list[str], index: Index) -> list[str]:
        return [f"人口{label}" for label in super().labels(values, index)]


class BodyFilter(BodyChoicesFilter):
    field_class = BodyCodesField

    def labels(self, values: list[str], index: Index) -> list[str]:
        return [index.bodies[index.lists.number_of_body[value]].full_name for value in values]


class PopulationBoundFilter(BodyChoicesFilter):
    """A bound in persons, inclusive; `lookup_expr` is gte or lte. The unknown is within no bounds."""

    field_class = PersonsField

    def bodies(self, values: list[str], index: Index) -> BitMap:
        bound = int(values[0])
        return index.lists.bodies_where(bound.__le__ if self.lookup_expr == "gte" else bound.__ge__)

    def labels(self, values: list[str], index: Index) -> list[str]:
        return [f"人口{int(values[0]):,}人{'以上' if self.lookup_expr == 'gte' else '以下'}"]


class BodyNameFilter(BodyChoicesFilter):
    """Bodies that the text names; they stand as it fits them."""

    field_class = forms.CharField

    def bodies(self, values: list[str], index: Index) -> BitMap:
        return BitMap(index.lists.number_of_body[named.body.code] for named in index.bodies_named(values[0]))
