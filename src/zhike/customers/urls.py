"""Addresses of this domain's pages."""

from __future__ import annotations

from django.urls import path

from zhike.customers import views

app_name = "customers"

urlpatterns = [
    path("customers/", views.customer_list, name="list"),
    path("customers/export", views.export, name="export"),
    path("customers/<int:customer_id>/", views.customer_detail, name="detail"),
]
