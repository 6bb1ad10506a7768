"""Which column of each export is which, and what its words mean: what a user would write into mapping files."""

from __future__ import annotations

from collections.abc import Mapping

from zhike.collect.imports.kinds import kind_named
from zhike.collect.imports.mapping import ColumnMapping, mapping_of

_Content = Mapping[str, Mapping[str, object]]

_CUSTOMERS: Mapping[str, _Content] = {
    "website": {
        "columns": {
            "customer_id": "会员编号",
            "name": "姓名",
            "gender": "性别",
            "phone": "手机号",
            "email": "邮箱",
            "birthday": "生日",
            "province": "省份",
            "city": "城市",
            "district": "区县",
            "address": "详细地址",
            "unionid": "微信UnionID",
        }
    },
    "wechat": {
        "columns": {
            "customer_id": "openid",
            "openid": "openid",
            "unionid": "unionid",
            "nickname": "nickname",
            "gender": "gender",
            "phone": "phone",
            "city": "city",
        },
        "values": {"gender": {"0": "unknown", "1": "male", "2": "female"}},
    },
    "counter": {
        "columns": {
            "customer_id": "卡号",
            "member_card": "卡号",
            "name": "姓名",
            "phone": "手机",
            "birthday": "生日",
            "address": "地址",
            "tags": "标签",
        }
    },
}
_ORDERS: Mapping[str, _Content] = {
    "website": {
        "columns": {
            "order_id": "订单号",
            "customer_id": "会员编号",
            "ordered_at": "下单时间",
            "amount": "实付金额",
            "status": "订单状态",
            "refund_amount": "退款金额",
            "refunded_at": "退款日期",
            "discount_amount": "优惠金额",
            "coupon_code": "优惠券",
            "payment_method": "支付方式",
        },
        "values": {
            "status": {"待发货": "paid", "已完成": "completed", "已取消": "cancelled", "已退款": "refunded"}
        },
    },
    "wechat": {
        "columns": {
            "order_id": "订单编号",
            "customer_id": "openid",
            "ordered_at": "支付时间",
            "amount": "实付款",
            "status": "状态",
            "refund_amount": "退款",
            "refunded_at": "退款时间",
            "discount_amount": "优惠",
            "coupon_code": "优惠码",
            "payment_method": "支付渠道",
        },
        "values": {
            "status": {
                "已支付": "paid",
                "交易成功": "completed",
                "交易关闭": "cancelled",
                "全额退款": "refunded",
            }
        },
    },
    "counter": {
        "columns": {
            "order_id": "小票号",
            "customer_id": "卡号",
            "ordered_at": "时间",
            "amount": "实收",
            "status": "状态",
            "refund_amount": "退款额",
            "refunded_at": "退款日",
            "discount_amount": "折扣额",
            "coupon_code": "券号",
            "payment_method": "付款方式",
            "store": "门店",
        },
        "values": {
            "status": {"已收款": "paid", "完成": "completed", "作废": "cancelled", "退单": "refunded"}
        },
    },
}
_LINE_FIELDS = ("order_id", "line_number", "product_id", "quantity", "amount", "discount_amount")
_LINE_TITLES = {
    "website": ("订单号", "行号", "商品编号", "数量", "金额", "优惠金额"),
    "wechat": ("订单编号", "序号", "商品编码", "件数", "实付", "优惠"),
    "counter": ("小票号", "序号", "货号", "数量", "实收", "折扣额"),
}
_ORDER_LINES: Mapping[str, _Content] = {
    source: {"columns": dict(zip(_LINE_FIELDS, titles, strict=True))}
    for source, titles in _LINE_TITLES.items()
}
_OF_ALL_SOURCES: Mapping[str, _Content] = {
    "products": {
        "columns": {
            "product_id": "商品编号",
            "name": "商品名称",
            "category": "类目",
            "department": "部门",
            "brand": "品牌",
            "cost": "成本",
        }
    },
    "events": {
        "columns": {
            "event_id": "event_id",
            "customer_id": "customer",
            "occurred_at": "occurred_at",
            "name": "name",
            "properties": "properties",
        }
    },
    "reviews": {
        "columns": {
            "review_id": "评价编号",
            "customer_id": "会员编号",
            "order_id": "订单号",
            "product_id": "商品编号",
            "stars": "评分",
            "text": "内容",
            "reviewed_at": "评价时间",
        }
    },
    "answers": {
        "columns": {"response_id": "序号", "customer_id": "会员编号", "answered_at": "提交答卷时间"},
        "questions": {
            "nps": "1、您有多大可能把山月茶坊推荐给朋友？（0-10）",
            "cares": "2、您选茶时最关注什么？（多选题）",
        },
        "values": {
            "cares": {
                "口感香气": "taste",
                "价格实惠": "price",
                "产地年份": "origin",
                "包装送礼": "gift",
                "健康养生": "health",
                "配送速度": "delivery",
                "店员服务": "service",
            }
        },
    },
}
_OF_ONE_SOURCE = {"customers": _CUSTOMERS, "orders": _ORDERS, "order_lines": _ORDER_LINES}


def mapping_for(kind: str, source: str) -> ColumnMapping:
    """The mapping of the exports of a kind of file from one source."""
    content = _OF_ONE_SOURCE[kind][source] if kind in _OF_ONE_SOURCE else _OF_ALL_SOURCES[kind]
    return mapping_of(content, kind_named(kind).names, place=f"{source} {kind}")
