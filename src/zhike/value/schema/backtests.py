"""How well forecasts did, and what they rest on."""

from zhike.kernel.words import Text
from zhike.lake.catalog import Column, Table

_TARGETS = {
    "orders": Text("购买天数", "order days"),
    "spend": Text("消费", "spend"),
    "alive": Text("是否再来（排序）", "who comes back (ranking)"),
}
_TARGET = Column("target", "string", Text("预测对象", "what is forecast"), labels=_TARGETS)
_METHOD = Column(
    "method",
    "string",
    Text(
        "方法：bg_nbd、mbg_nbd、pareto_nbd、blend、rule、rule_mean_rate 或 rule_rfm_cells",
        "method: bg_nbd, mbg_nbd, pareto_nbd, blend, rule, rule_mean_rate or rule_rfm_cells",
    ),
)

BACKTESTS = Table(
    "backtests",
    "published",
    Text("每个预测对象、方法、指标一行", "one row a target, method and metric"),
    ("target", "method", "metric"),
    (
        _TARGET,
        _METHOD,
        Column(
            "metric",
            "string",
            Text(
                "指标：mae、rmse、total_bias、error、gini、lift_10",
                "metric: mae, rmse, total_bias, error, gini, lift_10",
            ),
        ),
        Column("value", "float64", Text("数值；金额为最小货币单位", "value; amounts in minor units")),
        Column("is_champion", "boolean", Text("是否最优方法", "whether the method is the champion")),
        Column("customers", "int64", Text("参与回测的客户数", "customers in the back-test"), "count"),
        Column("calibration_first_on", "date", Text("校准期首日", "first day that was known")),
        Column("calibration_last_on", "date", Text("校准期末日", "last day that was known")),
        Column("holdout_last_on", "date", Text("留出期末日", "last day that was forecast")),
        Column("fingerprint", "string", Text("回测设置的指纹", "fingerprint of the settings")),
    ),
)

BACKTEST_DECILES = Table(
    "backtest_deciles",
    "published",
    Text("每个预测对象、方法、十分位一行", "one row a target, method and decile"),
    ("target", "method", "decile"),
    (
        _TARGET,
        _METHOD,
        Column(
            "decile",
            "int32",
            Text("按预测排的十分位（1 最高）", "decile by forecast, 1 is the highest"),
            "rank",
        ),
        Column("customers", "int64", Text("客户数", "customers"), "count"),
        Column(
            "predicted",
            "float64",
            Text("预测合计；金额为最小货币单位", "total forecast; amounts in minor units"),
        ),
        Column(
            "actual", "float64", Text("实际合计；金额为最小货币单位", "real total; amounts in minor units")
        ),
    ),
)

MODEL_CARDS = Table(
    "model_cards",
    "published",
    Text("每个模型的每项说明一行", "one row an item of a model"),
    ("model", "item"),
    (
        Column("model", "string", Text("模型；clv 为整个预测", "model; clv is the forecast as a whole")),
        Column("item", "string", Text("项目", "item")),
        Column("position", "int32", Text("阅读顺序", "order of reading"), "rank"),
        Column("value", "float64", Text("数值", "value")),
        Column("text_zh", "string", Text("说明（中文）", "text in Chinese")),
        Column("text_en", "string", Text("说明（英文）", "text in English")),
    ),
)

CLV_INTERVALS = Table(
    "clv_intervals",
    "published",
    Text(
        "全店一行（十分位为 0），每个 CLV 十分位一行",
        "one row for the shop (decile 0), one for each CLV decile",
    ),
    ("clv_decile",),
    (
        Column("clv_decile", "int32", Text("CLV 十分位；0 为全店", "CLV decile; 0 is the shop"), "rank"),
        Column("customer_count", "int64", Text("客户数", "customers"), "count"),
        Column(
            "clv_365d",
            "float64",
            Text("未来 365 天价值合计", "value of the next 365 days, total"),
            "minor_units",
        ),
        Column("clv_365d_low", "float64", Text("90% 区间下限", "lower bound of 90 %"), "minor_units"),
        Column("clv_365d_high", "float64", Text("90% 区间上限", "upper bound of 90 %"), "minor_units"),
    ),
)
