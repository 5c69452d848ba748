/**
 * A page as a function of its state: `h` describes elements, `render` makes the document agree and touches nothing else, so that a
 * playing video, a caret or the keyboard's focus survives every change. Text is only ever text: there is no way in for markup.
 */

/** @typedef {Record<string, any>} Props */
/** @typedef {{tag: string, key: string | undefined, props: Props, children: (VNode | string)[], node?: HTMLElement}} VNode */
/** @typedef {VNode | string | number | false | null | undefined} Leaf */
/** @typedef {Leaf | ChildList} Child */
/** @typedef {{readonly length: number, readonly [index: number]: Child}} ChildList */

const PROPERTIES = new Set(["value", "checked", "disabled", "hidden", "muted", "srcObject", "playsInline", "autoplay", "scrollTop"]);

/** Where the last description of a container, and an element's listeners, are remembered. */
const DRAWN = new WeakMap();
const LISTENERS = new WeakMap();

/**
 * Describe one element. Props: `on<event>` functions, `style` (an object, set through CSSOM), `mount(element)` once when made,
 * `key` to tell siblings apart; the rest are properties or attributes (`false` and `null` mean absent).
 * @param {string} tag
 * @param {Props | null} [props]
 * @param {...Child} children
 * @returns {VNode}
 */
export function h(tag, props, ...children) {
  const { key, ...rest } = props ?? {};
  return { tag, key, props: rest, children: flatten(children) };
}

/**
 * An icon of ours; decorative unless it gets a label.
 * @param {string} name
 * @param {string} [label]
 * @returns {VNode}
 */
export function icon(name, label) {
  const spoken = label ? { role: "img", "aria-label": label } : { "aria-hidden": "true" };
  return h("span", { class: `icon icon-${name}`, ...spoken });
}

/**
 * Make `container`'s children agree with the description.
 * @param {Element} container
 * @param {Child} child
 */
export function render(container, child) {
  const next = flatten([child]);
  if (!DRAWN.has(container)) container.replaceChildren(); // what the document said while it was loading
  patchChildren(container, DRAWN.get(container) ?? [], next);
  DRAWN.set(container, next);
}

/** @param {readonly Child[]} children @returns {(VNode | string)[]} */
function flatten(children) {
  /** @type {(VNode | string)[]} */
  const flat = [];
  for (const child of children) {
    if (child === null || child === undefined || child === false) continue;
    if (Array.isArray(child)) flat.push(...flatten(child));
    else if (typeof child === "number") flat.push(String(child));
    else flat.push(/** @type {VNode | string} */ (child));
  }
  return flat;
}

/**
 * Children are matched by key, or by tag and order where they have none. What is gone leaves first, so that what stays is not moved
 * (moving a video pauses it).
 * @param {Element} parent
 * @param {(VNode | string)[]} before
 * @param {(VNode | string)[]} after
 */
function patchChildren(parent, before, after) {
  const nodes = [...parent.childNodes];
  /** @type {Map<string, {old: VNode | string, node: ChildNode}[]>} */
  const reusable = new Map();
  before.forEach((old, index) => {
    const node = nodes[index];
    if (!node) return;
    const name = identity(old);
    reusable.set(name, [...(reusable.get(name) ?? []), { old, node }]);
  });
  const chosen = after.map((next) => ({ next, match: reusable.get(identity(next))?.shift() }));
  for (const left of reusable.values()) for (const { node } of left) node.remove();
  chosen.forEach(({ next, match }, index) => {
    const node = match ? patch(match.node, match.old, next) : create(next);
    if (parent.childNodes[index] !== node) parent.insertBefore(node, parent.childNodes[index] ?? null);
    if (!match && typeof next !== "string") next.props.mount?.(node);
  });
}

/** @param {VNode | string} child */
function identity(child) {
  return typeof child === "string" ? "#text" : `${child.tag}/${child.key ?? ""}`;
}

/** @param {VNode | string} next @returns {ChildNode} */
function create(next) {
  if (typeof next === "string") return document.createTextNode(next);
  const element = document.createElement(next.tag);
  setProps(element, {}, next.props);
  patchChildren(element, [], next.children);
  if ("value" in next.props) setProp(element, "value", next.props.value);
  return element;
}

/**
 * @param {ChildNode} node
 * @param {VNode | string} old
 * @param {VNode | string} next
 * @returns {ChildNode}
 */
function patch(node, old, next) {
  if (typeof next === "string" || typeof old === "string") {
    if (node.nodeValue !== next) node.nodeValue = String(next);
    return node;
  }
  const element = /** @type {HTMLElement} */ (node);
  setProps(element, old.props, next.props);
  patchChildren(element, old.children, next.children);
  return element;
}

/** @param {HTMLElement} element @param {Props} before @param {Props} after */
function setProps(element, before, after) {
  for (const name of Object.keys(before)) if (!(name in after)) setProp(element, name, undefined);
  for (const [name, value] of Object.entries(after)) {
    if (name === "style") setStyle(element, before.style ?? {}, value);
    else if (before[name] !== value || name === "value") setProp(element, name, value);
  }
}

/** @param {HTMLElement} element @param {string} name @param {any} value */
function setProp(element, name, value) {
  if (name === "mount") return;
  if (name.startsWith("on")) return listen(element, name.slice(2), value);
  if (PROPERTIES.has(name)) {
    const bare = /** @type {any} */ (element);
    const wanted = value ?? (name === "srcObject" ? null : name === "value" ? "" : false);
    if (bare[name] !== wanted) bare[name] = wanted;
    return;
  }
  if (value === false || value === null || value === undefined) element.removeAttribute(name);
  else element.setAttribute(name, value === true ? "" : String(value));
}

/** @param {HTMLElement} element @param {Record<string, string>} before @param {Record<string, string>} after */
function setStyle(element, before, after) {
  for (const name of Object.keys(before)) if (!(name in after)) element.style.removeProperty(name);
  for (const [name, value] of Object.entries(after)) if (before[name] !== value) element.style.setProperty(name, value);
}

/** @param {HTMLElement} element @param {string} type @param {((event: Event) => void) | undefined} listener */
function listen(element, type, listener) {
  const held = LISTENERS.get(element) ?? new Map();
  LISTENERS.set(element, held);
  if (!held.has(type)) element.addEventListener(type, (event) => held.get(type)?.(event));
  held.set(type, listener);
}
