"""Addresses of this domain's pages."""

from __future__ import annotations

from django.urls import path

from zhike.customers.views import (
    attributes,
    bulk,
    details,
    duplicates,
    editing,
    lists,
    merging,
    saved_views,
    suppressions,
)

app_name = "customers"

urlpatterns = [
    path("customers/", lists.customer_list, name="list"),
    path("customers/export", lists.export, name="export"),
    path("customers/export/people/", lists.export_people, name="export_people"),
    path("customers/views/save/", saved_views.save, name="save_view"),
    path("customers/views/star/", saved_views.star, name="star_view"),
    path("customers/views/begin/", saved_views.begin, name="begin_with_view"),
    path("customers/views/delete/", saved_views.delete, name="delete_view"),
    path("customers/bulk/", bulk.operations, name="bulk_operations"),
    path("customers/bulk/change/", bulk.change, name="bulk_change"),
    path("customers/bulk/undo/", bulk.undo, name="bulk_undo"),
    path("customers/duplicates/", duplicates.duplicates, name="duplicates"),
    path("customers/duplicates/progress/", duplicates.progress, name="scan_progress"),
    path("customers/duplicates/search/", duplicates.search, name="search_duplicates"),
    path("customers/duplicates/decide/", duplicates.decide, name="decide_duplicate"),
    path("customers/duplicates/undo/", duplicates.undo, name="undo_scan"),
    path("customers/<int:customer_id>/", details.customer_detail, name="detail"),
    path("customers/<int:customer_id>/reveal/", details.reveal, name="reveal"),
    path("customers/<int:customer_id>/edit/", editing.edit, name="edit"),
    path("customers/<int:customer_id>/edit/show/", editing.edit_revealed, name="edit_revealed"),
    path("customers/<int:customer_id>/edit/keep/", editing.keep, name="keep_field"),
    path("customers/<int:customer_id>/edit/take-back/", editing.take_back, name="take_back_field"),
    path("customers/<int:customer_id>/note/", details.note, name="note"),
    path("customers/<int:customer_id>/consent/", details.consent, name="consent"),
    path("customers/<int:customer_id>/profiling/", details.profiling, name="profiling"),
    path("customers/<int:customer_id>/tag/", details.tag, name="tag"),
    path("customers/<int:customer_id>/assign/", details.assign, name="assign"),
    path("customers/<int:customer_id>/merge/", merging.merge, name="merge"),
    path("customers/<int:customer_id>/links/", merging.links, name="links"),
    path("customers/<int:customer_id>/links/take-back/", merging.take_back, name="take_back"),
    path("customers/<int:customer_id>/links/split/", merging.split, name="split"),
    path("settings/never-write-to/", suppressions.suppressions, name="suppressions"),
    path("settings/never-write-to/add/", suppressions.add, name="add_suppression"),
    path("settings/never-write-to/look/", suppressions.look, name="look_up_suppression"),
    path("settings/never-write-to/lift/", suppressions.lift, name="lift_suppression"),
    path("settings/attributes/", attributes.attributes, name="attributes"),
    path("settings/attributes/add/", attributes.add, name="add_attribute"),
    path("settings/attributes/change/", attributes.change, name="change_attribute"),
    path("settings/attributes/retire/", attributes.retire, name="retire_attribute"),
]
