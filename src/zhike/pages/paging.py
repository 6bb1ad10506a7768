"""Long lists in pages: `?page=2`."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest

from zhike.pages.links import same_page

DEFAULT_SIZE = 50
SIZES = (25, 50, 100, 200)


@dataclass(frozen=True, slots=True)
class Paging:
    """Which part of a list this page shows.

    Parameters
    ----------
    number
        The page, from 1.
    size
        Rows a page.
    total
        Rows of the whole list.
    previous_href, next_href
        Empty at the ends.
    """

    number: int
    size: int
    total: int
    previous_href: str
    next_href: str

    @property
    def offset(self) -> int:
        return (self.number - 1) * self.size

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // self.size))

    @property
    def first(self) -> int:
        """The first row shown, from 1; 0 in an empty list."""
        return min(self.offset + 1, self.total)

    @property
    def last(self) -> int:
        return min(self.offset + self.size, self.total)


def paging(request: HttpRequest, *, total: int, size: int = DEFAULT_SIZE) -> Paging:
    """Read `?page=` and `?size=`; a number past the end means the last page."""
    size = _whole(request.GET.get("size")) or size
    size = size if size in SIZES else DEFAULT_SIZE
    pages = max(1, -(-total // size))
    number = min(max(1, _whole(request.GET.get("page")) or 1), pages)
    return Paging(
        number=number,
        size=size,
        total=total,
        previous_href=same_page(request, page=number - 1 if number > 2 else None) if number > 1 else "",
        next_href=same_page(request, page=number + 1) if number < pages else "",
    )


def _whole(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else None
