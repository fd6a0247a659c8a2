/* The server's time on this screen, learnt from the answers; it may run faster than the wall's. */

const TRUSTED_MS = 400; // below this a new reading is network jitter: a countdown must not stutter
const SPEED_NEEDS_MS = 3000;

export class ServerClock {
  #at = null; // the server's time at …
  #read = 0; // … this reading of the monotonic clock
  #first = null;
  speed = 1;

  /** Take a server's timestamp that has just arrived. */
  learn(timestamp, read = performance.now()) {
    if (timestamp === null) return;
    if (this.#at !== null && Math.abs(this.now(read) - timestamp) < TRUSTED_MS) return;
    this.#measure(timestamp, read);
    [this.#at, this.#read] = [timestamp, read];
  }

  /** The server's time in milliseconds; this machine's until an answer has come. */
  now(read = performance.now()) {
    return this.#at === null ? Date.now() : this.#at + (read - this.#read) * this.speed;
  }

  #measure(timestamp, read) {
    if (this.#first === null) {
      this.#first = { timestamp, read };
      return;
    }
    const passed = read - this.#first.read;
    if (passed < SPEED_NEEDS_MS) return;
    const ratio = (timestamp - this.#first.timestamp) / passed;
    this.speed = ratio > 1.2 ? Math.round(ratio * 10) / 10 : 1;
    this.#first = { timestamp, read };
  }
}
