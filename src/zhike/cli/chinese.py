"""What `--help` says in Chinese: commands are written in English where they are made, and translated here as they are shown."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Mapping

import click

_NEEDED: Mapping[str, str] = {
    "customers": "customer_id，以及 phone、email、name、gender、birthday、city 等",
    "orders": "order_id、customer_id、ordered_at、amount",
    "order_lines": "order_id、product_id、amount；先导入订单",
    "products": "product_id",
    "events": "event_id、customer_id、occurred_at、name",
    "points": "customer_id、points",
    "answers": "customer_id、answered_at；题目用对应文件指定",
    "reviews": "customer_id、reviewed_at、product_id、stars",
    "social": "customer_id、occurred_at、platform、action",
    "referrals": "customer_id、referrer_id、referred_at",
}
_KINDS: Mapping[str, str] = {
    "customers": "客户",
    "orders": "订单",
    "order_lines": "订单明细",
    "products": "商品",
    "events": "行为事件",
    "points": "会员积分余额",
    "answers": "问卷答案",
    "reviews": "商品评价",
    "social": "社交互动",
    "referrals": "老带新",
}
# A line is a sentence, because nothing else breaks Chinese lines in a terminal; the first is what a group lists.
_COMMANDS: Mapping[str, str] = {
    "demo": "载入一家示例店，计算并启动网页。\n"
    "Complete Journey 有 2,469 位客户、155,848 笔订单，要装附加包 demo；\n"
    "茶店里同一个人在几个来源各有记录，什么也不用装。\n"
    "文件夹由 --dir 指定，否则是当前文件夹下的 zhike-demo 或 zhike-demo-tea-shop。\n"
    "再运行一次不会重复载入。",
    "init": "新建数据文件夹：设置、数据库、店主账号。",
    "up": "启动网页，同时做后台工作。",
    "serve": "只启动网页；后台工作等 zhike worker 来做。",
    "worker": "做后台工作：刷新、导入、查重等。",
    "import": "从文件导入数据，或撤销导入。",
    "import template": "写出一个模板文件：某类数据或某个系统导出的列，带两行示例。",
    "import rejects": "把第 RUN 号导入拒绝的记录连同原因写到文件，并留痕。",
    "import undo": "撤销第 RUN 号导入带来的内容。",
    "refresh": "根据事实重新计算一切，发布一个快照。\n业务日期早于当前快照时只得到历史快照，不会成为当前快照。",
    "value": "客户价值多少，以及有多大把握。",
    "value backtest": "回测：各模型和规则当时会怎么说，客户后来又怎么做。\n什么也不发布；每次刷新也会对最近几个完整的月份这样做。",
    "value weights": "查看或选择价值分的权重。\n选择从下次刷新起生效。\n"
    "成分：recency、frequency、monetary、clv、engagement、referral、feedback。",
    "value margins": "查看或修改毛利率：不知道成本时，消费中留下多少，从哪天起。\n没有提到的保持不变；修改从下次刷新起生效。",
    "tables": "列出数据表：粒度、主键、列和单位。",
    "export": "把当前快照的一张表 TABLE 写到文件。\nzhike tables 列出所有表。金额写成小数；\n"
    "客户表的最后一列是来源自己的客户编号。\n凡能认出是谁的内容都会留痕。",
    "customers": "查重；交出、抹除一位客户的资料，登记画像与拒收的意愿。",
    "customers scan": "在所有记录中查找是同一个人的。\n确定的直接合并，可能的在“客户 › 查重”中等待审核。",
    "customers export": "把一位客户的全部资料写到文件，包括姓名和联系方式。\n已合并的客户的旧编号会指向现在的客户。",
    "customers erase": "抹除一位客户：记录、联系方式、订单和事件。\n数据库、数据湖、上传的文件和拒绝的记录都在内。\n"
    "联系方式以带密钥的指纹留在拒收名单上。\n之后请刷新：以前的快照会丢弃。\n已合并的客户的旧编号会指向现在的客户。",
    "customers profiling": "登记一位客户拒绝画像（refuse）或恢复画像（allow），并留痕。\n"
    "从下次刷新起，拒绝的客户没有评分、分层、阶段、等级和推荐，\n模型也不从中学习；订单照常计入。\n"
    "已合并的客户的旧编号会指向现在的客户。",
    "customers suppress": "今后不再联系 CONTACT（手机或邮箱），无论归谁、之后导入什么。\n"
    "CONTACT 写成 - 时从标准输入读取，不会留在命令历史里。",
    "keys": "保管姓名与联系方式的密钥。",
    "keys rotate": "换新密钥并重新加密全部内容；中断后再运行即可继续。",
    "keys status": "说明密钥文件在哪里、正在用哪一把；从不显示密钥。",
    "users": "谁有账号，能做什么。",
    "users list": "列出账号。",
    "users add": "新建账号；密码只显示这一次。",
    "users set-role": "更改一个账号的角色。",
    "api-keys": "程序发送数据用的密钥。",
    "api-keys create": "新建密钥；只显示一次，单独写到标准输出。",
    "api-keys list": "列出密钥；每把只知道开头几位。",
    "api-keys change": "更改一把密钥的用途；程序不用换密钥。",
    "api-keys revoke": "停用一把密钥：今后用它的程序都进不来。",
    "doctor": "检查设置、数据库、数据湖、后台进程和磁盘。有事要做时退出码为 1。",
    "manage": "在这个数据文件夹上运行 Django 的管理命令。",
} | {
    f"import {kind}": f"从文件 FILE 导入{called}：CSV、Excel、Parquet、NDJSON，或其中一个的 ZIP。\n"
    f"需要的列：{_NEEDED[kind]}。\n同一个文件再导入一次不会有任何改变。\n"
    "不能接受的记录加密保存一段时间，\n可用 --rejects 或 zhike import rejects 写到文件；这时退出码为 3。"
    for kind, called in _KINDS.items()
}
_OPTIONS: Mapping[str, str] = {
    "an American grocer's year, or two years of a tea shop that does not exist, in three sources": "美国一家超市的一年，"
    "或虚构茶店三个来源的两年",
    "load and refresh only": "只载入并计算",
    "made up and printed once if not given": "不给就自动生成并显示一次",
    "name of the business": "店名",
    "e-mail of the owner's account; made if there is none yet": "店主账号的邮箱；还没有账号时新建",
    "made up and printed if not given": "不给就自动生成并显示",
    "start fresh processes, as macOS and Windows do": "各进程重新启动，如同 macOS 与 Windows",
    "do not print the address": "不显示网址",
    "TOML file: [columns] …, [values.…]": "对应文件（TOML）：[columns] …、[values.…]",
    "the export of a known system; --mapping goes before it": "已知系统的导出；--mapping 优先",
    "where the ids come from  [default: the preset's own, else as of the last file with this header, else orders]": "编号的来源"
    "  [默认：预设自带的，否则同样表头的上一个文件的来源，否则 orders]",
    "the sheet of a workbook": "工作簿里的哪一张表",
    "of a text file, such as big5": "文本文件的编码，例如 big5",
    "of a text file: comma, tab, semicolon or pipe": "文本文件的分隔符：comma、tab、semicolon 或 pipe",
    "the row with the column names, what is above it is not read; 0: there is none, "
    "the columns are called “column 1”, “column 2” …": "表头所在的行，之上的不读； 0 表示没有表头",
    "a repair by name; may be given several times": "修复的名称；可以给多次",
    "check every row and keep nothing": "检查每一行，什么也不保存",
    "write the records that are not taken to this CSV file, with reasons": "把拒绝的记录及原因写到这个 CSV 文件",
    "print the report as JSON": "以 JSON 输出报告",
    "the file to write: .csv or .xlsx": "要写的文件：.csv 或 .xlsx",
    "the CSV file to write": "要写的 CSV 文件",
    "print what was done as JSON": "以 JSON 输出所做的事",
    "business date; default today, or the day after old data end": "业务日期；默认今天，旧数据则是最后一天的次日",
    "duckdb, spark://HOST:PORT or spark://local; default is the setting [refresh] engine": "duckdb、 spark://HOST:PORT"
    " 或 spark://local； 默认按设置 [refresh] engine",
    "sum up everyone's orders again, not only those of customers who changed": "重新汇总所有人的订单，不只是有变化的客户",
    "print the run as JSON": "以 JSON 输出这次刷新",
    "days to hold out  [default: up to three closed months]": "留出的天数  [默认：至多三个完整的月]",
    "last day held out  [default: the business date]": "留出的最后一天  [默认：业务日期]",
    "print the figures as JSON; amounts in minor units": "以 JSON 输出数字；金额以分为单位",
    "weights by hand; others are 0": "自定权重；没有提到的为 0",
    "weights by pairwise comparison (AHP), 1 to 9 or 1/9; pairs that are not named count equally": "两两比较（AHP）， 1 至 9"
    " 或 1/9； 没有提到的一对视为同等",
    "weights learned from what told next year's spend": "从“什么预示了次年消费”学到的权重",
    "print the figures as JSON": "以 JSON 输出数字",
    "margin of the shop; “none” takes it away": "全店毛利率；none 表示取消",
    "margin of a category": "一个类目的毛利率",
    "take the margin of one away": "取消一个类目的毛利率",
    "list categories without a margin too": "没有毛利率的类目也列出",
    "print as JSON, every category; margins as shares": "以 JSON 输出所有类目；毛利率写成小数",
    "print as JSON": "以 JSON 输出",
    "print it as JSON": "以 JSON 输出",
    "where to; the ending .xlsx, .csv or .parquet names the format": "写到哪里；格式由扩展名 .xlsx、.csv 或 .parquet 决定",
    "leave out the column with the sources' own customer ids": "不要来源自己的客户编号那一列",
    "add names, phones and e-mails in full; goes on record": "加上完整的姓名、手机和邮箱；会留痕",
    "a JSON file that only you can read": "只有你能读的 JSON 文件",
    "why; kept in the audit trail": "原因；记入操作记录",
    "do not ask; there is no way back": "不再询问；不可恢复",
    "take it off the list again, where it was put by mistake": "误列入时移出名单",
    "what colleagues call this person": "同事怎么称呼",
    "what it may send; all if not given": "可以发送什么；不给就是全部",
    "what it may send from now on": "今后可以发送什么",
}


def in_chinese(name: str, command: click.Command) -> click.Command:
    """A copy of a command of this full name, without `zhike`, whose help is Chinese, as far as it is translated."""
    said = copy.copy(command)
    if (text := _COMMANDS.get(name)) is not None:
        # After a \b the lines stay as they are.
        said.help, said.short_help = f"\b\n{text}", text.partition("\n")[0]
    said.params = [_with_help(parameter) for parameter in command.params]
    if isinstance(said, click.Group):
        said.commands = {part: in_chinese(f"{name} {part}", each) for part, each in said.commands.items()}
    return said


def _with_help(parameter: click.Parameter) -> click.Parameter:
    said = copy.copy(parameter)
    if isinstance(said, click.Option) and said.help:
        said.help = _OPTIONS.get(inspect.cleandoc(said.help), said.help)
    return said
