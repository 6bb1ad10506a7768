"""The lake's copy of who is who."""

from zhike.kernel.words import Text
from zhike.lake.catalog import Column, Table, register

PROFILES = Table(
    "profiles",
    "fact",
    Text("每条来源记录一行", "one row a profile (one record from one source)"),
    ("profile_id",),
    (
        Column("profile_id", "int64", Text("来源记录编号", "profile id")),
        Column("customer_id", "int64", Text("所属客户编号", "id of the customer it belongs to")),
        Column("source", "string", Text("来源", "source")),
        Column(
            "attributes",
            "string",
            Text("粗粒度属性（JSON）", "coarse attributes as JSON; no direct identifier"),
        ),
        Column(
            "no_profiling",
            "boolean",
            Text("本人拒绝自动画像", "the person refused to be profiled"),
        ),
    ),
)

register(PROFILES)
