from django.urls import path

from zhike.web.administration import api_keys, audit, own_password, users

app_name = "settings"

urlpatterns = [
    path("settings/password/", own_password.own_password, name="password"),
    path("settings/users/", users.user_list, name="users"),
    path("settings/users/add/", users.add, name="add_user"),
    path("settings/users/<int:user_id>/role/", users.change_role, name="user_role"),
    path("settings/users/<int:user_id>/switch/", users.switch, name="switch_user"),
    path("settings/users/<int:user_id>/password/", users.renew_password, name="user_password"),
    path("settings/api-keys/", api_keys.key_list, name="api_keys"),
    path("settings/api-keys/add/", api_keys.add, name="add_api_key"),
    path("settings/api-keys/<int:key_id>/", api_keys.change, name="change_api_key"),
    path("settings/api-keys/<int:key_id>/revoke/", api_keys.revoke, name="revoke_api_key"),
    path("settings/audit/", audit.audit_trail, name="audit"),
    path("settings/audit/export/", audit.export, name="export_audit"),
]
