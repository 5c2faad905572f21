"""What the venue writes in several ways is read as one, and what is none of them is refused."""

import msgspec
import pytest

from adapters.synthetix.wire import Amount, Id, Moment, convert, decoder


class Everything(msgspec.Struct):
    amount: Amount = Amount(-1)
    moment: Moment = Moment(-1)
    id: Id = Id("none")
    maybe: Amount | None = None


DECODER = decoder(Everything)
SECOND_NS = 1_704_067_200_000_000_000


def read(text: str) -> Everything:
    return DECODER.decode(text.encode())


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ('"0.0000125"', "0.0000125"),
        ('"1.50"', "1.50"),
        ('""', "0"),
        ("12", "12"),
        ("0.1", "0.1"),
        ('"-3"', "-3"),
        ('"1e-7"', "0.0000001"),
        ('"123456789012345678901234567890.123456789"', "123456789012345678901234567890.123456789"),
    ],
)
def test_amounts_are_exact_and_empty_ones_are_zero(written: str, number: str) -> None:
    assert read(f'{{"amount":{written}}}').amount == Amount(number)


@pytest.mark.parametrize("written", ['"x"', '"NaN"', '"Infinity"', "true", "[]", '" "'])
def test_what_is_no_number_is_refused(written: str) -> None:
    with pytest.raises(msgspec.ValidationError, match="Expected a decimal number"):
        read(f'{{"amount":{written}}}')


@pytest.mark.parametrize(
    "written",
    [
        "1704067200",
        "1704067200000",
        "1704067200000000",
        "1704067200000000000",
        '"1704067200000"',
        '"2024-01-01T00:00:00Z"',
        '"2024-01-01T00:00:00.000Z"',
        '"2024-01-01T00:00:00.000000000Z"',
        '"2024-01-01T01:00:00+01:00"',
        '"2024-01-01T00:00:00"',
    ],
)
def test_a_time_is_the_same_however_it_is_written(written: str) -> None:
    assert read(f'{{"moment":{written}}}').moment == SECOND_NS


def test_a_time_keeps_its_milliseconds_and_none_is_zero() -> None:
    assert read('{"moment":"2024-01-01T00:00:00.123Z"}').moment == SECOND_NS + 123_000_000
    assert read('{"moment":1704067200123}').moment == SECOND_NS + 123_000_000
    assert read('{"moment":""}').moment == read('{"moment":0}').moment == 0


@pytest.mark.parametrize("written", ['"yesterday"', "-1", "1.5", "true", '"-5"'])
def test_what_is_no_time_is_refused(written: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        read(f'{{"moment":{written}}}')


def test_ids_are_texts_also_where_they_come_as_numbers() -> None:
    assert read('{"id":1958787130134106112}').id == "1958787130134106112"
    assert read('{"id":"1958787130134106112"}').id == "1958787130134106112"
    with pytest.raises(msgspec.ValidationError):
        read('{"id":1.5}')


def test_null_is_none_where_that_is_allowed() -> None:
    assert read('{"maybe":null}').maybe is None
    assert read('{"maybe":""}').maybe == 0
    assert convert({"amount": "2", "id": 7}, Everything) == Everything(Amount(2), id=Id("7"))
