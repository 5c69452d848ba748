"""If-Match as RFC 9110 writes it."""

from __future__ import annotations

import pytest

from server.http.v1.conditions import etag, if_match, matches


@pytest.mark.parametrize("header", ['"3"', ' "3" ', '"2", "3"', 'W/"2","3"', "*", " * ", '"a,b" , "3"'])
def test_a_header_that_names_the_revision_matches_it(header: str) -> None:
    tags = if_match(header)
    assert tags is not None
    assert matches(tags, 3)


@pytest.mark.parametrize("header", ['"2"', '"*"', 'W/"3"', '""', '"33"', '"2", W/"3"', '","', 'W/"3" , ",3,"'])
def test_another_tag_and_a_weak_one_do_not(header: str) -> None:
    tags = if_match(header)
    assert tags is not None
    assert not matches(tags, 3)


@pytest.mark.parametrize("header", ["", "3", '"3', '"3" "4"', '"3",', '"a"b"', '"3", *', "w/3", '"\x7f"'])
def test_what_is_no_if_match_is_none(header: str) -> None:
    assert if_match(header) is None


def test_a_revisions_own_tag_matches_it_and_no_other() -> None:
    tags = if_match(etag(7))
    assert tags is not None
    assert [revision for revision in range(20) if matches(tags, revision)] == [7]
