// Asks the API, and listens to its events by fetch: a browser's EventSource sends no token.

const SILENCE_MS_MAX = 20_000; // the desk says something each second, and at least each 15
const WAIT_MS = [1_000, 2_000, 5_000, 10_000];

export class Refused extends Error {
  constructor(status, code, message) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

const header = (token) => ({ authorization: `Bearer ${token}` });

async function checked(response) {
  if (response.ok) return response;
  const problem = await response.json().catch(() => ({}));
  const words = problem.message ?? `The desk answered ${response.status}`;
  throw new Refused(response.status, problem.code ?? "http", words);
}

export async function ask(path, token) {
  return (await checked(await fetch(path, { headers: header(token) }))).json();
}

export async function tell(strategy, action, reason, token) {
  const path = `/api/strategies/${encodeURIComponent(strategy)}/${action}`;
  const body = JSON.stringify({ reason });
  const options = { method: "POST", headers: header(token), body };
  return (await checked(await fetch(path, options))).json();
}

/**
 * Listen until stopped, connecting again and asking for what was missed.
 * `on` has event(kind, data), open(), lost(words) and refused(error).
 */
export function listen(token, on) {
  let last = "0"; // all that the desk still knows
  let isOver = false;
  let connection = null;

  async function once() {
    connection = new AbortController();
    let silence = null;
    const heard = () => {
      clearTimeout(silence);
      silence = setTimeout(() => connection.abort(), SILENCE_MS_MAX);
    };
    heard();
    try {
      const options = {
        headers: { ...header(token), "last-event-id": last },
        signal: connection.signal,
        cache: "no-store",
      };
      const response = await checked(await fetch("/api/events", options));
      on.open();
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      for (let rest = ""; ;) {
        const { value, done } = await reader.read();
        if (done) return;
        heard();
        const frames = (rest + value).split("\n\n");
        rest = frames.pop();
        frames.forEach(take);
      }
    } finally {
      clearTimeout(silence);
    }
  }

  function take(frame) {
    const fields = Object.fromEntries(frame.split("\n").map((line) => {
      const at = line.indexOf(": ");
      return [line.slice(0, at), line.slice(at + 2)];
    }));
    if (fields.id) last = fields.id;
    if (fields.event) on.event(fields.event, JSON.parse(fields.data));
  }

  async function forever() {
    for (let tries = 0; !isOver; tries += 1) {
      const started = Date.now();
      try {
        await once();
      } catch (error) {
        if (isOver) return;
        if (error.status === 401 || error.status === 429) return on.refused(error);
      }
      if (isOver) return;
      if (Date.now() - started > WAIT_MS.at(-1)) tries = 0;
      on.lost();
      await new Promise((go) => setTimeout(go, WAIT_MS[Math.min(tries, WAIT_MS.length - 1)]));
    }
  }

  forever();
  return () => { isOver = true; connection?.abort(); };
}
