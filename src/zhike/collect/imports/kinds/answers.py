"""Answers to surveys, one question a record or one column a question; codes go to the lake, free text never.

In a file with a column for each question, `[questions]` of the mapping names those that count and
`[values.QUESTION]` gives the code of each option; a question that is not named stays out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from zhike.collect.imports import cells
from zhike.collect.imports.kinds.faults import Faults, RowFault
from zhike.collect.imports.kinds.happenings import (
    CUSTOMER_ID,
    EVENT_CONFLICT,
    STAGED_EVENTS,
    EventRow,
    code_text,
    event_id_of,
    event_row,
    optional_code,
    optional_id,
)
from zhike.collect.imports.kinds.kind import (
    CellReader,
    Field,
    FieldReaders,
    ImportRules,
    Kind,
    moment_reader,
    unless_nothing,
)
from zhike.collect.imports.mapping import ColumnMapping, Layout
from zhike.collect.imports.records import folded, trimmed
from zhike.collect.schema import EVENTS
from zhike.customers.normal import names_a_person
from zhike.kernel.errors import ZhikeError
from zhike.kernel.words import Text

_BETWEEN_OPTIONS = re.compile(r"[┋|;；]")
# `a`, `b2`, `opt_3`: a word without a digit could be anything that somebody wrote.
_OPTION_CODE = re.compile(r"[A-Za-z]{1,2}\Z|(?=[A-Za-z_.-]*\d)[A-Za-z0-9_.-]{1,24}\Z", re.ASCII)
# A record of titles has no response, no customer and no time.
_BELOW_HEADER, _WHOSE = 2, ("response_id", "customer_id", "answered_at")
_SCORE = re.compile(r"-?\d{1,3}\Z", re.ASCII)
ANSWER_FIELDS = (
    Field(
        "response_id",
        Text("答卷编号", "response id"),
        "id",
        aliases=("答卷编号", "答卷序号", "respondent id", "response id", "collector response id"),
        samples=("S1", "S2"),
    ),
    CUSTOMER_ID,
    Field(
        "answered_at",
        Text("答题时间", "time of the answers"),
        "date",
        True,
        (
            "答题时间",
            "提交时间",
            "提交答卷时间",
            "填写时间",
            "date modified",
            "end date",
            "submitted at",
            "timestamp",
        ),
        samples=("2026-11-20 10:30", "2026-11-21 09:00"),
        loose_aliases=("日期", "时间", "date"),
    ),
    Field(
        "survey", Text("问卷代码", "code of the survey"), aliases=("问卷", "问卷编号"), samples=("nps", "nps")
    ),
    Field(
        "question", Text("题目代码", "code of the question"), aliases=("题目", "题号"), samples=("q1", "q2")
    ),
    Field(
        "option",
        Text("选项代码或分数", "code of the option, or a score"),
        aliases=("选项", "答案", "分数", "answer"),
        is_coded=True,
        samples=("9", "a|c"),
    ),
)


class AnswerReader:
    """Turns the cells of a record into an event `survey_answered`."""

    def __init__(self, layout: Layout, mapping: ColumnMapping, rules: ImportRules) -> None:
        option = unless_nothing(_OptionReader(mapping.values.get("option", {})))
        readers: dict[str, CellReader] = {
            "response_id": optional_id,
            "customer_id": cells.id_text,
            "answered_at": moment_reader(rules),
            "survey": optional_code,
            "question": optional_code,
            "option": option,
        }
        self._rules, self._places = rules, layout.positions
        self._fields = FieldReaders(ANSWER_FIELDS, layout, readers, rules)
        self._questions = [
            (code_text(code), place, unless_nothing(_OptionReader(mapping.values.get(code, {}))))
            for code, place in layout.questions.items()
        ]

    def read(self, number: int, values: Sequence[object]) -> EventRow | None:
        """The answers in a record; None for a second row of titles, as SurveyMonkey has one.

        Raises
        ------
        RowFault
            With the fields that cannot be taken.
        """
        if number == _BELOW_HEADER and self._says_of_nobody(values):
            return None
        try:
            known = self._fields.known(values)
            answers = {} if known["question"] is None else {known["question"]: known["option"]}
            for code, place, read in self._questions:
                answers[code] = read(values[place])
        except (RowFault, ZhikeError):
            raise self._faults(values).fault() from None
        given = {code: answer for code, answer in answers.items() if answer is not None}
        if not given:
            raise RowFault("question", _nothing_answered())
        return self._row(number, known, given)

    def _faults(self, values: Sequence[object]) -> Faults:
        found = self._fields.faults(values)
        for code, place, read in self._questions:
            try:
                read(values[place])
            except ZhikeError as error:
                found.note(code, error)
        return found

    def _says_of_nobody(self, values: Sequence[object]) -> bool:
        places = self._places
        return all(cells.is_nothing(values[places[name]]) for name in _WHOSE if name in places)

    def _row(self, number: int, known: Mapping[str, object], given: Mapping[str, object]) -> EventRow:
        answered = known["answered_at"]
        assert isinstance(answered, tuple)
        response, question = known["response_id"], known["question"]
        # A response may come as several records, one a question.
        own = None if response is None else f"{response}/{question}" if question else str(response)
        identity = [known["survey"], question, known["customer_id"], answered[0]]
        return event_row(
            number,
            customer_id=str(known["customer_id"]),
            event_id=event_id_of(own, self._rules, "answer", identity),
            occurred=answered,
            name="survey_answered",
            properties={"survey": known["survey"], "answers": given},
        )


class _OptionReader:
    """Reads the answer to a closed question: a score, a code, or several codes."""

    def __init__(self, words: Mapping[str, str]) -> None:
        self._words = words

    def __call__(self, value: object) -> int | str | list[str]:
        text = cells.id_text(value) if not isinstance(value, str) else trimmed(value)
        if folded(text) in self._words:
            return self._words[folded(text)]
        if _SCORE.match(text):
            return int(text)
        parts = [trimmed(part) for part in _BETWEEN_OPTIONS.split(text) if trimmed(part)]
        codes = sorted({self._words.get(folded(part)) or self._code(part) for part in parts})
        return codes[0] if len(codes) == 1 else codes

    def _code(self, text: str) -> str:
        if _OPTION_CODE.match(text) and not names_a_person(text):
            return text
        raise ZhikeError(
            "answer.free_text",
            zh="答案是一段文字，不是选项代码；文字不进数据湖。请在映射文件的 [values.题目] 下给每个选项写代码，或不导入这一题",
            en="the answer is a text, no code of an option, and texts stay out of the lake. Give every option a "
            "code below [values.QUESTION] in the mapping file, or leave the question out",
        )


def _nothing_answered() -> ZhikeError:
    return ZhikeError(
        "answer.missing",
        zh="这条记录没有任何要导入的答案",
        en="the record has no answer that is to be imported",
    )


ANSWERS_KIND = Kind(
    "answers",
    Text("问卷答案", "survey answers"),
    ANSWER_FIELDS,
    AnswerReader,
    STAGED_EVENTS,
    ("event_id",),
    "answered_at",
    EVENT_CONFLICT,
    table=EVENTS,
    has_questions=True,
    left_out={
        ("来源详情",): Text(
            "来源详情说的是答卷从哪里来，不是谁答的：匿名答卷都一样，会并成一个客户。只有问卷链接带了客户编号时，才选它作客户编号",
            "this says where an answer came from, not whose it is: all anonymous ones have the same and would become one "
            "customer. Choose it as the customer id only if the links of the survey carried the ids",
        )
    },
)
