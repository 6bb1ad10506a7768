from django.urls import include, path

from zhike.web import health

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("", include("zhike.web.home_urls")),
    path("", include("zhike.accounts.urls")),
    path("", include("zhike.customers.urls")),
    path("", include("zhike.collect.urls")),
    path("", include("zhike.collect.intake.urls")),
    path("", include("zhike.collect.hosted_forms.urls")),
    path("", include("zhike.value.urls")),
    path("", include("zhike.measure.urls")),
    path("", include("zhike.pipeline.urls")),
    path("", include("zhike.web.administration.urls")),
]

handler400 = "zhike.web.errors.bad_request"
handler403 = "zhike.web.errors.forbidden"
handler404 = "zhike.web.errors.not_found"
handler500 = "zhike.web.errors.server_error"
