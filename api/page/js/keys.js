/* The keyboard: roving focus over the cards, filter, refresh and help. */

const links = (board) => [...board.querySelectorAll(".card a")];

/** Exactly one card is a stop of the Tab key: the focused one, else the one before, else the first. */
export function keepOneStop(board, chosen = null) {
  const all = links(board);
  const stop = chosen ?? all.find((link) => link === document.activeElement) ?? all.find((link) => link.tabIndex === 0);
  for (const link of all) {
    const wanted = link === (stop ?? all[0]) ? 0 : -1;
    if (link.tabIndex !== wanted) link.tabIndex = wanted;
  }
}

/** The link that an arrow key leads to from *link*, or null. */
function neighbour(board, link, key) {
  const column = link.closest(".stage");
  const inColumn = links(column);
  const row = inColumn.indexOf(link);
  if (key === "ArrowDown" || key === "ArrowUp") return inColumn[row + (key === "ArrowDown" ? 1 : -1)] ?? null;
  if (key === "Home") return inColumn[0];
  if (key === "End") return inColumn.at(-1);
  const filled = [...board.children].filter((stage) => links(stage).length > 0);
  const next = filled[filled.indexOf(column) + (key === "ArrowRight" ? 1 : -1)];
  return next ? links(next)[Math.min(row, links(next).length - 1)] : null;
}

const MOVES = new Set(["ArrowDown", "ArrowUp", "ArrowLeft", "ArrowRight", "Home", "End"]);

function rove(board, event) {
  const link = event.target.closest(".card a");
  if (!link || !MOVES.has(event.key) || event.ctrlKey || event.altKey || event.metaKey) return;
  event.preventDefault();
  const next = neighbour(board, link, event.key);
  if (!next) return;
  keepOneStop(board, next);
  next.focus();
  next.closest(".card").scrollIntoView({ block: "nearest" });
}

/** Bind the keys of the board. */
export function bindKeys({ board, search, refresh }) {
  const help = document.getElementById("help");
  const isTyping = (target) => target.matches("input:not([type=radio]), textarea, select");
  board.addEventListener("keydown", (event) => rove(board, event));
  board.addEventListener("focusin", (event) => {
    const link = event.target.closest(".card a");
    if (link) keepOneStop(board, link);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && event.target === search) {
      search.value = "";
      search.dispatchEvent(new Event("input", { bubbles: true }));
      links(board).find((link) => link.tabIndex === 0)?.focus();
    }
    if (isTyping(event.target) || help.open || event.ctrlKey || event.altKey || event.metaKey) return;
    const action = { "/": () => search.focus(), "?": () => help.showModal(), r: refresh }[event.key];
    if (action) {
      event.preventDefault();
      action();
    } else if (MOVES.has(event.key) && document.activeElement === document.body && event.key.startsWith("Arrow")) {
      const first = links(board).find((link) => link.tabIndex === 0);
      if (first) {
        event.preventDefault();
        first.focus();
      }
    }
  });
  document.getElementById("show-help").addEventListener("click", () => help.showModal());
}
