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
