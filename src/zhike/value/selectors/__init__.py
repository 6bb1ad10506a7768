"""What the pages of this domain show."""

from zhike.value.selectors.clv import CLV_TITLE, ClvPage, clv_page
from zhike.value.selectors.rfm import RFM_TITLE, RfmPage, rfm_page

__all__ = ["CLV_TITLE", "RFM_TITLE", "ClvPage", "RfmPage", "clv_page", "rfm_page"]
