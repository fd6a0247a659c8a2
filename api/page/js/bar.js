/* The bar on top of every page: next race, connection, health, workers, racing day. */

import { clock, Follower, get } from "./api.js";
import { element, mark, say } from "./dom.js";
import { bothTimes, countdown, dayOf, duration, instant, milliseconds, racingDay, timeOfDay } from "./format.js";
import { raceLink } from "./card.js";

const HEALTH_EVERY_MS = 15_000;
const UNTIL_CLOCK_MS = 4_000; // two readings of the server's clock tell how fast it runs
const ABLE_TO_SAY_WHY = 503; // the health route's own answer when the database is away

const part = (name) => document.getElementById(name);

export class Bar {
  #answered = null;
  #failure = null;
  #workers = null;
  #heard = 0;

  constructor() {
    new Follower(askAround, {
      onAnswer: (answer) => {
        this.#heard = performance.now();
        this.#showHealth(answer);
      },
      onFailure: () => this.#showHealth({ health: null, schedule: null }),
      every: () => (clock.knowsSpeed ? HEALTH_EVERY_MS : UNTIL_CLOCK_MS) * clock.speed, // real time, as heartbeats are
    });
    if (part("next")) part("next").append("next ", element("a"), " ", element("time", { class: "countdown" }));
  }

  /** The page's own data came in. */
  answered() {
    if (this.#failure) announce("back online");
    this.#answered = clock.now();
    this.#failure = null;
    this.tick(clock.now());
  }

  /** The page's own data did not come. */
  failed(error) {
    if (!this.#failure) announce(`${this.#problemWords(error)}; what is shown is old`);
    this.#failure = error;
    this.tick(clock.now());
  }

  /** Show the race that starts next. */
  showNext(race, at) {
    const [link, time] = part("next").children;
    part("next").hidden = race === null;
    if (race === null) return;
    const start = instant(race.off_time);
    say(link, `${race.race_number ? `R${race.race_number} ` : ""}${race.course}`);
    mark(link, "href", raceLink(race.race_id));
    say(time, countdown((start - at) / 1000));
    mark(time, "title", bothTimes(start));
  }

  /** Let the ages run on to the server's time *at*. */
  tick(at) {
    const node = part("connection");
    document.body.classList.toggle("offline", this.#failure !== null);
    if (this.#failure) {
      const answered = this.#answered;
      const age = duration((at - answered) / 1000);
      const since = answered === null ? "" : ` · last answer ${timeOfDay(answered)}, ${age} ago`;
      say(node, `${this.#problemWords(this.#failure)}${since}`);
      mark(node, "data-tone", "bad");
    } else {
      say(node, this.#answered === null ? "asking …" : `live · ${timeOfDay(this.#answered)}`);
      mark(node, "data-tone", this.#answered === null ? null : "good");
    }
    this.#showWorkers();
  }

  #problemWords(error) {
    return error.isOffline ? "offline" : error.message;
  }

  #showHealth({ health, schedule }) {
    const node = part("health");
    const status = health?.status ?? "health unknown";
    say(node, [status, ...(health?.reasons ?? [])].join(": "));
    mark(node, "data-tone", health === null ? null : status === "healthy" ? "good" : "bad");
    this.#workers = schedule?.system_info.workers ?? null;
    const day = schedule?.system_info.racing_day;
    say(part("day"), `racing day ${day ? dayOf(day) : racingDay(clock.now())}`);
    this.#showWorkers();
  }

  /** The heartbeat is real time: its age is the server's figure and what has passed here since. */
  #showWorkers() {
    const living = (this.#workers ?? []).filter((worker) => !worker.stopped_at);
    const worker = living.find((one) => one.is_leader) ?? living[0];
    if (this.#workers === null) return say(part("workers"), "workers unknown");
    if (!worker) return say(part("workers"), "no worker");
    const age = worker.heartbeat_age_s + (performance.now() - this.#heard) / 1000;
    say(part("workers"), `workers ${duration(age)} ago · polls ${milliseconds(worker.lateness_p99_ms)} late`);
  }
}

/** The health route's answer, also the one it gives with 503, and the workers' own account. */
async function askAround() {
  const health = await get("/health").catch((error) => {
    if (error.status === ABLE_TO_SAY_WHY && error.body?.status) return error.body;
    throw error;
  });
  const schedule = await get("/api/scheduler-status").catch(() => null);
  return { health, schedule };
}

/** Tell a screen reader what matters and only that: going offline, coming back. */
function announce(text) {
  say(part("announce"), text);
}
