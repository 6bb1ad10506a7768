"""Addresses of the import."""

from __future__ import annotations

from django.urls import path

from zhike.collect.views import runs, steps, wizard

app_name = "collect"

urlpatterns = [
    path("data/import/", wizard.start, name="start"),
    path("data/import/upload/", wizard.upload, name="upload"),
    path("data/import/template/", wizard.template, name="template"),
    path("data/import/runs/", runs.history, name="history"),
    path("data/import/runs/<int:run_id>/", runs.run, name="run"),
    path("data/import/runs/<int:run_id>/progress/", runs.progress, name="progress"),
    path("data/import/runs/<int:run_id>/cancel/", runs.cancel, name="cancel"),
    path("data/import/runs/<int:run_id>/rejects/", runs.rejects, name="rejects"),
    path("data/import/runs/<int:run_id>/undo/", runs.undo, name="undo"),
    path("data/import/<int:upload_id>/reading/", steps.reading, name="reading"),
    path("data/import/<int:upload_id>/columns/", steps.columns, name="columns"),
    path("data/import/<int:upload_id>/check/", steps.check, name="check"),
    path("data/import/<int:upload_id>/import/", steps.bring_in, name="bring_in"),
    path("data/import/<int:upload_id>/discard/", wizard.discard, name="discard"),
]
