"""Addresses of this domain's pages."""

from __future__ import annotations

from django.urls import path

from zhike.measure import views

app_name = "measure"

urlpatterns = [
    path("value/cohorts/", views.cohorts, name="cohorts"),
    path("value/cohorts/file/", views.cohorts_file, name="cohorts_file"),
    path("value/migration/", views.migration, name="migration"),
    path("value/movement/", views.movement, name="movement"),
    path("value/trend/<int:customer_id>/", views.trend, name="trend"),
]
