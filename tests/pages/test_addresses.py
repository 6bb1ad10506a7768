from django.test import RequestFactory

from zhike.pages.links import same_page, with_query
from zhike.pages.paging import paging
from zhike.pages.periods import period_picker

REQUESTS = RequestFactory()


def test_a_link_keeps_the_rest_of_the_address() -> None:
    request = REQUESTS.get("/customers/?segment=best&page=3")
    assert same_page(request, sort="spent", page=None) == "/customers/?segment=best&sort=spent"
    assert with_query("/customers/", segment="a b", page=None, sort="") == "/customers/?segment=a+b"


def test_the_period_is_read_from_the_address() -> None:
    picker = period_picker(REQUESTS.get("/?period=90&page=2"))
    assert picker.days == 90
    assert picker.choices[0].href == "/?period=7"
    assert [choice.days for choice in picker.choices if choice.is_chosen] == [90]


def test_a_period_that_is_not_offered_means_thirty_days() -> None:
    assert period_picker(REQUESTS.get("/?period=31")).days == 30
    assert period_picker(REQUESTS.get("/?period=x")).days == 30


def test_pages_end_where_the_list_ends() -> None:
    last = paging(REQUESTS.get("/?page=99&size=25"), total=60)
    assert (last.number, last.pages, last.offset, last.first, last.last) == (3, 3, 50, 51, 60)
    assert last.next_href == ""
    assert last.previous_href == "/?page=2&size=25" or last.previous_href == "/?size=25&page=2"


def test_an_empty_list_has_one_page_without_links() -> None:
    empty = paging(REQUESTS.get("/?page=-1&size=7"), total=0)
    assert (empty.number, empty.pages, empty.first, empty.last, empty.size) == (1, 1, 0, 0, 50)
    assert not empty.previous_href and not empty.next_href
