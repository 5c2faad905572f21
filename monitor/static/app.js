// The page: tokens, the stream, and which panel hears of what.

import { EquityChart, PriceChart } from "./charts.js";
import { byId, calmly, make, show } from "./dom.js";
import { ask, listen, tell } from "./stream.js";
import { showActivity, showAlerts, showPicture, showStrategies, showTrace, showTrades } from "./views.js";

const STALE_MS = 5_000; // the picture comes each second
const ALERTS_MS = 5_000;
const LINES_MAX = 60;
const TOLD = {
  pause: "It opens nothing new until it is resumed. Its exits and its stop go on.",
  resume: "It may open positions again.",
  flatten: "It is paused, and its position is closed at the market.",
};

const state = { read: "", control: "", picture: null, heard: 0, lines: [], isLost: false, stop: null };
const charts = {};

function enter(read, control) {
  Object.assign(state, { read: read || control, control });
  byId("door").hidden = true;
  byId("main").hidden = false;
  byId("leave").hidden = false;
  charts.equity ??= new EquityChart(byId("curve"));
  charts.price ??= new PriceChart(byId("price"));
  state.stop = listen(state.read, {
    open: () => { state.isLost = false; refreshAll(); },
    event: hear,
    lost: () => { state.isLost = true; showLine(); },
    refused: (error) => leave(error.message),
  });
}

function leave(words = "") {
  state.stop?.();
  sessionStorage.clear();
  Object.assign(state, { read: "", control: "", picture: null, heard: 0, lines: [], stop: null });
  byId("main").hidden = true;
  byId("leave").hidden = true;
  byId("door").hidden = false;
  byId("refused").textContent = words;
  showLine();
  byId("read").focus();
}

function hear(kind, data) {
  if (kind === "status") {
    // Another run: its events are counted anew, and none of what is shown here is its.
    if (state.picture && state.picture.started !== data.started) return location.reload();
    state.picture = data;
    state.heard = Date.now();
    showPicture(data);
    showStrategies(data.strategies, state.control !== "", command);
    showChoice(data.strategies);
    charts.equity.add(data.taken, data.equity);
    byId("curve-words").textContent = data.equity.length ? "" : "No account is known yet";
    showLine();
  } else if (kind === "line") {
    if (data.kind !== "price" && data.kind !== "equity") {
      state.lines = [data, ...state.lines].slice(0, LINES_MAX);
      refreshLines();
    }
    if (["price", "signal", "fill"].includes(data.kind)) refreshPrice();
    if (data.kind === "trade") refreshTrades();
    if (["signal", "fill", "warning"].includes(data.kind)) refreshAlerts();
  }
}

function showLine() {
  const quiet = Date.now() - state.heard;
  const isStale = state.heard > 0 && (state.isLost || quiet > STALE_MS);
  const name = state.read === "" ? "idle" : isStale || state.isLost ? "lost" : state.heard ? "live" : "idle";
  const words = {
    idle: state.read === "" ? "Not connected" : "Connecting",
    live: "Live",
    lost: state.heard ? `Connection lost, ${Math.round(quiet / 1000)} s old` : "Nobody answers, trying again",
  }[name];
  const line = byId("line");
  if (line.textContent !== words) line.textContent = words;
  line.dataset.state = name;
  document.body.classList.toggle("stale", name === "lost");
}

function quietly(run) {
  return async () => {
    if (state.read === "") return;
    try {
      await run();
    } catch (error) {
      if (error.status === 401) leave(error.message);
    }
  };
}

const refreshLines = calmly(() => showActivity(state.lines), 250);
const refreshTrades = calmly(quietly(async () => showTrades(await ask("/api/trades?limit=10", state.read))), 1_000);
const refreshAlerts = calmly(quietly(async () => {
  try {
    showAlerts(await ask("/api/alerts?limit=20", state.read), trace);
  } catch (error) {
    if (error.status !== 503) throw error;
    byId("alerts").replaceChildren(make("p", { className: "bad" }, error.message));
  }
}), 1_000);
const refreshEquity = quietly(async () => charts.equity.set(await ask("/api/equity?limit=500", state.read)));
const refreshPrice = calmly(quietly(async () => {
  const name = byId("which-chart").value;
  if (name === "") return;
  const picture = await ask(`/api/chart?strategy=${encodeURIComponent(name)}&limit=300`, state.read);
  const isThere = picture.bars.length > 0;
  byId("price").hidden = !isThere;
  byId("price-words").textContent = isThere ? "" : picture.bar_type === null
    ? `${name} reads no bars, so there is no price to draw. What it does is under Activity.`
    : `No bar of ${picture.bar_type} has closed yet.`;
  if (!isThere) return;
  const parameters = state.picture?.strategies.find((s) => s.id === name)?.parameters ?? [];
  const levels = parameters.filter((p) => ["oversold", "overbought"].includes(p.name)).map((p) => p.value);
  charts.price.set(picture, levels);
}), 1_000);

function refreshAll() {
  showActivity(state.lines);
  refreshTrades();
  refreshAlerts();
  refreshEquity();
  refreshPrice();
}

async function trace(key, list) {
  await quietly(async () => showTrace(list, await ask(`/api/trace?key=${encodeURIComponent(key)}`, state.read)))();
}

function showChoice(strategies) {
  const choice = byId("which-chart");
  const before = choice.value;
  show(choice, strategies.map((s) => s.id), (ids) => ids.map((id) => make("option", { value: id }, id)));
  if (choice.value !== before) refreshPrice();
}

function command(strategy, action) {
  const dialog = byId("sure");
  byId("sure-title").textContent = `${action[0].toUpperCase()}${action.slice(1)} ${strategy}?`;
  byId("sure-words").textContent = TOLD[action];
  byId("reason").value = "";
  dialog.returnValue = "no";
  dialog.onclose = () => { if (dialog.returnValue === "yes") send(strategy, action, byId("reason").value); };
  dialog.showModal();
}

async function send(strategy, action, reason) {
  const answer = byId("answer");
  answer.className = "";
  answer.textContent = `${action} ${strategy}: sent`;
  try {
    answer.textContent = (await tell(strategy, action, reason, state.control)).message;
  } catch (error) {
    answer.className = "bad";
    answer.textContent = error.status === undefined
      ? `${action} ${strategy}: no answer came, it may have been done. Look before you repeat it.`
      : `${action} ${strategy} was refused: ${error.message}`;
  }
}

byId("door").addEventListener("submit", (event) => {
  event.preventDefault();
  const [read, control] = ["read", "control"].map((id) => byId(id).value.trim());
  if (read === "" && control === "") {
    byId("refused").textContent = "Expected a token, was none";
    return;
  }
  sessionStorage.setItem("read", read);
  sessionStorage.setItem("control", control);
  byId("door").reset();
  byId("refused").textContent = "";
  enter(read, control);
});
byId("leave").addEventListener("click", () => leave());
byId("which-chart").addEventListener("change", refreshPrice);
setInterval(showLine, 1_000);
setInterval(refreshAlerts, ALERTS_MS);

const [read, control] = ["read", "control"].map((name) => sessionStorage.getItem(name) ?? "");
if (read || control) enter(read, control);
else leave();
