"""Text without a sign of its encoding: what is read without a word is right, of the rest it is said."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from zhike.collect.imports.encodings import TextFormat, text_format
from zhike.kernel.errors import ZhikeError

WORDS = {
    "gb18030": "张伟 王芳 陈静怡 黄晓明 吴彦 徐峥 孙俪 欧阳娜 护手霜 电饭煲 羊绒围巾 螺蛳粉 大闸蟹 猕猴桃 徐汇路店 静安寺 "
    "春熙路 解放碑 已发货 待付款 交易成功 部分退款 男 女 是 否 微信 支付宝",
    "cp950": "王建民 林志玲 陳美鳳 張惠妹 吳宗憲 黃子佼 謝金燕 許瑋甯 劉德華 臺北 高雄 忠孝東路 板橋 烏龍茶 鳳梨酥 太陽餅 "
    "牛肉麵 藍牙耳機 已出貨 待付款 已完成 男 女 信用卡 貨到付款 姓名 電話 訂單編號 一 人 大中小 王 否",
    "cp949": "김민수 이영희 박지훈 최수진 정은지 황정민 류현진 남궁민 허준 서울 강남점 해운대 커피 녹차라떼 감사합니다 "
    "배송완료 결제완료 환불 남 여 이름 주소 금액 또 오세요 떡볶이 뜨거운",
    "cp932": "田中 佐藤 鈴木一郎 山田太郎 さくら ラーメン コーヒー 抹茶ラテ 東京 大阪 注文番号 お客様 配送済み",
    "cp1252": "Müller Björn Zoë José García Peña Núñez François Søren Åse Größe café Conceição Anaïs Málaga Naïma Ødegård",
}


@pytest.fixture
def read(tmp_path: Path):  # type: ignore[no-untyped-def]
    def read_bytes(content: bytes) -> TextFormat:
        file = tmp_path / "a.csv"
        file.write_bytes(content)
        return text_format(file)

    return read_bytes


def some_words(chance: random.Random, encoding: str, lines: int, *, high_only: bool = False) -> str:
    """Lines of two words; of those whose bytes are all A1 and above if only these are wanted and there are any."""
    words = WORDS[encoding].split()
    high = [word for word in words if min(word.encode(encoding)) >= 0xA1]
    words = high if high_only and high else words
    return "".join(f"{chance.choice(words)},{chance.choice(words)}\n" for _ in range(lines))


@pytest.mark.parametrize("encoding", WORDS)
@pytest.mark.parametrize("high_only", [True, False])
def test_nothing_is_read_in_a_wrong_encoding_without_a_word(read, encoding, high_only):  # type: ignore[no-untyped-def]
    chance = random.Random(7)
    for lines in [1] * 60 + [2] * 20 + [8] * 20:
        text = some_words(chance, encoding, lines, high_only=high_only)
        found = read(f"name,city\n{text}".encode(encoding))
        if found.encoding != encoding:
            assert found.is_guessed, text
            # The right one is among those that are named: hardly a character tells more.
            assert encoding in found.others, text
        if lines == 8:
            assert (found.encoding, found.is_guessed) == (encoding, encoding != "gb18030"), text


def test_two_bytes_that_happen_to_be_utf_8_are_said_to_be_unsure(read):  # type: ignore[no-untyped-def]
    found = read("product_id,name\nP1,홈\n".encode("euc-kr"))
    assert found.is_guessed and {"gb18030", "cp949"} <= set(found.others)
    for text in ("王芳", "José", "Hélène", "caffè", "Müller", "김", "龍井", "さくら", "Привет", "€5"):
        assert read(f"name\n{text}\n".encode()) == TextFormat("utf-8", 2, has_nul=False), text


def test_a_short_text_that_reads_both_ways_names_both(read):  # type: ignore[no-untyped-def]
    found = read("name\n이, 김\n".encode("euc-kr"))
    assert found.is_guessed and {found.encoding, *found.others} >= {"gb18030", "cp949"}


def test_all_of_a_file_is_looked_at_not_its_beginning_alone(read):  # type: ignore[no-untyped-def]
    plain = b"A1,c1,2024-10-31,12,store\n" * 40_000
    chinese = some_words(random.Random(1), "cp950", 30).encode("cp950")
    assert read(plain + chinese).encoding == "cp950"
    simplified = some_words(random.Random(1), "gb18030", 30).encode("gb18030")
    assert not read(simplified * 1_000).is_guessed
    # Two files put together: neither reading is right throughout.
    both = read(simplified * 1_000 + chinese * 500)
    assert (both.encoding, both.is_guessed) == ("gb18030", True)


def test_a_byte_that_does_not_fit_is_named_wherever_it_is(read):  # type: ignore[no-untyped-def]
    text = some_words(random.Random(2), "cp950", 30).encode("cp950")
    content = text * 1_000 + b"x,\xff\xa1\n"
    with pytest.raises(ZhikeError) as caught:
        read(content)
    assert caught.value.code == "file.encoding"
    assert f"as BIG5 it breaks at byte offset {len(content) - 3}" in caught.value.text.en


def test_damaged_utf_8_is_not_taken_for_another_encoding(read):  # type: ignore[no-untyped-def]
    for encoding in ("cp949", "cp1252", "cp932"):
        text = some_words(random.Random(3), encoding, 20).encode()
        at = len(text) // 2
        with pytest.raises(ZhikeError) as caught:
            read(text[:at] + b"\xff" + text[at + 1 :])
        assert caught.value.code == "file.encoding"
