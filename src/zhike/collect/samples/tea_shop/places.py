"""Where people live: real provinces, cities and districts, streets that do not exist."""

from __future__ import annotations

from dataclasses import dataclass

from zhike.collect.samples.tea_shop.dice import Dice, Weighted

STORES = ("杭州湖滨店", "杭州西溪店", "上海静安店")
_NEAR = """浙江省 杭州市 西湖区,上城区,拱墅区,滨江区,余杭区,萧山区 9
上海市 上海市 静安区,徐汇区,长宁区,杨浦区,闵行区 5"""
_FAR = """北京市 北京市 朝阳区,海淀区,东城区,丰台区 6
上海市 上海市 浦东新区,徐汇区,长宁区,闵行区 6
广东省 广州市 天河区,越秀区,海珠区 5
广东省 深圳市 南山区,福田区,宝安区 5
江苏省 南京市 玄武区,鼓楼区,江宁区 4
江苏省 苏州市 姑苏区,吴中区 3
浙江省 杭州市 西湖区,滨江区,余杭区 5
浙江省 宁波市 海曙区,鄞州区 3
福建省 厦门市 思明区,湖里区 2
福建省 福州市 鼓楼区,台江区 2
四川省 成都市 武侯区,锦江区,青羊区 4
湖北省 武汉市 武昌区,江汉区 3
湖南省 长沙市 岳麓区,芙蓉区 2
陕西省 西安市 雁塔区,碑林区 2
山东省 济南市 历下区,市中区 2
山东省 青岛市 市南区,崂山区 2
河南省 郑州市 金水区,二七区 2
辽宁省 沈阳市 和平区,沈河区 1
重庆市 重庆市 渝中区,江北区 2
云南省 昆明市 五华区,盘龙区 1"""
# Made up.
_STREETS = (
    "听茗街",
    "云岫茶路",
    "采青巷",
    "半壶路",
    "焙火街",
    "松烟里",
    "新芽大道",
    "落盏巷",
    "藏雪街",
    "问泉茶道",
)
_ESTATES = ("听雨茶苑", "山月小筑", "青瓷里", "拾叶花苑", "竹影茶居", "晴岚公馆")


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody lives; `street` is all that stands below the district."""

    province: str
    city: str
    district: str
    street: str

    @property
    def brief_province(self) -> str:
        return self.province.removesuffix("省").removesuffix("市")

    @property
    def brief_city(self) -> str:
        return self.city.removesuffix("市")

    @property
    def brief_street(self) -> str:
        """As written in haste: no estate, 号 and 室 left out."""
        return self.street.split(" ")[0].replace("号", "-").replace("幢", "-").replace("室", "").rstrip("-")


def _towns(lines: str) -> Weighted[tuple[str, str, tuple[str, ...]]]:
    towns = {}
    for line in lines.splitlines():
        province, city, districts, weight = line.split(" ")
        towns[province, city, tuple(districts.split(","))] = float(weight)
    return Weighted(towns)


_NEAR_TOWNS, _FAR_TOWNS = _towns(_NEAR), _towns(_FAR)


def new_place(dice: Dice, *, is_near: bool) -> Place:
    province, city, districts = dice.weighted(_NEAR_TOWNS if is_near else _FAR_TOWNS)
    street = f"{dice.pick(_STREETS)}{dice.between(1, 388)}号{dice.between(1, 30)}幢{dice.between(1, 28)}0{dice.between(1, 6)}室"
    if dice.chance(0.5):
        street += f" {dice.pick(_ESTATES)}"
    return Place(province, city, dice.pick(districts), street)
