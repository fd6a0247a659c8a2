/* The status page: workers, jobs with their last and next run, lateness. */

import { clock, Follower, get } from "./api.js";
import { Bar } from "./bar.js";
import { element, keyed, mark, say } from "./dom.js";
import { bothTimes, dayAndTime, duration, instant, milliseconds, words } from "./format.js";

const EVERY_MS = 5_000;
const part = (id) => document.getElementById(id);

function row(...names) {
  return element("tr", {}, ...names.map((name) => element("td", { class: name })));
}

function show(answer) {
  const workers = answer.workers ?? answer.system_info?.workers ?? [];
  part("no-workers").hidden = workers.length > 0;
  keyed(part("worker-rows"), workers, {
    key: (worker) => worker.worker_id,
    make: () => row("text", "text", "heartbeat", "", "", "", "text wrap"),
    update: showWorker,
  });
  keyed(part("jobs"), Object.entries(answer.schedulers ?? {}), {
    key: ([name]) => name,
    make: () => row("text wrap", "text", "", "", "", "text wrap"),
    update: (node, [name, job]) => showJob(node, name, job),
  });
  keyed(part("system"), plainFacts(answer.system_info ?? {}), {
    key: ([name]) => name,
    make: ([name]) => element("div", {}, element("dt", {}, name.replaceAll("_", " ")), element("dd")),
    update: (node, [, value]) => say(node.lastChild, words(value)),
  });
  mark(part("sheet"), "data-state", "ready");
}

/** What of *system_info* is one value, not a list or a group. */
const plainFacts = (info) => Object.entries(info).filter(([, value]) => value === null || typeof value !== "object");

function showWorker(node, worker) {
  const [name, role, , watched, median, p99, error] = node.children;
  say(name, worker.worker_id);
  mark(name, "title", [worker.host, worker.version].filter(Boolean).join(" · "));
  say(role, worker.stopped_at || worker.stopped ? "stopped" : worker.is_leader ? "leader" : "standing by");
  say(watched, words(worker.polls_watched));
  say(median, milliseconds(worker.lateness_p50_ms));
  say(p99, milliseconds(worker.lateness_p99_ms));
  say(error, words(worker.last_error));
  node.dataset.beat = worker.heartbeat_at ?? "";
}

function showJob(node, name, job) {
  const [title, state, last, success, next, error] = node.children;
  say(title, job.name ?? name);
  mark(title, "title", job.description);
  say(state, words(job.status));
  for (const [cell, text] of [[last, job.last_run], [success, job.last_success], [next, job.next_run]]) {
    say(cell, dayAndTime(instant(text)));
    mark(cell, "title", text ? bothTimes(instant(text)) : null);
  }
  say(error, words(job.error));
}

function tick() {
  const at = clock.now();
  bar.tick(at);
  for (const node of part("worker-rows").children) {
    const beat = instant(node.dataset.beat);
    say(node.querySelector(".heartbeat"), beat === null ? "–" : `${duration((at - beat) / 1000)} ago`);
  }
}

const bar = new Bar();
const follower = new Follower(() => get("/api/scheduler-status"), {
  onAnswer: (answer) => {
    bar.answered();
    show(answer);
    tick();
  },
  onFailure: (error) => bar.failed(error),
  every: () => EVERY_MS * clock.speed,
});
setInterval(tick, 1000);
document.addEventListener("keydown", (event) => {
  if (event.key === "r" && !event.ctrlKey && !event.metaKey && !event.altKey) follower.refresh();
});
