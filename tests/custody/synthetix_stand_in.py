"""The few answers of Synthetix that custody asks for, on loopback; it books what the chain tells.

Signatures are recovered from typed data that is written down here, not taken from custody.
"""

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import msgspec
from eth_account import Account
from eth_account.messages import encode_typed_data

from custody.deployments import USDT, WETH
from custody.synthetix import DEPOSIT_CONTRACT
from tests.custody.local_chain import USER, LocalChain

SUB_ACCOUNT = "1867542890123456789"
_DOMAIN = {"name": "Synthetix", "version": "1", "chainId": 1, "verifyingContract": "0x" + "00" * 20}
_DOMAIN_TYPE = "string name,string version,uint256 chainId,address verifyingContract"
_WITHDRAW = (
    "uint256 subAccountId,string symbol,string amount,address destination,"
    "uint256 nonce,uint256 expiresAfter"
)
_READ = "uint256 subAccountId,string action,uint256 nonce,uint256 expiresAfter"


class SynthetixStandIn:
    """
    One sub-account of the user.

    Attributes
    ----------
    credits_deposits
        Whether deposits are booked as completed, or as on their way.
    tells_hashes
        Whether they are booked with their hash.
    answers_withdrawals
        What becomes of a withdrawal: "taken", "taken without an answer", "lost" or "refused".

    """

    def __init__(self, chain: LocalChain | None = None) -> None:
        self.chain = chain
        self.has_account = True
        self.credits_deposits = True
        self.tells_hashes = True
        self.answers_withdrawals = "taken"
        self.orders: list[dict[str, Any]] = []
        self.asked: list[str] = []
        self.url = ""

    def info(self, body: dict[str, Any]) -> Any:  # noqa: ANN401  (any JSON)
        assert body == {"params": {"action": "getSubAccountIds", "walletAddress": USER.address}}
        return ok([SUB_ACCOUNT] if self.has_account else [])

    def trade(self, body: dict[str, Any]) -> Any:  # noqa: ANN401  (any JSON)
        params = body["params"]
        self.asked.append(params["action"])
        if signer(body) != USER.address or params["walletAddress"] != USER.address:
            return failed("UNAUTHORIZED")
        match params["action"]:
            case "getBalanceUpdates":
                rows = [*self._deposits(), *self._withdrawals()]
                return ok({"balanceUpdates": [r for r in rows if r["action"] == _kind(params)]})
            case "getWithdrawableAmounts":
                item = {"withdrawableAmount": "500.5", "withdrawFee": "1.25", "quantity": "600"}
                return ok({"items": [item | {"symbol": name} for name in params["symbols"]]})
            case "withdrawCollateral":
                return self._withdraw(params)
        return failed("VALIDATION_ERROR")

    def _withdraw(self, params: dict[str, Any]) -> Any:  # noqa: ANN401  (any JSON)
        if self.answers_withdrawals == "refused":
            return failed("INSUFFICIENT_MARGIN")
        if self.answers_withdrawals != "lost":
            self.orders.append(params | {"at_ms": time.time_ns() // 1_000_000})
        if self.answers_withdrawals != "taken":
            return None
        return ok({"requestId": "17", "symbol": params["symbol"], "amount": params["amount"]})

    def _withdrawals(self) -> list[dict[str, Any]]:
        return [
            {
                "id": f"w{number}",
                "action": "WITHDRAWAL",
                "status": "created",
                "amount": order["amount"],
                "collateral": order["symbol"],
                "timestamp": order["at_ms"],
            }
            for number, order in enumerate(self.orders)
        ]

    def _deposits(self) -> list[dict[str, Any]]:
        if self.chain is None:
            return []
        logs = self.chain.eth.get_logs({"address": DEPOSIT_CONTRACT, "fromBlock": 0})
        return [
            _row(number, log, self.credits_deposits, self.tells_hashes)
            for number, log in enumerate(logs)
        ]


def signer(body: dict[str, Any]) -> str:
    """Return who has signed a request."""
    params = body["params"]
    is_withdrawal = params["action"] == "withdrawCollateral"
    name = "WithdrawCollateral" if is_withdrawal else "SubAccountAction"
    values = params | {
        "subAccountId": int(params["subaccountId"]),
        "nonce": body["nonce"],
        "expiresAfter": body["expiresAfter"],
    }
    members = _fields(_WITHDRAW if is_withdrawal else _READ)
    types = {"EIP712Domain": _fields(_DOMAIN_TYPE), name: members}
    message = {
        "types": types,
        "primaryType": name,
        "domain": _DOMAIN,
        "message": {field["name"]: values[field["name"]] for field in members},
    }
    sent = body["signature"]
    vrs = (sent["v"], int(sent["r"], 16), int(sent["s"], 16))
    return str(Account.recover_message(encode_typed_data(full_message=message), vrs=vrs))


def ok(response: object) -> dict[str, Any]:
    """Wrap an answer."""
    return {"status": "ok", "response": response, "timestamp": 1, "requestId": "5ccf"}


def failed(code: str) -> dict[str, Any]:
    """Write a refusal."""
    error = {"code": code, "category": "REQUEST", "message": "no", "retryable": False}
    return {"status": "error", "error": error, "timestamp": 1, "requestId": "5ccf"}


@contextmanager
def serving(venue: SynthetixStandIn) -> Iterator[SynthetixStandIn]:
    """Serve it on a free port of 127.0.0.1."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = msgspec.json.decode(self.rfile.read(int(self.headers["Content-Length"])))
            answer = venue.info(body) if self.path == "/v1/info" else venue.trade(body)
            if answer is None:
                return
            content = msgspec.json.encode(answer)
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (its name)
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), name="synthetix")
    thread.start()
    venue.url = f"http://127.0.0.1:{server.server_port}/v1"
    try:
        yield venue
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _kind(params: Mapping[str, Any]) -> str:
    return str(params["actionFilter"])


def _row(number: int, log: Mapping[str, Any], is_credited: bool, has_hash: bool) -> dict[str, Any]:
    address = "0x" + bytes(log["topics"][2])[-20:].hex()
    token = next(t for t in (USDT, WETH) if t.address.lower() == address)
    units = int.from_bytes(bytes(log["data"])[:32])
    row: dict[str, Any] = {
        "id": f"d{number}",
        "subAccountId": SUB_ACCOUNT,
        "action": "DEPOSIT",
        "status": "completed" if is_credited else "waiting",
        "amount": f"{units // 10**token.decimals}.{units % 10**token.decimals:0{token.decimals}d}",
        "collateral": token.symbol,
        "timestamp": 1,
    }
    return row | ({"txHash": "0x" + bytes(log["transactionHash"]).hex()} if has_hash else {})


def _fields(text: str) -> list[dict[str, str]]:
    return [dict(zip(("type", "name"), one.split(), strict=True)) for one in text.split(",")]
