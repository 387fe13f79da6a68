// Builds elements from words and never from markup: text always becomes a text node.

const SVG = 'http://www.w3.org/2000/svg';

export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (name === 'class') element.className = value;
    else if (name === 'testid') element.dataset.testid = value;
    else if (name === 'value') element.value = value;
    else element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== ''));
  return element;
}

export function icon(name) {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('aria-hidden', 'true');
  const use = document.createElementNS(SVG, 'use');
  use.setAttribute('href', `#i-${name}`);
  svg.append(use);
  return svg;
}

// One child per item; an element is kept as long as its item looks the same, so that focus and selection survive.
// A changed one takes the place of the old at once: moving its neighbours would make the browser scroll.
export function keyed(parent, items, keyOf, draw) {
  const before = new Map([...parent.children].map((child) => [child.dataset.key, child]));
  const after = items.map((item) => {
    const key = keyOf(item);
    const signature = JSON.stringify(item);
    const kept = before.get(key);
    before.delete(key);
    if (kept && kept.signature === signature) return kept;
    const fresh = draw(item, kept);
    fresh.dataset.key = key;
    fresh.signature = signature;
    if (kept) swap(kept, fresh);
    return fresh;
  });
  for (const gone of before.values()) gone.remove();
  after.forEach((element, place) => {
    if (parent.children[place] !== element) parent.insertBefore(element, parent.children[place] || null);
  });
}

function swap(old, fresh) {
  const focused = old.contains(document.activeElement) ? document.activeElement.dataset.testid : '';
  old.replaceWith(fresh);
  if (focused) fresh.querySelector(`[data-testid="${CSS.escape(focused)}"]`)?.focus({preventScroll: true});
}

export function replace(parent, ...children) {
  parent.replaceChildren(...children.flat().filter(Boolean));
}
