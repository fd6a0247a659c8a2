/* The one module that fetches: answers of our own API, asked again on a rhythm, sooner where the stream says so. */

import { instant } from "./format.js";
import { ServerClock } from "./clock.js";

export const clock = new ServerClock();

const PATIENCE_MS = 10_000;
const LONGEST_PAUSE_MS = 30_000;
const NOT_MODIFIED = 304;
const MOST_REMEMBERED = 20;
const SETTLE_MS = 250; // changes come in bursts: one answer for each burst

export class ApiError extends Error {
  constructor(message, { status = 0, body = null, retryAfter = 0 } = {}) {
    super(message);
    Object.assign(this, { status, body, retryAfter });
  }

  /** No answer came at all. */
  get isOffline() {
    return this.status === 0;
  }
}

const known = new Map(); // url → the last answer and its tag

/** GET a path of the API → its JSON, the same object while nothing has changed; ApiError when there is none. */
export async function get(path, parameters = {}) {
  const query = new URLSearchParams(parameters).toString();
  const url = query ? `${path}?${query}` : path;
  const before = known.get(url);
  const response = await ask(url, before?.tag);
  if (response.status === NOT_MODIFIED && before) return before.body;
  const body = await response.json().catch(() => null);
  if (!response.ok || body === null) {
    throw new ApiError(body?.error ?? `the server answered ${response.status}`, {
      status: response.status,
      body,
      retryAfter: Number(response.headers.get("Retry-After")) * 1000 || 0,
    });
  }
  remember(url, response.headers.get("ETag"), body);
  clock.learn(instant(body.timestamp));
  return body;
}

/* The tag is sent by us and not by the browser's cache, which would hide a 304 and hand out the old timestamp as new. */
async function ask(url, tag) {
  try {
    return await fetch(url, {
      cache: "no-store",
      headers: { Accept: "application/json", ...(tag ? { "If-None-Match": tag } : {}) },
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
  } catch (error) {
    throw new ApiError(error.name === "TimeoutError" ? "no answer within 10 s" : "the server cannot be reached");
  }
}

function remember(url, tag, body) {
  known.delete(url);
  if (tag) known.set(url, { tag, body });
  if (known.size > MOST_REMEMBERED) known.delete(known.keys().next().value);
}

/** As `get`, but what is not there (404) is null. */
export async function getIfAny(path, parameters) {
  try {
    return await get(path, parameters);
  } catch (error) {
    if (error.status === 404) return null;
    throw error;
  }
}

/** Ask *load* on the rhythm *every(answer)* in ms of the server's time; more seldom while it fails, not while hidden. */
export class Follower {
  #timer = 0;
  #failures = 0;
  #asking = false;

  constructor(load, { onAnswer, onFailure, every }) {
    Object.assign(this, { load, onAnswer, onFailure, every });
    this.answer = null;
    document.addEventListener("visibilitychange", () => (document.hidden ? clearTimeout(this.#timer) : this.refresh()));
    window.addEventListener("online", () => this.refresh());
    this.refresh();
  }

  /** Ask now. */
  async refresh() {
    if (this.#asking) return;
    clearTimeout(this.#timer);
    this.#asking = true;
    let pause = LONGEST_PAUSE_MS;
    try {
      this.answer = await this.load();
      this.#failures = 0;
      pause = Math.max(1000, this.every(this.answer) / clock.speed);
      this.onAnswer(this.answer);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error; // a mistake of ours: the console has it, the asking goes on
      pause = this.#backoff(error);
      this.onFailure(error);
    } finally {
      this.#asking = false;
      if (!document.hidden) this.#timer = setTimeout(() => this.refresh(), pause);
    }
  }

  #backoff(error) {
    this.#failures += 1;
    const doubled = Math.min(LONGEST_PAUSE_MS, 1000 * 2 ** this.#failures);
    return Math.max(error.retryAfter, doubled * (0.75 + Math.random() / 2));
  }
}

export const STREAM = "/api/stream";
export const STREAM_AFTER_MS = 15000; // asking on a rhythm does until then: a page that is only glanced at opens none

/** Call *onChange* once per burst of changes told by the stream at *path*; the browser reconnects by itself. */
export function listen(path, onChange) {
  const stream = new EventSource(path);
  let settling = 0;
  const heard = () => {
    settling ||= setTimeout(() => {
      settling = 0;
      onChange();
    }, SETTLE_MS);
  };
  for (const kind of ["message", "change", "polled", "resync"]) stream.addEventListener(kind, heard);
  return stream;
}
