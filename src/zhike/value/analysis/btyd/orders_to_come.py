"""What models of order times say of the orders to come: P(alive), times what they say of somebody alive."""

from numpy.typing import ArrayLike

from zhike.value.analysis.btyd.checks import Floats, History, checked_history, checked_number
from zhike.value.analysis.btyd.errors import PredictionError
from zhike.value.analysis.btyd.summary import unique_pairs


class OrdersToCome:
    """A model whose ``orders_if_alive`` depends on x and T alone."""

    __slots__ = ()

    def expected_orders(
        self, frequency: ArrayLike, tenure_at_last_order: ArrayLike, tenure: ArrayLike, *, horizon: float
    ) -> Floats:
        """Return E[Y(horizon) | x, t_x, T]: orders expected within ``horizon`` after T.

        Parameters
        ----------
        frequency, tenure_at_last_order, tenure : array_like
            Repeat orders x, time t_x from first to last order and time T from first order to now, in
            ``time_unit``; broadcast together.
        horizon : float
            In ``time_unit``.

        Returns
        -------
        ndarray
            Of the broadcast shape.

        Raises
        ------
        PredictionError
        """
        return self.discounted_expected_orders(
            frequency, tenure_at_last_order, tenure, horizon=horizon, discount_rate=0.0
        )

    def discounted_expected_orders(
        self,
        frequency: ArrayLike,
        tenure_at_last_order: ArrayLike,
        tenure: ArrayLike,
        *,
        horizon: float,
        discount_rate: float,
    ) -> Floats:
        """Return the orders expected within ``horizon``, each discounted to now: ∫_0^H e^{-δt} dE[Y(t)].

        Parameters
        ----------
        frequency, tenure_at_last_order, tenure, horizon
            As in ``expected_orders``.
        discount_rate : float
            Continuous rate δ per ``time_unit``: ln(1 + yearly rate) / 52.18 for weeks. 0 discounts nothing.

        Returns
        -------
        ndarray
            Of the broadcast shape, to a relative 1e-8.

        Raises
        ------
        PredictionError
        """
        history = checked_history(frequency, tenure_at_last_order, tenure, PredictionError)
        until = checked_number("horizon", horizon, PredictionError)
        rate = checked_number("discount_rate", discount_rate, PredictionError)
        # Only P(alive) depends on t_x, so the costly factor is needed once for each (x, T).
        orders, tenures, pair_at = unique_pairs(history.frequency.ravel(), history.tenure.ravel())
        if_alive = self.orders_if_alive(orders, tenures, horizon=until, discount_rate=rate)
        result: Floats = self._alive(history) * if_alive[pair_at].reshape(history.frequency.shape)
        return result

    def orders_if_alive(
        self, frequency: Floats, tenure: Floats, *, horizon: float, discount_rate: float
    ) -> Floats:
        """Return the second factor of ``discounted_expected_orders``, for somebody surely alive at T.

        Parameters
        ----------
        frequency, tenure : ndarray, shape (n,)
            Checked; time t_x does not matter any more.
        horizon, discount_rate : float
            As in ``discounted_expected_orders``.
        """
        raise NotImplementedError

    def _alive(self, history: History) -> Floats:
        raise NotImplementedError
