"""A workbook of the kind that Excel wrote until 2003, which many tills and shops still export."""

from __future__ import annotations

import base64
import csv
import io
import zlib
from datetime import date

import pytest

from tests.collect.conftest import Shop
from tests.collect.taken_rejects import rejects_text
from zhike.kernel.errors import ZhikeError

# BIFF8 as xlwt 1.3.0 wrote it: a title, a header in row 2, three orders (a number as an id, days as days, an amount that
# is a word), and a hidden sheet with a header of its own.
WORKBOOK = zlib.decompress(
    base64.b85decode(
        "c-rk4TS!z<aL&DV-CbY1nhF|-2w9net7ZM@s!@I=+9o{|&Bqd<uD12F{b<<+5rL6nMg@v}WMK8vg9_?TNU+C85d@l0LSKPB2z8s8"
        "`$)~e1rw4x%b7bfXJ*cvGjq<ldtZ#jjrZS8nSe!52r|rt><}?eCa~Fc#tGOT3K6M4ZP-F4{8wPNVIm_e@F-@~N;#x_Pk;n>lxK(m"
        "K47bcHYjWLdDB)AN;rl(K`|5v1#3@&tJq>8nd6FQ+`xDp<J+wJm~jzHE-)@Y-EnaU#@uC@JG44JAf<C(EMfuo+2$QfT#yJORLAXI"
        "Le;fEvHxgY^MBTnszk#eU`k89KChp62i$;2fB-^vOG|cR<2WQ>x(DHFC=Fm*-`7vmO!?}{1)%)LLb>%XavLUbvHX&x0CYg;u%KcN"
        "LNs(M)FX+3^Oc?;7WqCaRfa4+dE30ch8gI?Eddb6N47Xto!{xG{@GpZu^k};8QAW-2RGe7)%N<Nb|$0BDm~x4(>+LDuX<bd^5V72"
        "INVfEZw+pn1{Yd&)s{9hSDZ_tTr9TSoZPM1E?0Jr3nkm~QR!gsxhhpDkCgH-(v~`30DA&wCq2D2k#xuKndDq>CdKehjYixE4yNOH"
        "zdCUWGdI7y+EZWdu4PFF-$UwcwSkrfLU4*K&^VTREC$YGi!F>#v)A=Zr!Y=H9eie#Cu+p*PS!cYy%{)89>Z(*#(DH6q=TO;9;5~*"
        "-J6jfE}b};F#N{d59xS&HljWKIw4DBi7R~s58e7xXy@8{#>s!2aW=`R%`K!|$qtyMU9F{4)et<pg&Kl22&<gFekvy+CmWoMoMLba"
        "au&_Aw8*n8#j*^??wC4W(N$VPHfnY#YfpGS5@P=djqx1MDj8HA@@v)n%1cBnvtOGQhs-|h21ni^4UQs?GC1-at$9|K@T{=s7)@Vc"
        "&r}&S8-=62H8eCdy7Oa^+E3mchBkSpEEG!daE~UBx6N-@jrtV^UR(7m^i_qWR@DR(OfbO&6HHhspgWgtW_sIFw6|h<U$JW6b!M^6"
        "nV(74EbN6={GGtRl)J!(Pd^00s-GmV2;G-hrj7o+kYGQK?uRC*=Qx_eu3voL6!Yh^Y(wYDZJ}_-p9?3>e?0y#C>=iL"
    )
)


def test_orders_of_an_old_workbook_are_brought_in(shop: Shop) -> None:
    file = shop.file(WORKBOOK, "十月.xls")
    for told in ({}, {"header_row": 2, "sheet": "订单"}):
        report = shop.bring_kind("orders", file, **told)
        assert (report.records, report.rejected, report.skipped) == (3, 1, 0)
        assert report.read_as == "Excel 订单" + (" header in row 2" if told else "")
        (header, row) = csv.reader(io.StringIO(rejects_text(report)))
        said = dict(zip(header, row, strict=True))
        assert (said["row_number"], said["订单号"], said["column"]) == ("5", "A3", "实付金额")
    orders = shop.orders()
    assert {key: (each["amount"], each["store"], each["ordered_on"]) for key, each in orders.items()} == {
        "202411010001": (12850, "徐汇店", date(2024, 10, 31)),
        "A2": (5600, "静安店", date(2024, 11, 1)),
    }


def test_an_old_workbook_that_was_cut_off_is_refused(shop: Shop) -> None:
    with pytest.raises(ZhikeError) as caught:
        shop.bring(shop.file(WORKBOOK[:1500], "十月.xls"))
    assert caught.value.code == "file.damaged"
