"""Small tables that the pages read instead of the customers."""

from __future__ import annotations

import ibis.expr.types as ir


def rfm_cells(overview: ir.Table) -> ir.Table:
    """Buyers and spend of every cell of R × F × M."""
    buyers = overview.filter(overview.r_score.notnull())
    return buyers.group_by(["r_score", "f_score", "m_score"]).aggregate(
        customer_count=buyers.count(), spend_amount=buyers.spend_amount.sum()
    )


def clv_deciles(overview: ir.Table) -> ir.Table:
    """The ten deciles of expected value with what they brought and what they will."""
    buyers = overview.filter(overview.clv_decile.notnull())
    return buyers.group_by("clv_decile").aggregate(
        customer_count=buyers.count(),
        clv_365d=buyers.clv_365d.sum(),
        lowest_clv_365d=buyers.clv_365d.min(),
        spend_amount=buyers.spend_amount.sum(),
        spend_amount_365d=buyers.spend_amount_365d.sum(),
        order_count=buyers.order_count.sum(),
        expected_orders_365d=buyers.expected_orders_365d.sum(),
        mean_probability_alive=buyers.probability_alive.mean(),
    )


def alive_value_cells(overview: ir.Table) -> ir.Table:
    """Buyers by probability alive and by spend so far; nobody where the rule gave no probability."""
    buyers = overview.filter(overview.alive_tenth.notnull())
    return buyers.group_by(["alive_tenth", "spend_decile"]).aggregate(
        customer_count=buyers.count(),
        spend_amount_365d=buyers.spend_amount_365d.sum(),
        clv_365d=buyers.clv_365d.sum(),
    )
