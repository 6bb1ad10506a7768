"""What each group is like and what to do about it, in the words of a shop."""

from __future__ import annotations

from dataclasses import dataclass

from zhike.kernel.words import Text


@dataclass(frozen=True, slots=True)
class GroupWords:
    """`trait`: what its members have in common; `advice`: what to do next."""

    trait: Text
    advice: Text


SEGMENT_WORDS: dict[str, GroupWords] = {
    "champions": GroupWords(
        Text("刚买过，买得最勤", "Bought just now, buy most often"),
        Text("新品先看、会员日优先，不必打折", "First look at new goods; no discount needed"),
    ),
    "loyal": GroupWords(
        Text("常来的老客", "Regulars who keep coming"),
        Text("推荐更好的款，请他们带朋友来", "Offer better ranges; ask them to bring friends"),
    ),
    "potential_loyalist": GroupWords(
        Text("最近买过，次数中等", "Bought lately, now and then"),
        Text("引导办会员，推荐搭配商品", "Invite to membership; suggest what goes together"),
    ),
    "new": GroupWords(
        Text("刚买过，次数最少一档", "Bought just now, fewest orders"),
        Text("七天内回访，送第二单优惠", "Follow up within a week with a second-order offer"),
    ),
    "promising": GroupWords(
        Text("前不久买过，次数最少一档", "Bought not long ago, fewest orders"),
        Text("推新品或小额券，促成再买", "Show new goods or a small coupon"),
    ),
    "need_attention": GroupWords(
        Text("间隔变长，次数中等", "Gaps grow, now and then"),
        Text("限时活动，推荐买过的品类", "A limited offer on what they bought before"),
    ),
    "about_to_sleep": GroupWords(
        Text("间隔变长，次数偏少", "Gaps grow, few orders"),
        Text("发提醒，推荐热卖款", "A reminder with best sellers"),
    ),
    "at_risk": GroupWords(
        Text("以前常买，已有一阵没来", "Used to buy often, quiet for a while"),
        Text("发专属券，并逐个回访", "A personal coupon and a call"),
    ),
    "cannot_lose": GroupWords(
        Text("以前买得最勤，已有一阵没来", "Used to buy most often, quiet for a while"),
        Text("店主亲自联系，问清原因", "The owner calls and asks why"),
    ),
    "hibernating": GroupWords(
        Text("很久没来，次数少", "Quiet for long, few orders"),
        Text("低成本群发，大促时唤醒", "Cheap broadcasts; wake them in big sales"),
    ),
    "lost": GroupWords(
        Text("最久没来，次数少", "Quiet for longest, few orders"),
        Text("少花钱，只在大促时触达", "Spend little; only in big sales"),
    ),
}

CLASS_WORDS: dict[str, GroupWords] = {
    "important_value": GroupWords(
        Text("近、勤、多", "Recent, frequent, high spend"),
        Text("重点维护，给专属待遇", "Look after them first"),
    ),
    "important_develop": GroupWords(
        Text("近、不勤、多", "Recent, seldom, high spend"), Text("提高购买次数", "Bring them in more often")
    ),
    "important_keep": GroupWords(
        Text("久、勤、多", "Quiet, frequent, high spend"),
        Text("主动联系，请他们回来", "Contact them, invite them back"),
    ),
    "important_retain": GroupWords(
        Text("久、不勤、多", "Quiet, seldom, high spend"),
        Text("重点挽留，问清原因", "Win them back, ask why"),
    ),
    "general_value": GroupWords(
        Text("近、勤、少", "Recent, frequent, low spend"),
        Text("搭配推荐，提高客单价", "Suggest more for each order"),
    ),
    "general_develop": GroupWords(
        Text("近、不勤、少", "Recent, seldom, low spend"), Text("培养习惯，促成再买", "Build a habit")
    ),
    "general_keep": GroupWords(
        Text("久、勤、少", "Quiet, frequent, low spend"), Text("活动提醒，适度唤醒", "Remind them of offers")
    ),
    "general_retain": GroupWords(
        Text("久、不勤、少", "Quiet, seldom, low spend"),
        Text("低成本触达即可", "Reach them at low cost only"),
    ),
}
