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
  const workers = answer.system_info.workers;
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
  mark(part("sheet"), "data-state", "ready");
}

function showWorker(node, worker) {
  const [name, role, , watched, median, p99, error] = node.children;
  say(name, worker.worker_id);
  mark(name, "title", [worker.host, worker.version].filter(Boolean).join(" · "));
  say(role, worker.stopped_at ? "stopped" : worker.is_leader ? "leader" : "standing by");
  say(watched, words(worker.polls_watched));
  say(median, milliseconds(worker.lateness_p50_ms));
  say(p99, milliseconds(worker.lateness_p99_ms));
  say(error, words(worker.last_error));
  node.dataset.beat = String(performance.now() - worker.heartbeat_age_s * 1000);
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

/** Heartbeats are real time: their age is the server's figure and what has passed here since. */
function tick() {
  bar.tick(clock.now());
  for (const node of part("worker-rows").children) {
    const age = (performance.now() - Number(node.dataset.beat)) / 1000;
    say(node.querySelector(".heartbeat"), `${duration(age)} ago`);
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
