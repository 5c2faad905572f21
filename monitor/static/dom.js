// Builds elements and writes numbers; what comes from the desk is only ever set as text.

export const byId = (id) => document.getElementById(id);

export function make(tag, props = {}, ...children) {
  const { data = {}, ...rest } = props;
  const element = Object.assign(document.createElement(tag), rest);
  Object.assign(element.dataset, data);
  element.append(...children);
  return element;
}

export const empty = (words) => make("p", { className: "empty" }, words);

/** Replace what an element holds, but only if it would look different: who reads keeps the place. */
export function show(element, value, build) {
  const text = JSON.stringify(value);
  if (element.shown === text) return;
  element.shown = text;
  element.replaceChildren(...[build(value)].flat());
}

/** Keep one child for each key, in order; children stay, and so does the focus in them. */
export function keyed(parent, items, keyOf, build, update) {
  const known = new Map([...parent.children].map((child) => [child.dataset.key, child]));
  const wanted = items.map((item) => {
    const key = keyOf(item);
    const child = known.get(key) ?? build(item);
    child.dataset.key = key;
    update(child, item);
    return child;
  });
  [...parent.children].filter((child) => !wanted.includes(child)).forEach((child) => child.remove());
  wanted.forEach((child, i) => {
    if (parent.children[i] !== child) parent.insertBefore(child, parent.children[i] ?? null);
  });
}

/** A table that becomes a list of cards where it is narrow. */
export function table(heads, rows) {
  const head = make("tr", {}, ...heads.map((words) => make("th", { scope: "col" }, words)));
  const body = rows.map((cells) =>
    make("tr", {}, ...cells.map((cell, i) => make("td", { data: { head: heads[i] } }, cell))));
  return make("table", { className: "facts" }, make("thead", {}, head), make("tbody", {}, ...body));
}

const two = new Intl.NumberFormat("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 });

export const money = (value) => two.format(Number(value));

export function gain(value, currency = "") {
  const number = Number(value);
  const kind = number > 0 ? "good" : number < 0 ? "bad" : "";
  const sign = number > 0 ? "+" : "";
  return make("span", { className: kind }, `${sign}${money(value)} ${currency}`.trim());
}

export const clock = (ns) => new Date(Number(ns) / 1e6).toISOString().slice(11, 19);

export const day = (iso) => iso.slice(0, 19).replace("T", " ");

export const short = (instrument) => instrument.split(".")[0];

/** Run at most once in a time, and once more at its end if it was wanted meanwhile. */
export function calmly(run, milliseconds) {
  let timer = null;
  let isWanted = false;
  return function ask() {
    if (timer !== null) { isWanted = true; return; }
    timer = setTimeout(() => {
      timer = null;
      if (isWanted) { isWanted = false; ask(); }
    }, milliseconds);
    run();
  };
}
