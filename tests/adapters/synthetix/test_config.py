"""Settings are what the venue allows, and addresses are put together from them."""

import pytest

from adapters.synthetix.config import SynthetixDataClientConfig, SynthetixExecClientConfig


def test_addresses_are_the_venues_own_unless_others_are_set() -> None:
    data, execution = SynthetixDataClientConfig(), SynthetixExecClientConfig()
    assert data.http_url == execution.http_url == "https://papi.synthetix.io/v1"
    assert data.ws_url == "wss://papi.synthetix.io/v1/ws/info"
    assert execution.ws_url == "wss://papi.synthetix.io/v1/ws/trade"
    here = {"base_url_http": "http://127.0.0.1:1/v1/", "base_url_ws": "ws://127.0.0.1:1/v1/ws/"}
    assert SynthetixDataClientConfig(**here).http_url == "http://127.0.0.1:1/v1"
    assert SynthetixDataClientConfig(**here).ws_url == "ws://127.0.0.1:1/v1/ws/info"
    assert SynthetixExecClientConfig(**here).ws_url == "ws://127.0.0.1:1/v1/ws/trade"


@pytest.mark.parametrize(
    ("depth", "millis"), [(10, 50), (50, 100), (100, 250), (100, 1_000), (50, 500)]
)
def test_books_that_the_venue_streams_are_allowed(depth: int, millis: int) -> None:
    config = SynthetixDataClientConfig(book_depth=depth, book_update_ms=millis)
    assert (config.book_depth, config.book_update_ms) == (depth, millis)


@pytest.mark.parametrize(
    ("depth", "millis", "words"),
    [
        (20, 50, "Expected book_depth among"),
        (50, 75, "Expected book_update_ms among"),
        (100, 100, "Expected book_update_ms of 250 at least with 100 levels, was 100"),
    ],
)
def test_books_that_the_venue_does_not_stream_are_refused(
    depth: int, millis: int, words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        SynthetixDataClientConfig(book_depth=depth, book_update_ms=millis)
