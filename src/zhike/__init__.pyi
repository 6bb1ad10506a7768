from zhike.analyst.bilingual import speak as speak
from zhike.analyst.clv import ClvResult as ClvResult
from zhike.analyst.clv import clv as clv
from zhike.analyst.histories import Histories as Histories
from zhike.analyst.histories import histories as histories
from zhike.analyst.rfm import RfmResult as RfmResult
from zhike.analyst.rfm import rfm as rfm
from zhike.analyst.shops import Shop as Shop
from zhike.analyst.shops import open_shop
from zhike.analyst.tables import ShopTable as ShopTable
from zhike.kernel.errors import ZhikeError as ZhikeError
from zhike.value.analysis import btyd

open = open_shop
models = btyd

__version__: str
__all__: list[str]
