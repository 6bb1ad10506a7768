"""What to offer each customer: their own products again, what goes with them, what sells."""

from zhike.value.analysis.recommendations.choosing import (
    Choice,
    Holdout,
    choose,
    last_closed_month,
    parameter_rows,
)
from zhike.value.analysis.recommendations.inputs import (
    bought_together,
    customer_products,
    members,
    numbered_products,
    popular_products,
    product_sales,
    same_products,
    sold_lines,
    with_products,
)
from zhike.value.analysis.recommendations.lists import (
    LIST_LENGTH,
    RECOMMENDATIONS,
    Blend,
    recommendations,
)
from zhike.value.analysis.recommendations.model import ItemModel, bought_of, learnt_items

__all__ = [
    "LIST_LENGTH",
    "RECOMMENDATIONS",
    "Blend",
    "Choice",
    "Holdout",
    "ItemModel",
    "bought_of",
    "bought_together",
    "choose",
    "customer_products",
    "last_closed_month",
    "learnt_items",
    "members",
    "numbered_products",
    "parameter_rows",
    "popular_products",
    "product_sales",
    "recommendations",
    "same_products",
    "sold_lines",
    "with_products",
]
