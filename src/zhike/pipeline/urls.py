"""Addresses of this domain's pages."""

from __future__ import annotations

from django.urls import path

from zhike.pipeline import views

app_name = "pipeline"

urlpatterns = [
    path("runs/", views.runs, name="runs"),
    path("runs/start/", views.start, name="start"),
    path("runs/<int:id>/", views.run, name="run"),
    path("runs/<int:id>/progress/", views.progress, name="progress"),
]
