"""What scores and forecasts rest on."""

from zhike.kernel.words import Text
from zhike.lake.catalog import Column, Table

MODEL_PARAMETERS = Table(
    "model_parameters",
    "published",
    Text("每个模型的每个参数一行", "one row a parameter of a model"),
    ("model", "parameter"),
    (
        Column("model", "string", Text("模型", "model")),
        Column("parameter", "string", Text("参数", "parameter")),
        Column("value", "float64", Text("数值", "value")),
        Column("note_zh", "string", Text("说明（中文）", "note in Chinese")),
        Column("note_en", "string", Text("说明（英文）", "note in English")),
    ),
)

CHURN_MODELS = Table(
    "churn_models",
    "published",
    Text(
        "每个流失模型的每个数字一行：学到的内容，月内沿用",
        "one row a number of a churn model: what was learnt, taken over within a month",
    ),
    ("model", "part", "tree", "node"),
    (
        Column("model", "string", Text("模型：churn 或 purchase_30d", "model: churn or purchase_30d")),
        Column(
            "part",
            "string",
            Text(
                "部分：tree（树的节点）、weight（权重）、baseline（起点）、calibration（校准线）、fact（依据）等",
                "part: tree (a node), weight, baseline, calibration (a point of the line), fact and others",
            ),
        ),
        Column("tree", "int32", Text("第几棵树", "number of the tree")),
        Column("node", "int32", Text("节点或位置", "node, or place")),
        Column("name", "string", Text("特征或名称", "feature, or name")),
        Column(
            "threshold",
            "float64",
            Text("不大于此值走左边", "up to this the way goes left"),
        ),
        Column("left", "int32", Text("左边的节点", "node to the left")),
        Column("right", "int32", Text("右边的节点", "node to the right")),
        Column("value", "float64", Text("数值（树叶为对数几率）", "value; of a leaf log odds")),
    ),
)
