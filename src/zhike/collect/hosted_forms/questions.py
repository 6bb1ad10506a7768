"""What a form asks: a closed set of kinds, kept as plain values in the form's row. Pure: no Django."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from zhike.customers import normal
from zhike.customers.normal.codes import CODE
from zhike.customers.records import CONSENT_CHANNELS, PURPOSES
from zhike.kernel.errors import UsageError
from zhike.kernel.words import Text

Kind = Literal["personal", "attribute", "choice", "multi", "rating", "nps", "text", "consent"]
KINDS: tuple[Kind, ...] = get_args(Kind)
KIND_TEXTS: Mapping[Kind, Text] = {
    "personal": Text("个人资料", "About the person"),
    "attribute": Text("自定义属性", "Your own attribute"),
    "choice": Text("单选题", "One of several"),
    "multi": Text("多选题", "Any of several"),
    "rating": Text("评分 1–5", "Stars, 1–5"),
    "nps": Text("推荐意愿 0–10（NPS）", "Would recommend, 0–10 (NPS)"),
    "text": Text("文字回答（加密保存）", "A text (kept sealed)"),
    "consent": Text("同意勾选框", "A box to agree"),
}
PERSONAL: Mapping[str, Text] = {
    "name": Text("姓名", "Name"),
    "phone": Text("手机", "Phone"),
    "email": Text("邮箱", "E-mail"),
    "birthday": Text("生日", "Birthday"),
    "city": Text("所在城市", "City"),
    "gender": Text("性别", "Gender"),
    "occupation": Text("职业", "Occupation"),
    "income": Text("月收入", "Monthly income"),
    "education": Text("学历", "Education"),
    "interests": Text("兴趣爱好", "Interests"),
}
CHOSEN: Mapping[str, Mapping[str, Text]] = {
    "gender": normal.GENDERS,
    "occupation": normal.OCCUPATIONS,
    "income": normal.INCOME_BANDS,
    "education": normal.EDUCATIONS,
}
"""What is said about the person by one of a few words."""
SURVEY_KINDS: tuple[Kind, ...] = ("choice", "multi", "rating", "nps", "text")
MOST_QUESTIONS = 40
_LONGEST_LABEL = 500
# No service needs that somebody agrees to these.
_NEVER_NEEDED = ("marketing", "profiling")
_MOST_OPTIONS = 30
_NO_WORDS = Text("", "")


@dataclass(frozen=True, slots=True)
class Option:
    code: str
    label: Text


@dataclass(frozen=True, slots=True)
class Question:
    """One line of a form.

    Parameters
    ----------
    code
        The field of the person, the code of the attribute, our own code of a question, or for a consent
        ``PURPOSE`` or ``PURPOSE.CHANNEL``.
    label
        What is asked; for a consent, and for a sensitive attribute, the words that are agreed to.
    """

    kind: Kind
    code: str
    label: Text = _NO_WORDS
    is_required: bool = False
    options: tuple[Option, ...] = ()

    @property
    def name(self) -> str:
        """Of its input."""
        return f"{self.kind}_{self.code.replace('.', '_')}"

    @property
    def asked(self) -> Text:
        """What an owner calls it."""
        if self.label.zh:
            return self.label
        return PERSONAL.get(self.code) or Text(self.code, self.code)

    @property
    def text_version(self) -> str:
        """Changes with the words that are agreed to."""
        words = f"{self.label.zh}\0{self.label.en}".encode()
        return "form-" + hashlib.sha256(words).hexdigest()[:16]

    @property
    def purpose(self) -> str:
        return self.code.partition(".")[0]

    @property
    def channel(self) -> str:
        return self.code.partition(".")[2]

    def as_plain(self) -> dict[str, Any]:
        return asdict(self)


def question_of(plain: Mapping[str, Any]) -> Question:
    """What `Question.as_plain` gave."""
    options = tuple(Option(each["code"], Text(**each["label"])) for each in plain["options"])
    return Question(plain["kind"], plain["code"], Text(**plain["label"]), plain["is_required"], options)


def checked_question(question: Question, *, attributes: Sequence[str], sensitive: Sequence[str]) -> Question:
    """The question, if a form can ask it.

    Parameters
    ----------
    attributes, sensitive
        Codes of all attributes in use, and of those that need a consent of their own.

    Raises
    ------
    UsageError
        ``form.code``, ``form.label``, ``form.options``, ``form.forced``.
    """
    _check_code(question, attributes)
    if question.kind == "consent" and question.is_required and question.purpose in _NEVER_NEEDED:
        raise UsageError(
            "form.forced",
            zh=f"“{question.asked.zh}”不能设为必填：不得因为不同意营销或画像而拒绝服务（《个人信息保护法》第十六条）；请去掉“必填”",
            en=f"“{question.asked.en}” cannot be required: nobody may be turned away for refusing marketing or profiling "
            "(PIPL article 16); take “required” away",
        )
    needs_label = question.kind not in ("personal", "attribute") or question.code in sensitive
    if (needs_label and not question.label.zh) or _longest(question.label) > _LONGEST_LABEL:
        raise UsageError(
            "form.label",
            zh=f"“{question.code}”要写中文题目（同意框与敏感属性写同意的内容），最多 {_LONGEST_LABEL} 字",
            en=f"“{question.code}” needs its words (of a box or a sensitive attribute: what is agreed to), "
            f"at most {_LONGEST_LABEL} characters",
        )
    codes = [option.code for option in question.options]
    is_closed = question.kind in ("choice", "multi")
    is_good = (
        2 <= len(codes) <= _MOST_OPTIONS and len(set(codes)) == len(codes) and all(map(CODE.match, codes))
    )
    if is_closed and not is_good:
        raise UsageError(
            "form.options",
            zh=f"“{question.asked.zh}”要有 2 至 {_MOST_OPTIONS} 个选项，每行写：中文 | 英文，各不相同",
            en=f"“{question.asked.en}” needs 2 to {_MOST_OPTIONS} options, one a line: Chinese | English, each another",
        )
    return question


def checked_questions(questions: Sequence[Question]) -> tuple[Question, ...]:
    """The questions, if they make a form together.

    Raises
    ------
    UsageError
        ``form.empty``, ``form.repeated``.
    """
    # Answers of all kinds of questions of one's own are counted by their code.
    names = [q.code if q.kind in SURVEY_KINDS else q.name for q in questions]
    if not 0 < len(names) <= MOST_QUESTIONS:
        raise UsageError(
            "form.empty",
            zh=f"表单要有 1 至 {MOST_QUESTIONS} 个问题",
            en=f"a form has 1 to {MOST_QUESTIONS} questions",
        )
    if repeated := next((q for q, name in zip(questions, names, strict=True) if names.count(name) > 1), None):
        raise UsageError(
            "form.repeated",
            zh=f"“{repeated.asked.zh}”（{repeated.code}）出现了两次，请只留一个",
            en=f"“{repeated.asked.en}” ({repeated.code}) stands there twice; keep one",
        )
    return tuple(questions)


def _check_code(question: Question, attributes: Sequence[str]) -> None:
    code = question.code
    match question.kind:
        case "personal":
            is_good, known = code in PERSONAL, ", ".join(PERSONAL)
        case "attribute":
            is_good, known = code in attributes, ", ".join(attributes) or "—"
        case "consent":
            is_good = question.purpose in PURPOSES and question.channel in CONSENT_CHANNELS
            known = f"{', '.join(PURPOSES)}; marketing.sms"
        case _:
            is_good, known = bool(CODE.match(code)), "q1, q2"
    if not is_good:
        raise UsageError(
            "form.code",
            zh=f"代码“{code}”不能用于“{KIND_TEXTS[question.kind].zh}”；可用：{known}",
            en=f"the code “{code}” is none for “{KIND_TEXTS[question.kind].en}”; such as: {known}",
        )


def _longest(label: Text) -> int:
    return max(len(label.zh), len(label.en))
