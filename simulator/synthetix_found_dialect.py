"""Which dialect a recorded Synthetix speaks: the keys of pushes and replies, and their data."""

from collections import Counter
from collections.abc import Iterator

from simulator.synthetix_findings import STREAMS, Example, Finding, Heard, most

PUSH_KEYS = ("method", "channel")
REPLY_KEYS = ("id", "requestId")


class Dialect:
    """Looks at pushes and replies."""

    def __init__(self) -> None:
        self._keys: Counter[str] = Counter()
        self._names: Counter[str] = Counter()
        self._unknown: Counter[str] = Counter()
        self._replies: Counter[str] = Counter()
        self._pings: Counter[str] = Counter()
        self._forms: dict[str, Counter[str]] = {}
        self._prices: Counter[str] = Counter()
        self._other: Counter[str] = Counter()
        self._push, self._reply, self._price, self._trade, self._odd = (Example() for _ in range(5))
        self._pinged: set[tuple[object, str]] = set()

    def look(self, heard: Heard) -> None:
        """Take in an entry."""
        entry, content = heard.entry, heard.content
        if entry.what == "sent" and isinstance(content, dict) and content.get("method") == "ping":
            self._pinged.add((heard.line, str(content.get("id"))))
        if entry.what != "got":
            return
        if heard.stream:
            self._look_at_push(heard)
        elif isinstance(content, dict) and ("status" in content or "id" in content):
            self._look_at_reply(heard)
        else:
            self._other["text" if content is None else "other JSON"] += 1
            self._odd.offer(entry.text)

    def _look_at_push(self, heard: Heard) -> None:
        content, text = heard.content, heard.entry.text
        keys = [key for key in PUSH_KEYS if key in content]
        self._keys["both" if len(keys) == len(PUSH_KEYS) else keys[0]] += 1
        name = "/".join(str(content[key]) for key in keys)
        self._names[f"{heard.stream}: {name}"] += 1
        if any(content[key] not in STREAMS for key in keys):
            self._unknown[name] += 1
        self._push.offer(text)
        data = content["data"]
        forms = self._forms.setdefault(heard.stream, Counter())
        forms["list" if isinstance(data, list) else "object"] += 1
        if heard.stream == "trades":
            self._trade.offer(text)
        if heard.stream == "marketPrices":
            self._price.offer(text)
            for row in data if isinstance(data, list) else [data]:
                self._prices[_price_shape(row)] += 1

    def _look_at_reply(self, heard: Heard) -> None:
        keys = [key for key in REPLY_KEYS if key in heard.content]
        self._replies["both" if len(keys) == len(REPLY_KEYS) else keys[0] if keys else "none"] += 1
        self._reply.offer(heard.entry.text)
        number = heard.content.get("requestId", heard.content.get("id"))
        if (heard.line, str(number)) in self._pinged:
            self._pings[str(heard.content.get("result"))] += 1

    def findings(self) -> Iterator[Finding]:
        """Give what was found."""
        yield Finding(
            id="push dialect",
            unknown="a",
            answer=most(self._keys),
            counts=dict(self._keys + self._names),
            example=self._push.text,
            open="" if self._keys else "no push came",
        )
        yield Finding(
            id="names of streams that the fact sheet lacks",
            unknown="a",
            answer=most(self._unknown) if self._unknown else "none",
            counts=dict(self._unknown),
        )
        yield Finding(
            id="reply keys",
            unknown="a",
            answer=most(self._replies),
            counts=dict(self._replies),
            example=self._reply.text,
        )
        yield Finding(
            id="ping reply",
            answer=most(self._pings),
            counts=dict(self._pings),
            open="" if self._pings else "a ping goes out every 30 s: record for longer",
        )
        yield Finding(
            id="marketPrices shape",
            unknown="a",
            answer=most(self._prices),
            counts=dict(self._prices),
            example=self._price.text,
        )
        yield Finding(
            id="trades form",
            unknown="a",
            answer=most(self._forms.get("trades", Counter())),
            counts=dict(self._forms.get("trades", Counter())),
            example=self._trade.text,
            open="" if "trades" in self._forms else "no trade was pushed",
        )
        others = {stream: counts for stream, counts in self._forms.items() if stream != "trades"}
        yield Finding(
            id="form of the data of other streams",
            unknown="a",
            answer="; ".join(f"{stream}: {most(counts)}" for stream, counts in others.items())
            or "not seen",
            counts={
                f"{stream} as {form}": count
                for stream, counts in others.items()
                for form, count in counts.items()
            },
        )
        yield Finding(
            id="frames that are neither push nor reply",
            unknown="a",
            answer=most(self._other) if self._other else "none",
            counts=dict(self._other),
            example=self._odd.text,
        )


def _price_shape(row: object) -> str:
    """Tell the newer form, one price with its kind, from the older ticker (fact sheet 6.4)."""
    if not isinstance(row, dict):
        return "neither"
    if "updateType" in row:
        return f"update of {row['updateType']}"
    return "ticker" if "markPrice" in row else "neither"
