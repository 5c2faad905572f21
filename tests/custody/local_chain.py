"""A chain behind a loopback node: py-evm, with our contracts where the real ones stand."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import msgspec
from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_tester import EthereumTester, PyEVMBackend
from eth_tester.exceptions import TransactionFailed
from hexbytes import HexBytes
from web3 import EthereumTesterProvider, Web3
from web3.exceptions import TransactionNotFound

from custody.calls import encode_call
from custody.deployments import USDC, USDT, WETH
from custody.hyperliquid import BRIDGE
from custody.synthetix import DEPOSIT_CONTRACT

CONTRACTS = Path(__file__).parent / "contracts"
USER: LocalAccount = Account.from_key("0x" + "11" * 32)
FAUCET: LocalAccount = Account.from_key("0x" + "22" * 32)
ETHER = 10**18
QUESTION_GAS = 500_000
_STANDING = {
    1: {USDT.address: "Tether", WETH.address: "Ether", DEPOSIT_CONTRACT: "Deposits"},
    42_161: {USDC.address: "Dollar", BRIDGE: "Deposits"},
}


@cache
def runtime_code(name: str) -> bytes:
    """Return what stands at a contract's address; its source stands beside compiled.json."""
    compiled = msgspec.json.decode((CONTRACTS / "compiled.json").read_bytes())
    return bytes.fromhex(compiled["runtime"][name].removeprefix("0x"))


class LocalChain:
    """
    One chain, its node and what may go wrong there.

    Attributes
    ----------
    tip_wei, told_gas
        The priority fee, and the estimate of gas; None is the truth.
    hides_events
        Whether receipts come without their logs.
    mines
        Whether what is sent is mined at once; else it waits until `mine`.
    told_chain_id, told_balance_wei
        What the node says its chain is, and the user's ether; None is the truth.
    mute
        Methods that are carried out and never answered.
    refusal
        What the node refuses every transaction with, if anything.
    loses
        Whether it takes transactions and forgets them.
    received
        The raw transactions that have arrived, oldest first.

    """

    def __init__(self, chain_id: int) -> None:
        accounts = {USER.address: ETHER, FAUCET.address: 1_000 * ETHER}
        state = {
            HexBytes(a): {"balance": b, "nonce": 0, "code": b"", "storage": {}}
            for a, b in accounts.items()
        } | {
            HexBytes(a): {"balance": 0, "nonce": 1, "code": runtime_code(name), "storage": {}}
            for a, name in _STANDING[chain_id].items()
        }
        backend = PyEVMBackend(genesis_state=state)
        type(backend.chain).chain_id = chain_id  # a class of this backend alone
        self.eth = Web3(EthereumTesterProvider(EthereumTester(backend))).eth
        self.chain_id = self.told_chain_id = chain_id
        self.told_balance_wei: int | None = None
        self.told_gas: int | None = None
        self.tip_wei = 10**9
        self.hides_events = False
        self.mines = True
        self.loses = False
        self.mute: set[str] = set()
        self.refusal = ""
        self.received: list[bytes] = []
        self.waiting: list[bytes] = []
        self.asked: list[str] = []
        self.url = ""

    def act(self, to: str, signature: str, *arguments: object, gas_price_wei: int = 10**10) -> str:
        """Call a contract as the faucet, mined at once; return the hash."""
        return self.send_as(FAUCET, to, encode_call(signature, arguments), gas_price_wei)

    def send_as(
        self, wallet: LocalAccount, to: str, data: bytes, gas_price_wei: int = 10**10
    ) -> str:
        """Send a transaction of any wallet past the node, mined at once."""
        fields = {
            "chainId": self.chain_id,
            "nonce": self.eth.get_transaction_count(wallet.address),
            "to": to,
            "data": data,
            "value": 0,
            "gas": 300_000,
            "gasPrice": gas_price_wei,
        }
        raw = wallet.sign_transaction(fields).raw_transaction
        return "0x" + bytes(self.eth.send_raw_transaction(raw)).hex()

    def mine(self) -> None:
        """Mine what waits, and from now on everything at once."""
        self.mines = True
        for raw in self.waiting:
            self.eth.send_raw_transaction(HexBytes(raw))
        self.waiting.clear()

    def number(self, contract: str, signature: str, *arguments: object) -> int:
        """Return what a view answers."""
        data = HexBytes(encode_call(signature, arguments))
        return int.from_bytes(self.eth.call(_priced({"to": contract, "data": data})))

    def balance(self, token: str, owner: str = USER.address) -> int:
        """Return a balance in the token's units."""
        return self.number(token, "balanceOf(address)", owner)

    def answer(self, method: str, params: list[Any]) -> dict[str, Any] | None:
        """Answer one request as a node does; None is no answer at all."""
        self.asked.append(method)
        try:
            result = _plain(self._methods()[method](*params))
        except TransactionFailed as e:
            return {"error": _revert(str(e))}
        except TransactionNotFound:
            result = None
        except RefusedError as e:
            return {"error": {"code": -32_000, "message": str(e)}}
        return None if method in self.mute else {"result": result}

    def _methods(self) -> Mapping[str, Callable[..., Any]]:
        return {
            "eth_chainId": lambda: self.told_chain_id,
            "eth_getBalance": self._balance,
            "eth_getCode": self.eth.get_code,
            "eth_getTransactionCount": self._count,
            "eth_call": lambda call, _block: self.eth.call(_priced(call)),
            "eth_estimateGas": self._estimate,
            "eth_getBlockByNumber": lambda *_any: self.eth.get_block("latest"),
            "eth_maxPriorityFeePerGas": lambda: self.tip_wei,
            "eth_sendRawTransaction": self._take,
            "eth_getTransactionByHash": self._find,
            "eth_getTransactionReceipt": self._receipt,
        }

    def _balance(self, address: str, block: str) -> int:
        told = self.told_balance_wei
        return self.eth.get_balance(address, block) if told is None else told

    def _estimate(self, call: dict[str, Any], *_block: str) -> int:
        return self.eth.estimate_gas(_priced(call)) if self.told_gas is None else self.told_gas

    def _receipt(self, mark: str) -> object:
        found = dict(self.eth.get_transaction_receipt(HexBytes(mark)))
        return found | {"logs": []} if self.hides_events else found

    def _count(self, address: str, block: str) -> int:
        mined = self.eth.get_transaction_count(Web3.to_checksum_address(address))
        return mined + (len(self.waiting) if block == "pending" else 0)

    def _take(self, raw: str) -> bytes:
        if self.refusal:
            raise RefusedError(self.refusal)
        self.received.append(bytes(HexBytes(raw)))
        if self.loses:
            pass
        elif self.mines:
            self.eth.send_raw_transaction(HexBytes(raw))
        else:
            self.waiting.append(self.received[-1])
        return Web3.keccak(HexBytes(raw))

    def _find(self, mark: str) -> object:
        for raw in self.waiting:
            if Web3.keccak(raw) == HexBytes(mark):
                return {"hash": mark, "blockNumber": None}
        return self.eth.get_transaction(HexBytes(mark))


class RefusedError(Exception):
    """The node says no."""


@contextmanager
def running(chain: LocalChain) -> Iterator[LocalChain]:
    """Serve a chain's node on a free port of 127.0.0.1; its url carries a key, as real ones do."""
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            request = msgspec.json.decode(self.rfile.read(int(self.headers["Content-Length"])))
            with lock:
                answer = chain.answer(request["method"], request["params"])
            if answer is None:
                return
            body = msgspec.json.encode({"jsonrpc": "2.0", "id": request["id"]} | answer)
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (its name)
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), name="node")
    thread.start()
    chain.url = f"http://127.0.0.1:{server.server_port}/v3/{NODE_KEY}"
    try:
        yield chain
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


NODE_KEY = "node-key-canary-5b1c"


def _priced(call: dict[str, Any]) -> Any:  # noqa: ANN401  (what web3 takes)
    """Let a question be one that its asker could pay for: py-evm insists, a real node does not."""
    return {"from": FAUCET.address, "gas": QUESTION_GAS} | call


def _revert(words: str) -> dict[str, Any]:
    """Write a revert as geth does: code 3, and the reason encoded in the data."""
    reason = words.removeprefix("execution reverted: ")
    has_reason = not reason.startswith("b'")
    data = encode_call("Error(string)", [reason]) if has_reason else b""
    return {"code": 3, "message": words, "data": "0x" + data.hex()}


def _plain(value: object) -> Any:  # noqa: ANN401  (any JSON)
    match value:
        case bool() | None | str():
            return value
        case int():
            return hex(value)
        case bytes():
            return "0x" + value.hex()
        case Mapping():
            return {key: _plain(item) for key, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
        case _:
            raise TypeError(f"Expected JSON, was {value!r}")
