/* The server's time on this screen, learnt from the answers; it may run faster than the wall's. */

const OLDER_MS = 2500; // a timestamp may have waited that long in a cache or on its way: a countdown must not stutter
const SPEED_NEEDS_MS = 3000;
const FASTER_FROM = 1.2;

export class ServerClock {
  #at = null; // the server's time at …
  #read = 0; // … this reading of the monotonic clock
  #first = null; // the reading from which the speed is measured
  speed = 1;
  knowsSpeed = false;

  /** Take a server's timestamp that has just arrived. */
  learn(timestamp, read = performance.now()) {
    if (timestamp === null) return;
    this.#measure(timestamp, read);
    const behind = this.now(read) - timestamp;
    if (this.#at !== null && behind >= 0 && behind < OLDER_MS * this.speed) return;
    [this.#at, this.#read] = [timestamp, read];
  }

  /** The server's time in milliseconds; this machine's until an answer has come. */
  now(read = performance.now()) {
    return this.#at === null ? Date.now() : this.#at + (read - this.#read) * this.speed;
  }

  #measure(timestamp, read) {
    this.#first ??= { timestamp, read };
    const passed = read - this.#first.read;
    if (passed < SPEED_NEEDS_MS) return;
    const ratio = (timestamp - this.#first.timestamp) / passed;
    const speed = ratio > FASTER_FROM ? Math.round(ratio * 10) / 10 : 1;
    // A server that was started anew with another clock: measured from here on.
    if (this.knowsSpeed && Math.abs(speed - this.speed) > speed / 5) this.#first = { timestamp, read };
    if (speed !== this.speed) [this.#at, this.#read] = [timestamp, read];
    this.speed = speed;
    this.knowsSpeed = true;
  }
}
