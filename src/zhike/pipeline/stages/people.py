"""Who there is, and what everyone bought."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from zhike.pipeline.incremental import Who, past_is_unchanged, sums
from zhike.pipeline.stages.stage import Refresh
from zhike.value.analysis import rfm
from zhike.value.analysis.features import described, feature_windows
from zhike.value.analysis.purchases import Window


def profiles(refresh: Refresh) -> int:
    return refresh.draft.copy_fact(
        "profiles", refresh.profile_map_mark, refresh.read_profile_map, is_full=refresh.is_full
    )


def features(refresh: Refresh) -> int:
    draft, as_of = refresh.draft, refresh.as_of
    refresh.who = Who(draft)
    # Little queries, of which most of the time is to write them down, while another one reads.
    with ThreadPoolExecutor(max_workers=1) as beside:
        unchanged = beside.submit(_past_is_unchanged, refresh)
        bought = sums(draft, refresh.who, as_of=as_of, windows=_windows(refresh), is_full=refresh.is_full)
    refresh.features = described(bought.customers, as_of=as_of)
    refresh.past_is_unchanged = unchanged.result()
    refresh.days, refresh.cohorts = bought.days, bought.cohorts
    refresh.recomputed = bought.recomputed
    if refresh.value_settings.rfm_look_back_days and bought.people is not None:
        refresh.rfm_inputs = rfm.rfm_inputs_of_look_back(refresh.features, bought.people, refresh.people)
    return bought.row_count


def _past_is_unchanged(refresh: Refresh) -> bool:
    month = refresh.as_of.replace(day=1)
    return not refresh.is_full and past_is_unchanged(refresh.draft, month, as_of=refresh.as_of)


def _windows(refresh: Refresh) -> dict[str, Window]:
    """Every range of days that some later stage counts in, so that the orders are read once."""
    return feature_windows(refresh.as_of) | rfm.rfm_windows(refresh.as_of, refresh.value_settings)
