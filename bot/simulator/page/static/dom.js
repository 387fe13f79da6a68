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
export function keyed(parent, items, keyOf, draw) {
  const before = new Map([...parent.children].map((child) => [child.dataset.key, child]));
  const after = items.map((item) => {
    const key = keyOf(item);
    const signature = JSON.stringify(item);
    const kept = before.get(key);
    if (kept && kept.signature === signature) return kept;
    const fresh = draw(item, kept);
    fresh.dataset.key = key;
    fresh.signature = signature;
    return fresh;
  });
  after.forEach((element, place) => {
    if (parent.children[place] !== element) parent.insertBefore(element, parent.children[place] || null);
  });
  while (parent.children.length > after.length) parent.lastElementChild.remove();
}

export function replace(parent, ...children) {
  parent.replaceChildren(...children.flat().filter(Boolean));
}
