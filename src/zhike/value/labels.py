"""What the codes of this domain are called, and their colours. Pure: schemas import it."""

from zhike.kernel.words import Text

RFM_SEGMENTS: dict[str, Text] = {
    "champions": Text("冠军客户", "Champions"),
    "loyal": Text("忠诚客户", "Loyal"),
    "potential_loyalist": Text("潜在忠诚", "Potential loyalist"),
    "new": Text("新客", "New"),
    "promising": Text("有潜力", "Promising"),
    "need_attention": Text("需关注", "Need attention"),
    "about_to_sleep": Text("将沉睡", "About to sleep"),
    "at_risk": Text("有流失风险", "At risk"),
    "cannot_lose": Text("不可失去", "Can't lose"),
    "hibernating": Text("沉睡", "Hibernating"),
    "lost": Text("流失", "Lost"),
}
"""The eleven groups, best first."""

RFM_SEGMENT_COLOURS = {
    "champions": "blue",
    "loyal": "indigo",
    "potential_loyalist": "teal",
    "new": "sky",
    "promising": "cyan",
    "need_attention": "amber",
    "about_to_sleep": "olive",
    "at_risk": "orange",
    "cannot_lose": "red",
    "hibernating": "slate",
    "lost": "grey",
}

RFM_CLASSES: dict[str, Text] = {
    "important_value": Text("重要价值", "Important, value"),
    "important_develop": Text("重要发展", "Important, develop"),
    "important_keep": Text("重要保持", "Important, keep"),
    "important_retain": Text("重要挽留", "Important, retain"),
    "general_value": Text("一般价值", "General, value"),
    "general_develop": Text("一般发展", "General, develop"),
    "general_keep": Text("一般保持", "General, keep"),
    "general_retain": Text("一般挽留", "General, retain"),
}
"""The eight classes of the Chinese practice, from high and low R, F and M."""

RFM_CLASS_COLOURS = {
    "important_value": "blue",
    "important_develop": "teal",
    "important_keep": "purple",
    "important_retain": "red",
    "general_value": "sky",
    "general_develop": "green",
    "general_keep": "amber",
    "general_retain": "grey",
}

RISK_BANDS: dict[str, Text] = {
    "low": Text("稳定", "Steady"),
    "medium": Text("留意", "Watch"),
    "high": Text("高流失风险", "High risk"),
    "lost": Text("很可能已流失", "Probably lost"),
}
"""How likely a customer orders nothing within the days after which one counts as lost, the safest first."""

RISK_BANDS_FROM = {"low": 0.0, "medium": 0.3, "high": 0.6, "lost": 0.85}
"""The lowest probability of each band."""

RISK_BAND_COLOURS = {"low": "teal", "medium": "amber", "high": "red", "lost": "grey"}

SCORE_BANDS: dict[str, Text] = {
    "80_100": Text("80–100 分", "80 to 100"),
    "60_80": Text("60–80 分", "60 to 80"),
    "40_60": Text("40–60 分", "40 to 60"),
    "20_40": Text("20–40 分", "20 to 40"),
    "0_20": Text("0–20 分", "0 to 20"),
}
"""Value scores, the highest first; a border belongs to the higher band."""

SCORE_BANDS_FROM = {"80_100": 80, "60_80": 60, "40_60": 40, "20_40": 20, "0_20": 0}

SCORE_BAND_COLOURS = {
    "80_100": "blue",
    "60_80": "sky",
    "40_60": "teal",
    "20_40": "amber",
    "0_20": "grey",
}

CHURN_METHODS: dict[str, Text] = {
    "gradient_boosting": Text("梯度提升树", "Gradient-boosted trees"),
    "logistic": Text("逻辑回归", "Logistic regression"),
    "btyd": Text("购买与流失模型（BG/NBD 类）", "Buy-till-you-die model (BG/NBD or a kin)"),
    "rule": Text("按购买节奏的规则", "Rule by the rhythm of purchases"),
}
