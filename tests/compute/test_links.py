from __future__ import annotations

from consolesvc.compute.links import Links


def test_links_without_project() -> None:
    """Self links lead into the version, bookmarks do not."""
    links = Links("http://lab:8774")
    assert links.version("v2.1") == "http://lab:8774/v2.1/"
    assert links.server("x") == [
        {"rel": "self", "href": "http://lab:8774/v2.1/servers/x"},
        {"rel": "bookmark", "href": "http://lab:8774/servers/x"},
    ]
    assert links.bookmark("flavors", "f/ä") == [{"rel": "bookmark", "href": "http://lab:8774/flavors/f%2F%C3%A4"}]


def test_links_keep_the_project() -> None:
    """A caller who names a project finds it again."""
    links = Links("https://lab", "abc")
    assert [link["href"] for link in links.server("x")] == [
        "https://lab/v2.1/abc/servers/x",
        "https://lab/abc/servers/x",
    ]


def test_next_page_keeps_the_query() -> None:
    """Everything asked for is asked again, from the marker on."""
    (link,) = Links("http://lab").next_page("servers", [("name", "a b&"), ("marker", "old"), ("limit", "1")], "new")
    assert link == {"rel": "next", "href": "http://lab/v2.1/servers?name=a+b%26&limit=1&marker=new"}
    (link,) = Links("http://lab").next_page("servers", [("x", "\udcff")], "new")
    assert link["href"] == "http://lab/v2.1/servers?x=%3F&marker=new"


def test_legacy_links() -> None:
    """Links of the legacy API stay in it."""
    links = Links("http://lab", "abc", "v2")
    assert links.server("x")[0]["href"] == "http://lab/v2/abc/servers/x"
    assert links.next_page("servers", [], "x")[0]["href"] == "http://lab/v2/abc/servers?marker=x"
