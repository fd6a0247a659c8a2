/* Elements made once and updated in place; all text goes in as text. */

/** Make an element: attributes, then children (nodes or text). */
export function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) node.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

/** Set the text where it differs, so that an unchanged page is not painted again. */
export function say(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** Set or (null) remove an attribute where it differs. */
export function mark(node, name, value) {
  if (value === null || value === undefined || value === "") node.removeAttribute(name);
  else if (node.getAttribute(name) !== value) node.setAttribute(name, value);
}

/** Show *items* in *parent*, one child each: made once per key, updated, moved only where the order changed. */
export function keyed(parent, items, { key, make, update }) {
  const present = new Map([...parent.children].map((child) => [child.dataset.key, child]));
  const wanted = items.map((item) => {
    const id = String(key(item));
    const child = present.get(id) ?? make(item);
    child.dataset.key = id;
    present.delete(id);
    update(child, item);
    return child;
  });
  for (const gone of present.values()) gone.remove();
  wanted.forEach((child, at) => {
    if (parent.children[at] !== child) moveTo(parent, child, parent.children[at] ?? null);
  });
}

/** Move a child and give the focus back that moving takes away. */
function moveTo(parent, child, before) {
  const focused = child.contains(document.activeElement) ? document.activeElement : null;
  parent.insertBefore(child, before);
  focused?.focus({ preventScroll: true });
}
