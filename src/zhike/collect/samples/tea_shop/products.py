"""What the shop sells: teas by kind, wares, gift boxes and something to eat with it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from zhike.collect.samples.tea_shop.dice import Dice, Weighted

CATEGORIES = ("绿茶", "红茶", "乌龙", "普洱", "白茶", "花茶", "茶具", "礼盒", "零食")
BANDS = 3

# Category, department, share of the price that the shop pays, then names with the price of the smallest pack.
_ASSORTMENT = """
绿茶|茶叶部|0.46|龙井 雨前:78 龙井 明前:168 碧螺春:98 毛峰:68 安吉白叶:118 六安瓜片:88 毛尖:75 太平猴魁:138
红茶|茶叶部|0.42|正山小种:68 金骏眉:158 祁门红茶:78 滇红金芽:65 九曲红梅:88 英德红茶:55 宜红:48
乌龙|茶叶部|0.44|铁观音 清香:72 铁观音 炭焙:86 大红袍:128 凤凰单丛 蜜兰香:118 凤凰单丛 鸭屎香:108 冻顶乌龙:95 肉桂:148 水仙:82
普洱|茶叶部|0.40|熟普 宫廷:75 熟普 小方砖:58 生普 老树:138 生普 春茶饼:168 陈皮普洱:66 小青柑:52 熟普 七年陈:188
白茶|茶叶部|0.41|白毫银针:168 白牡丹:98 寿眉:56 老白茶饼:128 老白茶 小方片:72
花茶|茶叶部|0.38|茉莉毛尖:58 茉莉龙珠:78 桂花乌龙:62 玫瑰红茶:55 菊花 胎菊:36 金银花:42
茶具|茶具部|0.52|盖碗:68 公道杯:45 品茗杯 一对:58 紫砂壶:398 玻璃壶:89 竹茶盘:168 茶则茶针套装:48 旅行茶具:138
礼盒|礼品部|0.50|听雨礼盒:298 山月礼盒:398 四时礼盒:198 团圆礼盒:268 端阳礼盒:168 新春礼盒:328
零食|食品部|0.55|绿豆糕:28 茶酥:32 核桃糕:36 桂花糕:26 抹茶饼干:25
"""
_PACKS = {"茶叶部": (("50g", 1.0), ("125g", 2.3)), "茶具部": (("素色", 1.0), ("手绘", 1.7))}
_SIZES = {"礼品部": (("经典", 1.0), ("尊享", 2.1)), "食品部": (("小盒", 1.0), ("家庭装", 1.9))}
_BRANDS = {"茶叶部": ("山月", "山月", "云栖谷"), "茶具部": ("听雨轩", "一叶舟")}


@dataclass(frozen=True, slots=True)
class Product:
    """`price` and `cost` in minor units; `band` 0 to `BANDS - 1`, dearer within its category."""

    product_id: str
    name: str
    category: str
    department: str
    brand: str
    price: int
    cost: int
    band: int


@cache
def assortment() -> tuple[Product, ...]:
    """All products; the same in every shop."""
    return tuple(
        product
        for place, line in enumerate(_ASSORTMENT.strip().splitlines())
        for product in _kind(place, line)
    )


def _kind(place: int, line: str) -> list[Product]:
    category, department, cost_share, names = line.split("|")
    drafts = [
        (f"{name} {pack}", round(float(price) * factor))
        for name, price in _priced(names)
        for pack, factor in (_PACKS | _SIZES)[department]
    ]
    ranks = {draft: rank for rank, draft in enumerate(sorted(drafts, key=lambda draft: (draft[1], draft[0])))}
    brands = _BRANDS.get(department, ("山月",))
    return [
        Product(
            f"T{place + 1}{number + 1:03d}",
            name,
            category,
            department,
            brands[number % len(brands)],
            yuan * 100,
            round(yuan * 100 * float(cost_share)),
            ranks[name, yuan] * BANDS // len(drafts),
        )
        for number, (name, yuan) in enumerate(drafts)
    ]


def _priced(names: str) -> list[tuple[str, str]]:
    """Names may hold spaces: each ends at its price."""
    priced, words = [], []
    for word in names.split():
        words.append(word)
        if ":" in word:
            name, price = " ".join(words).split(":")
            priced.append((name, price))
            words = []
    return priced


@cache
def _shelf(category: str, band: int) -> Weighted[Product]:
    """The products of a category, those near a price band first; the first of a band sell best."""
    products = [product for product in assortment() if product.category == category]
    return Weighted(
        {
            product: (1.0, 0.25, 0.05)[abs(product.band - band)] / (1 + number % 5)
            for number, product in enumerate(products)
        }
    )


def new_choice(dice: Dice, category: str, band: int) -> Product:
    return dice.weighted(_shelf(category, band))
