// Small helpers around the DOM. All text goes in as text, and all drawing happens once a frame.

/** The element with an id. */
export const byId = (id) => document.getElementById(id);

/**
 * A new element.
 * @param {string} tag
 * @param {Record<string, unknown>} properties of the element; `class`, and names with a dash, become attributes
 * @param {...(Node | string)} children
 */
export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name === 'class') made.className = value;
    else if (name.includes('-') || name === 'role') made.setAttribute(name, value);
    else made[name] = value;
  }
  made.append(...children);
  return made;
}

/** Write a text only where it differs, as writing it costs a layout. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

export function setClass(node, names) {
  if (node.className !== names) node.className = names;
}

const waiting = new Set();
let frame = 0;

/** Let `view.render()` be called in the next frame, once, however often this is said until then. */
export function invalidate(view) {
  waiting.add(view);
  frame ||= requestAnimationFrame(flush);
}

function flush() {
  frame = 0;
  const views = [...waiting];
  waiting.clear();
  for (const view of views) view.render();
}

/**
 * A function that calls `work` at once, and then again after `milliseconds` if it was called meanwhile.
 * Work that is still under way is waited for.
 */
export function throttled(milliseconds, work) {
  let busy = false;
  let again = false;
  return async function run() {
    if (busy) {
      again = true;
      return;
    }
    busy = true;
    do {
      again = false;
      await work();
      await new Promise((resolve) => setTimeout(resolve, milliseconds));
    } while (again);
    busy = false;
  };
}

/** Copy a text, and say on the button that it was. */
export async function copy(text, button) {
  const before = button.dataset.label ?? button.textContent;
  button.dataset.label = before;
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = 'Copied';
  } catch {
    button.textContent = 'Select it and copy';
  }
  setTimeout(() => { button.textContent = before; }, 1500);
}
