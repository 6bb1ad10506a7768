"""Titles of columns, compared: simplified and traditional characters are the same title."""

from __future__ import annotations

from zhike.collect.imports.records import folded

# Of the characters that titles of ours have: simplified, traditional, and so on.
_PAIRS = (
    "业業为為为爲买買价價优優会會余餘兴興内內创創别別动動区區单單历歷县縣发發台臺号號员員国國学學实實属屬币幣"
    "当當态態户戶数數时時昵暱机機权權条條来來标標注註爱愛状狀电電码碼种種积積称稱笔筆签簽签籤类類系係系繫级級细細"
    "绍紹统統编編职職联聯荐薦营營计計订訂记記论論证證评評话話详詳请請货貨购購进進选選邮郵采採铺舖铺鋪销銷门門"
    "问問间間际際项項题題额額验驗后後乡鄉镇鎮络絡讯訊产產总總"
)
_SIMPLIFIED = str.maketrans(dict(zip(_PAIRS[1::2], _PAIRS[::2], strict=True)))


def header_form(title: str) -> str:
    """The form in which a title is looked up among the names that we know."""
    return folded(title).translate(_SIMPLIFIED)
