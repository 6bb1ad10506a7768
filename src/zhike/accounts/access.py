"""Who may do what: a closed set of rights, and one table that gives them to roles."""

from __future__ import annotations

from enum import StrEnum, unique

from zhike.kernel.words import Text


@unique
class Role(StrEnum):
    """What somebody is in the shop; everybody is one of these."""

    OWNER = "owner"
    MANAGER = "manager"
    MARKETER = "marketer"
    SALES = "sales"
    SERVICE = "service"
    ANALYST = "analyst"
    VIEWER = "viewer"

    @property
    def text(self) -> Text:
        return _ROLE_TEXTS[self]


@unique
class Right(StrEnum):
    """One thing that somebody may or may not do; views name the one they need."""

    SEE_CUSTOMERS = "see_customers"
    SEE_CONTACTS = "see_contacts"
    REVEAL = "reveal"
    EDIT_CUSTOMERS = "edit_customers"
    TAG = "tag"
    SUPPRESS = "suppress"
    MERGE = "merge"
    IMPORT = "import"
    SEE_NUMBERS = "see_numbers"
    EXPORT_TABLES = "export_tables"
    EXPORT_PEOPLE = "export_people"
    REFRESH = "refresh"
    MANAGE_SETTINGS = "manage_settings"
    MANAGE_USERS = "manage_users"
    MANAGE_OWNERS = "manage_owners"
    SEE_AUDIT = "see_audit"
    EXPORT_AUDIT = "export_audit"

    @property
    def text(self) -> Text:
        return _RIGHT_TEXTS[self]


@unique
class Scope(StrEnum):
    """Which customers somebody works with: everybody's, or only those that are theirs."""

    ALL = "all"
    OWN = "own"


_ROLE_TEXTS = {
    Role.OWNER: Text("店主", "Owner"),
    Role.MANAGER: Text("管理员", "Manager"),
    Role.MARKETER: Text("营销", "Marketer"),
    Role.SALES: Text("销售", "Sales"),
    Role.SERVICE: Text("客服", "Service"),
    Role.ANALYST: Text("分析", "Analyst"),
    Role.VIEWER: Text("只读", "Viewer"),
}
_RIGHT_TEXTS = {
    Right.SEE_CUSTOMERS: Text("查看客户及其数字", "see customers and their figures"),
    Right.SEE_CONTACTS: Text("查看打码的姓名与联系方式", "see masked names and contacts"),
    Right.REVEAL: Text("查看完整联系方式（写明原因并留痕）", "reveal a whole contact, with a reason"),
    Right.EDIT_CUSTOMERS: Text("修改客户资料", "edit customers"),
    Right.TAG: Text("给客户打标签", "tag customers"),
    Right.SUPPRESS: Text("把联系方式列入拒收名单", "put contacts on the do-not-contact list"),
    Right.MERGE: Text("合并与拆分客户", "merge and split customers"),
    Right.IMPORT: Text("导入数据", "bring data in"),
    Right.SEE_NUMBERS: Text("查看全店数字", "see the figures of the shop"),
    Right.EXPORT_TABLES: Text("导出不含个人信息的表格", "export tables without personal data"),
    Right.EXPORT_PEOPLE: Text("导出个人信息", "export personal data"),
    Right.REFRESH: Text("重新计算", "compute again"),
    Right.MANAGE_SETTINGS: Text("修改设置与 API 密钥", "change settings and API keys"),
    Right.MANAGE_USERS: Text("管理账号", "manage users"),
    Right.MANAGE_OWNERS: Text("任免店主", "make and unmake owners"),
    Right.SEE_AUDIT: Text("查看操作记录", "see the audit trail"),
    Right.EXPORT_AUDIT: Text("导出操作记录", "export the audit trail"),
}
_OWN_CUSTOMERS = {
    Right.SEE_CUSTOMERS,
    Right.SEE_CONTACTS,
    Right.REVEAL,
    Right.EDIT_CUSTOMERS,
    Right.TAG,
    Right.SUPPRESS,
}

# The only place that says who may do what; docs/reference/roles.md repeats it and a test compares.
RIGHTS: dict[Role, frozenset[Right]] = {
    Role.OWNER: frozenset(Right),
    Role.MANAGER: frozenset(Right) - {Right.MANAGE_OWNERS, Right.EXPORT_AUDIT},
    Role.MARKETER: frozenset(
        {
            Right.SEE_CUSTOMERS,
            Right.SEE_CONTACTS,
            Right.TAG,
            Right.SUPPRESS,
            Right.SEE_NUMBERS,
            Right.EXPORT_TABLES,
            Right.REFRESH,
        }
    ),
    Role.SALES: frozenset(_OWN_CUSTOMERS),
    Role.SERVICE: frozenset(_OWN_CUSTOMERS),
    Role.ANALYST: frozenset(
        {Right.SEE_CUSTOMERS, Right.SEE_NUMBERS, Right.EXPORT_TABLES, Right.REFRESH},
    ),
    Role.VIEWER: frozenset({Right.SEE_CUSTOMERS, Right.SEE_CONTACTS, Right.SEE_NUMBERS}),
}
SCOPES: dict[Role, Scope] = {
    role: Scope.OWN if role in (Role.SALES, Role.SERVICE) else Scope.ALL for role in Role
}


def role_of(user: object) -> Role | None:
    """The role of somebody who is signed in and not switched off; None for anybody else."""
    if not getattr(user, "is_authenticated", False) or not getattr(user, "is_active", False):
        return None
    return Role(getattr(user, "role", Role.VIEWER))


def may(user: object, right: Right) -> bool:
    """Whether this user has this right; nobody has none."""
    role = role_of(user)
    return role is not None and right in RIGHTS[role]


def scope_of(user: object) -> Scope:
    """Which customers this user works with; whoever is not signed in has at most their own, that is none."""
    role = role_of(user)
    return Scope.OWN if role is None else SCOPES[role]
