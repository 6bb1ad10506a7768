"""Columns and grains that several tables share."""

from zhike.kernel.words import Text
from zhike.lake.catalog import Column

CUSTOMER = Column("customer_id", "int64", Text("客户编号", "customer id"))
AS_OF = Column("as_of", "date", Text("业务日期", "business date"))
CUSTOMER_GRAIN = Text("每位客户一行", "one row a customer")
BUYER_GRAIN = Text("每位有有效订单的客户一行", "one row a customer with at least one order that counts")
