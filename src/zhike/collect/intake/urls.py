"""Addresses for programs, and the page of the webhooks."""

from django.urls import include, path

from zhike.collect.api import openapi, ruled_urls
from zhike.collect.intake import views

urlpatterns = [
    path("api/v1/openapi.json", openapi, name="api_openapi"),
    path("api/v1/", include((ruled_urls(), "api"), namespace="api")),
    path("hooks/<slug:slug>", views.hook, name="hook"),
    path("data/hooks/", views.hook_list, name="hooks"),
    path("data/hooks/add/", views.add_hook, name="add_hook"),
    path("data/hooks/<slug:slug>/close/", views.close, name="close_hook"),
]
