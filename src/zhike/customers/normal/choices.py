"""What people say about themselves in one of a few words: gender, education, occupation; and their interests."""

from __future__ import annotations

import re
from collections.abc import Mapping

from zhike.customers.normal.writing import folded, masked, single_spaced
from zhike.kernel.errors import ZhikeError
from zhike.kernel.words import Text

_UNSAID_ZH = "无 未知 不详 保密 未填 未填写 不愿透露 不便透露"
_UNSAID_EN = "unknown,n/a,na,null,none,nan,secret,undisclosed,prefer not to say,not stated"
UNSAID = frozenset(["", "-", "--", "/", *_UNSAID_ZH.split(), *_UNSAID_EN.split(",")])

GENDERS: dict[str, Text] = {
    "female": Text("女", "female"),
    "male": Text("男", "male"),
    "other": Text("其他", "other"),
}
EDUCATIONS: dict[str, Text] = {
    "primary": Text("小学及以下", "primary school or less"),
    "junior_high": Text("初中", "junior high school"),
    "senior_high": Text("高中、中专", "senior high or vocational school"),
    "college": Text("大专", "junior college"),
    "bachelor": Text("本科", "bachelor"),
    "master": Text("硕士", "master"),
    "doctor": Text("博士", "doctorate"),
}
OCCUPATIONS: dict[str, Text] = {
    "student": Text("学生", "student"),
    "office_worker": Text("公司职员", "office worker"),
    "manager": Text("管理人员", "manager"),
    "civil_servant": Text("公务员、事业单位", "civil servant"),
    "teacher": Text("教师", "teacher"),
    "medical": Text("医护人员", "medical worker"),
    "professional": Text("专业技术人员", "professional"),
    "business_owner": Text("企业主、个体户", "business owner"),
    "freelancer": Text("自由职业", "freelancer"),
    "service_worker": Text("服务业人员", "service worker"),
    "manual_worker": Text("工人", "manual worker"),
    "farmer": Text("农民", "farmer"),
    "soldier": Text("军人", "soldier"),
    "homemaker": Text("全职主妇、主夫", "homemaker"),
    "retired": Text("退休", "retired"),
    "unemployed": Text("待业", "unemployed"),
    "other": Text("其他", "other"),
}

# Besides the codes and labels themselves.
_GENDER_WORDS = {
    "female": "女性 女士 女生 女孩 小姐 太太 f woman girl ms mrs miss ♀",
    "male": "男性 先生 男生 男孩 m man boy mr ♂",
    "other": "其它 非二元 跨性别 x nonbinary non-binary diverse",
}
_EDUCATION_WORDS = {
    "primary": "小学 文盲 primary elementary",
    "junior_high": "初级中学 初中毕业 middle_school",
    "senior_high": "高中 中专 技校 职高 中职 高中/中专 高中及中专 中专/高中 高中/中专/技校 high_school vocational",
    "college": "专科 高职 大学专科 大专/高职 高职高专 associate diploma",
    "bachelor": "大学 大学本科 学士 本科生 本科毕业 undergraduate bachelor's university",
    "master": "硕士研究生 研究生 硕士生 master's graduate postgraduate mba",
    "doctor": "博士研究生 博士生 博士后 phd ph.d. doctoral",
}
_OCCUPATION_WORDS = {
    "student": "大学生 研究生 中学生 在校学生 pupil",
    "office_worker": "职员 白领 上班族 企业职员 员工 公司员工 文员 行政 销售 employee clerk staff",
    "manager": "高管 经理 企业管理人员 管理者 主管 总监 executive director",
    "civil_servant": "公务员 事业单位 机关干部 公务人员 事业单位人员 公务员/事业单位 government",
    "teacher": "老师 教师 教授 讲师 professor",
    "medical": "医生 护士 医护 医务人员 药师 doctor nurse physician",
    "professional": "工程师 律师 会计 会计师 程序员 设计师 建筑师 技术人员 科研人员 engineer lawyer accountant designer programmer",
    "business_owner": "企业主 个体户 个体工商户 个体 老板 私营业主 创业者 经商 entrepreneur self-employed owner",
    "freelancer": "自由职业者 自媒体 主播 freelance",
    "service_worker": "服务员 服务业 服务人员 店员 司机 快递员 外卖员 导购 waiter driver",
    "manual_worker": "蓝领 技工 产业工人 worker",
    "farmer": "农民 务农 农业",
    "soldier": "军人 现役军人 警察 军警 military police",
    "homemaker": "家庭主妇 全职妈妈 全职太太 全职主妇 主妇 宝妈 全职爸爸 housewife",
    "retired": "退休 退休人员 离退休 离退休人员 pensioner",
    "unemployed": "待业 无业 失业 求职中 无职业 jobless",
    "other": "其它 其他职业",
}
_SPLIT = re.compile(r"[、，,;；|/\n]+")
_LONGEST_INTEREST = 40
_LABEL_PARTS = re.compile("[、]")


def _words(labels: Mapping[str, Text], more: Mapping[str, str]) -> dict[str, str]:
    """Which code each word means; codes, labels and parts of labels count, too."""
    meant: dict[str, str] = {}
    for code, label in labels.items():
        said = [code, label.zh, label.en, *_LABEL_PARTS.split(label.zh), *more.get(code, "").split()]
        meant.update({word.lower().replace("_", " "): code for word in said})
    return meant


_GENDERS_SAID = _words(GENDERS, _GENDER_WORDS)
_EDUCATIONS_SAID = _words(EDUCATIONS, _EDUCATION_WORDS)
_OCCUPATIONS_SAID = _words(OCCUPATIONS, _OCCUPATION_WORDS)


def _plain(text: str) -> str:
    return single_spaced(folded(text[:200])).lower().replace("_", " ")


def _chosen(
    text: str, said: Mapping[str, str], labels: Mapping[str, Text], attribute: Text, code: str
) -> str | None:
    plain = _plain(text)
    if plain in UNSAID:
        return None
    if plain in said:
        return said[plain]
    raise ZhikeError(
        f"attribute.{code}",
        zh=f"{attribute.zh}“{masked(text)}”看不懂；请填 {'、'.join(label.zh for label in labels.values())}，没有就留空",
        en=f"the {attribute.en} “{masked(text)}” is not known; give one of "
        f"{', '.join(label.en for label in labels.values())}, or leave it empty",
    )


def gender(text: str) -> str | None:
    """One of `GENDERS`; None where nothing is said (empty, 未知, 保密).

    >>> gender("女士"), gender("M"), gender("Non-binary"), gender("保密")
    ('female', 'male', 'other', None)

    Raises
    ------
    ZhikeError
        ``attribute.gender_digit`` for 1 and 2, which systems use in both senses; ``attribute.gender`` for other words.
    """
    if re.fullmatch(r"[0-9](?:\.0)?", _plain(text)):
        raise ZhikeError(
            "attribute.gender_digit",
            zh="性别写成了数字，不同系统里 1 和 2 的含义不同；请先换成 男、女",
            en="the gender is a digit, and systems differ in what 1 and 2 mean; replace them by male and female first",
        )
    return _chosen(text, _GENDERS_SAID, GENDERS, Text("性别", "gender"), "gender")


def education(text: str) -> str | None:
    """One of `EDUCATIONS`, the highest degree; None where nothing is said.

    >>> education("大学本科"), education("高中"), education("PhD"), education("")
    ('bachelor', 'senior_high', 'doctor', None)

    Raises
    ------
    ZhikeError
        ``attribute.education`` for other words.
    """
    return _chosen(text, _EDUCATIONS_SAID, EDUCATIONS, Text("学历", "education"), "education")


def occupation(text: str) -> str | None:
    """One of `OCCUPATIONS`; None where nothing is said.

    >>> occupation("白领"), occupation("宝妈"), occupation("Teacher"), occupation("无")
    ('office_worker', 'homemaker', 'teacher', None)

    Raises
    ------
    ZhikeError
        ``attribute.occupation`` for other words.
    """
    return _chosen(text, _OCCUPATIONS_SAID, OCCUPATIONS, Text("职业", "occupation"), "occupation")


def interests(text: str) -> tuple[str, ...]:
    """The words of a list, each once, in their order; 40 characters of each.

    >>> interests("喝茶、旅行， 摄影;喝茶|Hiking / 读书")
    ('喝茶', '旅行', '摄影', 'Hiking', '读书')
    """
    words = (single_spaced(word)[:_LONGEST_INTEREST].strip() for word in _SPLIT.split(folded(text)))
    return tuple(dict.fromkeys(word for word in words if word.lower() not in UNSAID))
