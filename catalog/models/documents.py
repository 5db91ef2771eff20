"""What readers read: one row a case, made by the database alone (migrations/sql/0001_documents.sql)."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models

from catalog.models.cases import Case


class CaseDocument(models.Model):
    """All that a reader can be shown of a case, and what it is found by; of drafts too, for their preview.

    `record` is the contract's record as JSON text, without addresses of this site and without nearness;
    `extra` is JSON text of what pages and files show beside it (see `documents.records.Extra`). The columns
    from `section` to `stated` are what the index is built from; `title` to `words` are folded for search;
    `words` are those that are found whole.
    `made_in` is the number of the catalogue's version in which the document was last made.
    `stated` are the filters of facts that it is found by.
    Triggers on every table that contributes write it, and nothing else does.
    """

    case = models.OneToOneField(Case, models.DO_NOTHING, primary_key=True, related_name="document")
    slug = models.SlugField()
    is_public = models.BooleanField()
    made_in = models.BigIntegerField(db_index=True)
    record = models.TextField()
    extra = models.TextField()

    section = models.CharField(max_length=20)
    source = models.BigIntegerField()
    page = models.PositiveSmallIntegerField(null=True)
    order = models.PositiveSmallIntegerField()
    year = models.PositiveSmallIntegerField(null=True)
    updated_at = models.DateTimeField()
    topics = ArrayField(models.SlugField())
    bodies = ArrayField(models.CharField(max_length=6))
    mentions = ArrayField(models.CharField(max_length=6))
    stated = ArrayField(models.CharField(max_length=10))

    title = models.TextField()
    head = models.TextField()
    folded = models.TextField()
    words = SearchVectorField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.slug


class CaseGrams(models.Model):
    """What a search looks up: all grams of a document, its `words` among them.

    They stand apart from the document, so that a word which very many cases have is found by going through
    little more than their keys. They are written and go with the document.
    """

    document = models.OneToOneField(
        CaseDocument,
        models.DO_NOTHING,  # the database deletes them, by a constraint of its own
        db_constraint=False,
        db_column="case_id",
        primary_key=True,
        related_name="grams",
    )
    grams = SearchVectorField()

    class Meta:
        default_permissions = ()
        indexes = (GinIndex("grams", name="case_grams"),)

    def __str__(self) -> str:
        return str(self.document)
