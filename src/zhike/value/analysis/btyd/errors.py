"""What the package refuses, said in English and in Chinese."""


class BtydError(Exception):
    """A request this package refuses.

    Attributes
    ----------
    code : str
        Stable name of the reason, for callers that act on it.
    en, zh : str
        What is wrong, where, and the way out. ``str(error)`` gives ``"en / zh"``.
    """

    def __init__(self, code: str, en: str, zh: str) -> None:
        super().__init__(code, en, zh)
        self.code = code
        self.en = en
        self.zh = zh

    def __str__(self) -> str:
        return f"{self.en} / {self.zh}"


class FitError(BtydError):
    """A model cannot be fitted to the data given."""


class PredictionError(BtydError):
    """A fitted model cannot answer for the input given."""
