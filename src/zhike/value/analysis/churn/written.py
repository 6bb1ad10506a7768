"""Learnt models as rows of the table `churn_models`, and back: within a month they are taken over instead of learnt again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa

from zhike.value.analysis.churn.ensembles import Linear, Trees
from zhike.value.analysis.churn.inputs import FEATURES
from zhike.value.analysis.churn.learning import Propensity, Quality, Slice
from zhike.value.analysis.churn.measures import Measures, ReliabilityBin
from zhike.value.analysis.churn.models import Calibration, PropensityModel

FINGERPRINT = 2
"""Of the way of learning: another number where a change of it should be learnt by anew."""

Row = dict[str, Any]
Rows = Sequence[Mapping[str, Any]]


def model_rows(learnt: Mapping[str, Propensity], mark: str, schema: pa.Schema) -> pa.Table:
    """The table `churn_models`.

    Parameters
    ----------
    learnt
        By the name of the model.
    mark
        What they were learnt from and how; models of another mark are not to be taken over.
    """
    rows = [{"model": name, **row} for name, each in learnt.items() for row in _rows(each, mark)]
    every = [{"tree": 0, "node": 0, **row} for row in rows]
    return pa.Table.from_pylist(every, schema=schema)


def models_of(rows: Rows, mark: str) -> dict[str, Propensity]:
    """What `model_rows` wrote with the same mark; by the name of the model."""
    found = {}
    for name in dict.fromkeys(row["model"] for row in rows):
        parts: dict[str, list[Mapping[str, Any]]] = {}
        for row in rows:
            if row["model"] == name:
                parts.setdefault(row["part"], []).append(row)
        for part in parts.values():
            part.sort(key=lambda row: (row["tree"], row["node"]))
        if [row["name"] for row in parts["mark"]] == [mark]:
            found[name] = _propensity(parts)
    return found


def _rows(learnt: Propensity, mark: str) -> Iterator[Row]:
    model = learnt.model
    yield {"part": "mark", "name": mark}
    yield {"part": "method", "name": model.method}
    yield {"part": "calibration_method", "name": model.calibration.method}
    for place, (x, y) in enumerate(zip(model.calibration.xs, model.calibration.ys, strict=True)):
        yield {"part": "calibration", "node": place, "threshold": float(x), "value": float(y)}
    for place, (name, value) in enumerate(zip(FEATURES, model.ordinary, strict=True)):
        yield {"part": "ordinary", "node": place, "name": name, "value": float(value)}
    for place, group in enumerate(model.telling):
        yield {"part": "telling", "node": place, "name": group}
    yield from (
        _tree_rows(model.estimator) if isinstance(model.estimator, Trees) else _weights(model.estimator)
    )
    for place, (name, value) in enumerate(_facts(learnt)):
        yield {"part": "fact", "node": place, "name": name, "value": float(value)}
    for place, each in enumerate(learnt.quality.reliability if learnt.quality else ()):
        for name, value in asdict(each).items():
            yield {"part": f"reliability_{name}", "node": place, "value": float(value)}


def _weights(linear: Linear) -> Iterator[Row]:
    yield {"part": "baseline", "value": linear.intercept}
    for place, (name, weight) in enumerate(zip(FEATURES, linear.weights, strict=True)):
        yield {"part": "weight", "node": place, "name": name, "value": float(weight)}


def _tree_rows(trees: Trees) -> Iterator[Row]:
    yield {"part": "baseline", "value": trees.baseline}
    node = -1
    for at, tree in enumerate(trees.tree.tolist()):
        node = node + 1 if at and tree == trees.tree[at - 1] else 0
        feature = int(trees.feature[at])
        row: Row = {"part": "tree", "tree": tree, "node": node}
        if feature < 0:
            yield row | {"value": float(trees.value[at])}
        else:
            ways = {"left": int(trees.left[at]), "right": int(trees.right[at])}
            yield row | ways | {"name": FEATURES[feature], "threshold": float(trees.threshold[at])}


def _facts(learnt: Propensity) -> Iterator[tuple[str, float]]:
    yield "horizon_days", learnt.horizon_days
    yield "customers", learnt.customers
    yield "quiet", learnt.quiet
    yield "usual_gap_days", learnt.usual_gap_days
    yield "cross_validated_log_loss", learnt.model.cross_validated_log_loss
    yield from _days("learnt", learnt.learnt)
    if (quality := learnt.quality) is None:
        return
    yield "tested_customers", quality.customers
    yield "tested_quiet", quality.quiet
    yield "tested_other_customers", quality.is_of_other_customers
    yield from _days("tested", quality.tested)
    yield from _days("test_learnt", quality.learnt)
    for prefix, measured in (("model", quality.model), ("rule", quality.rule)):
        for name, value in asdict(measured).items():
            if value is not None:
                yield f"{prefix}_{name}", value


def _days(name: str, of: Slice) -> Iterator[tuple[str, float]]:
    yield f"{name}_cut_off", of.cut_off.toordinal()
    yield f"{name}_until", of.until.toordinal()


def _propensity(parts: Mapping[str, Rows]) -> Propensity:
    facts = {row["name"]: row["value"] for row in parts["fact"]}
    return Propensity(
        horizon_days=int(facts["horizon_days"]),
        learnt=_slice("learnt", facts),
        customers=int(facts["customers"]),
        quiet=int(facts["quiet"]),
        usual_gap_days=facts["usual_gap_days"],
        model=PropensityModel(
            method=parts["method"][0]["name"],
            estimator=_trees(parts) if "tree" in parts else _linear(parts),
            calibration=Calibration(
                parts["calibration_method"][0]["name"],
                _values(parts["calibration"], "threshold"),
                _values(parts["calibration"]),
            ),
            ordinary=_values(parts["ordinary"]),
            telling=tuple(row["name"] for row in parts["telling"]),
            cross_validated_log_loss=facts["cross_validated_log_loss"],
        ),
        quality=_quality(parts, facts) if "tested_customers" in facts else None,
    )


def _quality(parts: Mapping[str, Rows], facts: Mapping[str, float]) -> Quality:
    bins = zip(
        *(
            _values(parts[f"reliability_{name}"]).tolist()
            for name in ("number", "customers", "predicted", "actual")
        ),
        strict=True,
    )
    return Quality(
        learnt=_slice("test_learnt", facts),
        tested=_slice("tested", facts),
        customers=int(facts["tested_customers"]),
        quiet=int(facts["tested_quiet"]),
        is_of_other_customers=bool(facts["tested_other_customers"]),
        model=_measures("model", facts),
        rule=_measures("rule", facts),
        reliability=tuple(ReliabilityBin(int(n), int(count), said, was) for n, count, said, was in bins),
    )


def _measures(prefix: str, facts: Mapping[str, float]) -> Measures:
    return Measures(
        facts.get(f"{prefix}_auc"),
        facts[f"{prefix}_log_loss"],
        facts[f"{prefix}_brier"],
        facts.get(f"{prefix}_lift_10"),
    )


def _slice(name: str, facts: Mapping[str, float]) -> Slice:
    return Slice(*(date.fromordinal(int(facts[f"{name}_{end}"])) for end in ("cut_off", "until")))


def _linear(parts: Mapping[str, Rows]) -> Linear:
    return Linear(parts["baseline"][0]["value"], _values(parts["weight"]))


def _trees(parts: Mapping[str, Rows]) -> Trees:
    nodes = parts["tree"]
    features = [FEATURES.index(row["name"]) if row["name"] else -1 for row in nodes]
    return Trees(
        parts["baseline"][0]["value"],
        tree=np.array([row["tree"] for row in nodes], dtype=np.int64),
        feature=np.array(features, dtype=np.int64),
        threshold=_values(nodes, "threshold"),
        left=_values(nodes, "left").astype(np.int64),
        right=_values(nodes, "right").astype(np.int64),
        value=_values(nodes),
    )


def _values(rows: Rows, column: str = "value") -> np.ndarray[Any, np.dtype[np.float64]]:
    """Empty ones are 0: of a leaf the threshold, of a fork the value."""
    return np.array([row[column] or 0 for row in rows], dtype=np.float64)
