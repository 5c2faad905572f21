// What each panel shows of a picture; every one has words for when there is nothing.

import { byId, clock, day, empty, gain, keyed, make, money, short, show, table } from "./dom.js";

const RUNNING = new Set(["running", "paused", "degraded"]);

export function showPicture(picture) {
  byId("which").textContent = `${picture.profile}, ${picture.environment}, ${picture.trader_id}`;
  const halt = byId("halt");
  halt.hidden = picture.halted === null;
  const words = picture.halted === null ? "" : `Trading is halted: ${picture.halted}`;
  if (halt.textContent !== words) halt.textContent = words;
  show(byId("trading"), [picture.is_trading, picture.halted], tradingView);
  show(byId("equity"), picture.equity, equityView);
  show(byId("exposure"), picture.positions, exposureView);
  show(byId("venues"), picture.venues.map((v) => ({ ...v, last_quote: v.last_quote !== null })), venuesView);
  show(byId("positions"), picture.positions, positionsView);
  show(byId("orders"), picture.orders, ordersView);
}

const badge = (words, kind) => make("span", { className: `badge ${kind}` }, words);

function tradingView([isTrading, halted]) {
  if (halted !== null) return [badge("halted", "bad"), make("p", {}, halted)];
  if (!isTrading) return [badge("not started", "warn"), make("p", {}, "The strategies are not started")];
  return [badge("trading", "good"), make("p", {}, "Nothing is halted")];
}

function equityView(accounts) {
  if (!accounts.length) return empty("No account is known yet");
  return accounts.map((a) => make("div", {},
    make("p", { className: "big" }, `${money(a.now)} ${a.currency}`),
    make("p", {}, gain(a.now - a.start, a.currency), ` since the start, ${a.venue}`)));
}

function exposureView(positions) {
  if (!positions.length) return [make("p", { className: "big" }, "0"), empty("No open positions")];
  return [...Map.groupBy(positions, (p) => p.currency)].map(([currency, its]) => {
    const values = its.map((p) =>
      Number(p.quantity) * Number(p.price ?? p.entry_price) * (p.side === "long" ? 1 : -1));
    const gross = values.reduce((sum, value) => sum + Math.abs(value), 0);
    const net = values.reduce((sum, value) => sum + value, 0);
    return make("div", {}, make("p", { className: "big" }, `${money(gross)} ${currency}`),
      make("p", {}, `gross, net ${money(net)} in ${its.length} position${its.length > 1 ? "s" : ""}`));
  });
}

function venuesView(venues) {
  if (!venues.length) return empty("The profile has no venues");
  return venues.map((v) => {
    const execution = v.is_execution_connected;
    return make("div", {}, make("p", {}, make("strong", {}, v.name), ` ${v.network}`),
      make("p", {}, badge(`data ${v.is_data_connected ? "on" : "off"}`, v.is_data_connected ? "good" : "bad"), " ",
        execution === null ? badge("trades nothing", "") : badge(`orders ${execution ? "on" : "off"}`, execution ? "good" : "bad")),
      v.last_quote ? "" : empty("No quote yet"));
  });
}

function positionsView(positions) {
  if (!positions.length) return empty("No open positions");
  return table(["Strategy", "Market", "Side", "Size", "Entry", "Price", "Stop", "Unrealized", "Since"],
    positions.map((p) => [p.strategy, short(p.instrument), p.side, p.quantity, p.entry_price,
      p.price ?? "unknown", p.stop ?? make("span", { className: "bad" }, "none"),
      p.unrealized_pnl === null ? "unknown" : gain(p.unrealized_pnl, p.currency), clock(p.opened)]));
}

function ordersView(orders) {
  if (!orders.length) return empty("No open orders");
  return table(["Strategy", "Market", "Side", "Type", "Size", "Filled", "Price", "Status", "Since"],
    orders.map((o) => [o.strategy, short(o.instrument), o.is_reduce_only ? `${o.side}, reduce only` : o.side,
      o.type.replaceAll("_", " "), o.quantity, o.filled, o.price ?? o.trigger_price ?? "market",
      o.status, clock(o.created)]));
}

export function showTrades(trades) {
  show(byId("trades"), trades, () => (trades.length
    ? table(["Strategy", "Market", "Side", "Size", "Entry", "Exit", "Fees", "After fees", "Closed"],
      trades.map((t) => [t.strategy, t.instrument, t.side, t.quantity, t.entry_price, t.exit_price,
        money(t.fees), gain(t.pnl, t.currency), day(t.closed)]))
    : empty("Nothing has been traded yet")));
}

export function showStrategies(strategies, canCommand, onCommand) {
  const parent = byId("strategies");
  if (!strategies.length) return parent.replaceChildren(empty("The profile has no strategies"));
  const build = (s) => {
    const button = (action) => make("button", {
      type: "button", data: { action }, ariaLabel: `${action} ${s.id}`,
      onclick: () => onCommand(s.id, action),
    }, action[0].toUpperCase() + action.slice(1));
    return make("article", { ariaLabel: s.id }, make("div", { className: "said" }),
      make("div", { className: "row" }, ...["pause", "resume", "flatten"].map(button)));
  };
  keyed(parent, strategies, (s) => s.id, build, (card, s) => {
    show(card.querySelector(".said"), s, strategyView);
    for (const button of card.querySelectorAll("button")) {
      const { action } = button.dataset;
      const fits = action === "pause" ? s.state === "running"
        : action === "resume" ? s.state === "paused" : RUNNING.has(s.state);
      button.disabled = !canCommand || !fits || !s.commands.includes(action);
      button.title = canCommand ? "" : "Needs the control token";
    }
  });
}

const STATES = { running: "good", ready: "", paused: "warn", stopped: "warn", degraded: "bad", faulted: "bad" };

function strategyView(s) {
  const total = (table) => {
    const found = Object.entries(table).map(([currency, value]) => gain(value, currency));
    return found.length ? found.flatMap((each) => [each, " "]) : ["0"];
  };
  const facts = [
    ["Market", s.instruments.map(short).join(", ") || "none"],
    ["Position", s.position],
    ["Realized", ...total(s.realized_pnl)],
    ["Unrealized", ...total(s.unrealized_pnl)],
    ["Signals, fills, refusals", `${s.signals}, ${s.fills}, ${s.refusals}`],
    ["Last signal", s.last_signal ? `${s.last_signal.action} ${s.last_signal.quantity ?? ""} ${s.last_signal.reason}` : "none yet"],
    ...(s.is_warm ? [] : [["Warming up", `${s.bars_seen} bars so far`]]),
    ...(s.last_error ? [["Error", make("span", { className: "bad" }, s.last_error)]] : []),
    ...(s.last_refusal ? [["Last refusal", s.last_refusal]] : []),
  ];
  return [
    make("h3", {}, s.id, " ", badge(s.state, STATES[s.state])),
    make("p", { className: "dim" }, `${s.kind}, ${s.mode}${s.venue ? ` on ${s.venue} ${s.network}` : ""}`),
    make("dl", {}, ...facts.map(([name, ...value]) => make("div", {}, make("dt", {}, name), make("dd", {}, ...value)))),
  ];
}

export function showAlerts(alerts, onOpen) {
  const parent = byId("alerts");
  if (!alerts.length) return parent.replaceChildren(empty("No alerts have come"));
  const build = (alert) => {
    const item = make("details", {}, make("summary"), make("ol", { className: "trace" }));
    item.addEventListener("toggle", () => item.open && onOpen(alert.key, item.querySelector("ol")));
    return item;
  };
  parent.querySelectorAll(".empty").forEach((words) => words.remove());
  keyed(parent, alerts, (a) => a.key, build, (item, a) => {
    const before = item.querySelector("summary").shown;
    show(item.querySelector("summary"), a, () => [
      `${clock(a.received)} ${a.strategy} ${a.action || "heartbeat"} ${short(a.instrument)} `,
      badge(a.state, a.state === "dead" ? "bad" : a.reason ? "warn" : "good"),
      a.reason ? ` ${a.reason}: ${a.message}` : "",
    ]);
    if (item.open && before !== item.querySelector("summary").shown) onOpen(a.key, item.querySelector("ol"));
  });
}

export function showTrace(list, steps) {
  const start = steps[0]?.ts ?? 0;
  const rows = steps.map((s) => make("li", {}, make("span", { className: "dim" },
    `${clock(s.ts)} +${((s.ts - start) / 1e6).toFixed(1)} ms `), make("strong", {}, s.kind.replaceAll("_", " ")), ` ${s.detail}`));
  list.replaceChildren(...(rows.length ? rows : [empty("Nothing has happened to it yet")]));
}

export function showActivity(lines) {
  show(byId("activity"), lines, () => (lines.length
    ? make("ol", { className: "lines" }, ...lines.map((l) => make("li", { data: { kind: l.kind } },
      make("span", { className: "dim" }, clock(l.ts)), " ", make("strong", {}, l.kind), ` ${l.text}`)))
    : empty("Nothing has happened yet but prices")));
}
