from django.urls import path

from catalog.output import api, changes, data, files
from catalog.pages import discovery, dossier, troubles, views
from catalog.pages.caching import by_version
from catalog.voices import pages as voices

app_name = "catalog"

public = [
    path("", views.home, name="home"),
    path("cases/", views.case_list, name="case_list"),
    path("suggestions.json", views.suggestions, name="suggestions"),
    path("near/", views.near, name="near"),
    path("standing/", views.own_standing, name="standing"),
    path("cases/<slug:slug>/", views.case_detail, name="case_detail"),
    path("cases.csv", files.case_list_csv, name="case_list_csv"),
    path("cases.xlsx", files.case_list_xlsx, name="case_list_xlsx"),
    path("cases.atom", files.case_list_atom, name="case_list_atom"),
    path("cases.json", files.case_list_json, name="case_list_json"),
    path("compare/", views.compare, name="compare"),
    path("compare.xlsx", views.compare_xlsx, name="compare_xlsx"),
    path("dossier/", dossier.dossier, name="dossier"),
    path("dossier.xlsx", dossier.dossier_xlsx, name="dossier_xlsx"),
    path("inquiry/<slug:slug>/", views.inquiry, name="inquiry"),
    path("bodies/", views.body_list, name="body_list"),
    path("bodies/<str:code>/", views.body_detail, name="body_detail"),
    path("steps/<int:number>/", views.step_detail, name="step_detail"),
    path("troubles/", troubles.troubles, name="troubles"),
    path("guidelines/", views.guideline_list, name="guideline_list"),
    path("about/", views.about, name="about"),
    path("api/v1/cases/", api.case_list, name="api_case_list"),
    path("api/v1/cases/<slug:slug>/", api.case_detail, name="api_case_detail"),
    path("api/v1/bodies/", api.body_list, name="api_body_list"),
    path("api/v1/bodies/<str:code>/", api.body_detail, name="api_body_detail"),
    path("api/v1/schema/", api.schema_file, name="api_schema"),
    path("api/v1/docs/", api.docs, name="api_docs"),
    path("data/", data.data, name="data"),
    path("data/<slug:table>.csv", data.table, name="table_csv"),
    path("data/tables.xlsx", data.tables_xlsx, name="tables_xlsx"),
    path("data/datapackage.json", data.data_package, name="data_package"),
    path("data/case.schema.json", data.case_schema, name="case_schema"),
    path("data/catalog.jsonld", data.data_catalog, name="data_catalog"),
    path("changes/", changes.changes, name="changes"),
    path("changes.json", changes.changes_json, name="changes_json"),
    path("changes.atom", changes.changes_atom, name="changes_atom"),
    path("llms.txt", data.for_language_models, name="llms"),
    path("opensearch.xml", discovery.opensearch, name="opensearch"),
    path("robots.txt", discovery.robots, name="robots"),
    path("sitemap.xml", discovery.sitemap, name="sitemap"),
]
health = [
    path("healthz/live", discovery.live, name="live"),
    path("healthz/ready", discovery.ready, name="ready"),
]
# What anybody may send a form to, and what follows; settings.PUBLIC_FORM_PATHS names their paths.
forms = [
    path("report/", voices.report, name="report"),
    path("report/thanks/", voices.report_thanks, name="report_thanks"),
    path("confirm/<str:token>/", voices.confirm, name="confirm"),
]

# Made by a timer and not of the catalogue's version.
made = [path("data/dxcases.zip", data.bundle, name="bundle")]

urlpatterns = [*map(by_version, public), *health, *forms, *made]
