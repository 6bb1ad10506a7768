"""Addresses of the forms."""

from django.urls import path

from zhike.collect.hosted_forms import views

app_name = "forms"
urlpatterns = [
    path("data/forms/", views.form_list, name="list"),
    path("data/forms/add/", views.add, name="add"),
    path("data/forms/<int:form_id>/", views.edit, name="edit"),
    path("data/forms/<int:form_id>/open/", views.open_or_close, name="open"),
    path("data/forms/<int:form_id>/submissions/", views.submissions, name="submissions"),
    path("f/<slug:slug>/", views.public, name="public"),
    path("f/<slug:slug>/thanks/", views.thanks, name="thanks"),
]
