"""Addresses of this domain's pages."""

from __future__ import annotations

from django.urls import path

from zhike.value import views

app_name = "value"

urlpatterns = [
    path("value/rfm/", views.rfm, name="rfm"),
    path("value/clv/", views.clv, name="clv"),
    path("value/clv/backtest/", views.clv_backtest, name="clv_backtest"),
    path("value/forecast/", views.forecast, name="forecast"),
    path("value/score/", views.score, name="score"),
    path("value/score/try/", views.try_score, name="try_score"),
    path("value/score/choose/", views.choose_score, name="choose_score"),
    path("value/score/<int:customer_id>/", views.score_reasons, name="score_reasons"),
    path("value/margins/", views.margins, name="margins"),
    path("value/margins/choose/", views.choose_margins, name="choose_margins"),
    path("value/expected/<int:customer_id>/", views.expected, name="expected"),
    path("value/offers/<int:customer_id>/", views.offers, name="offers"),
]
