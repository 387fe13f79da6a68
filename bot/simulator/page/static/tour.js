// The guided tour: a bubble beside the thing it points at, never on top of it, that goes on when the thing is done.

import {h, icon, replace} from './dom.js';
import {inline} from './markdown.js';

const GAP = 12;
const EDGE = 10;
const LINE = 60;
const SEEN = 'tour';
const COVERS = '.popover:not([hidden]), .completions:not([hidden])';

const isShown = (element) => element.getClientRects().length > 0;
const allCalled = (name) => [...document.querySelectorAll(`[data-testid="${CSS.escape(name)}"]`)].filter(isShown);
const area = (one, other) =>
  Math.max(0, Math.min(one.right, other.right) - Math.max(one.left, other.left)) *
  Math.max(0, Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top));

export class Tour {
  constructor(bubble, ring, store) {
    this.bubble = bubble;
    this.ring = ring;
    this.store = store;
    this.steps = [];
    this.number = -1;
    this.channel = '';
    const later = () => {
      if (this.isOn && !this.asked) this.asked = requestAnimationFrame(() => this.look());
    };
    new MutationObserver(later).observe(document.body, {childList: true, subtree: true, attributes: true, attributeFilter: ['hidden', 'class']});
    addEventListener('resize', later);
    document.addEventListener('scroll', later, {capture: true, passive: true});
    document.addEventListener('keydown', (event) => this.key(event));
  }

  get isOn() {
    return this.number >= 0;
  }

  get step() {
    return this.steps[this.number];
  }

  // What the server tells of it; whoever is here for the first time is shown around at once.
  offer(steps, channel) {
    this.steps = steps;
    if (channel !== this.channel) this.known = Infinity;
    this.channel = channel;
    if (steps.length && !this.store.get(SEEN)) this.start();
  }

  // Whoever comes from another server has been shown around there.
  wasElsewhere() {
    if (!this.store.get(SEEN)) this.store.set(SEEN, 'over');
  }

  start({takesFocus = false} = {}) {
    this.store.set(SEEN, 'begun');
    this.go(0);
    if (takesFocus) this.bubble.querySelector('[data-testid="tour-next"]').focus();
  }

  end() {
    this.number = -1;
    this.store.set(SEEN, 'over');
    if (this.bubble.contains(document.activeElement)) document.getElementById('message-box').focus();
    this.unpoint();
    this.bubble.hidden = true;
    this.ring.hidden = true;
  }

  go(number) {
    if (number >= this.steps.length) return this.end();
    const focused = this.bubble.contains(document.activeElement) ? document.activeElement.dataset.testid : '';
    this.number = number;
    this.known = Infinity;
    this.draw();
    this.target()?.scrollIntoView({block: 'nearest'});
    this.look();
    if (focused) (this.bubble.querySelector(`[data-testid="${focused}"]`) || this.bubble.querySelector('[data-testid="tour-next"]')).focus();
  }

  draw() {
    const isLast = this.number === this.steps.length - 1;
    replace(this.bubble,
      h('button', {type: 'button', class: 'icon-button', 'aria-label': 'End the tour', testid: 'tour-end', onclick: () => this.end()}, icon('close')),
      h('p', {class: 'tour-count'}, `${this.number + 1} of ${this.steps.length}`),
      h('h2', {id: 'tour-title', testid: 'tour-title'}, this.step.title),
      h('p', {class: 'tour-text'}, ...inline(this.step.text)),
      h('div', {class: 'tour-foot'},
        this.number ? h('button', {type: 'button', class: 'action', testid: 'tour-back', onclick: () => this.go(this.number - 1)}, 'Back') : null,
        h('button', {type: 'button', class: 'action primary', testid: 'tour-next', onclick: () => this.go(this.number + 1)}, isLast ? 'Done' : 'Next')));
  }

  // The last of the first kind that is to be seen: the newest message stands at the end.
  target() {
    return this.step.at.map((name) => allCalled(name).at(-1)).find(Boolean);
  }

  look() {
    this.asked = 0;
    if (!this.isOn) return;
    const now = this.step.then ? allCalled(this.step.then).length : 0;
    if (this.step.then && now > this.known) return this.go(this.number + 1);
    this.known = Math.min(this.known, now);
    this.place();
  }

  place() {
    const target = this.target();
    this.point(target);
    this.bubble.hidden = false;
    const opened = [...document.querySelectorAll(COVERS)].filter(isShown);
    const taken = [target, ...opened].filter(Boolean).map((one) => one.getBoundingClientRect());
    const box = {width: this.bubble.offsetWidth, height: this.bubble.offsetHeight};
    const found = best(candidates(taken, box), box, taken);
    this.bubble.style.transform = `translate(${Math.round(found.left)}px, ${Math.round(found.top)}px)`;
  }

  point(target) {
    const post = target?.closest('.post') ?? null;
    if (this.pointed !== post) this.unpoint();
    this.pointed = post;
    if (post && !post.classList.contains('pointed')) post.classList.add('pointed');
    this.ring.hidden = !target;
    if (!target) return;
    const {left, top, width, height} = target.getBoundingClientRect();
    this.ring.style.transform = `translate(${left - 4}px, ${top - 4}px)`;
    this.ring.style.width = `${width + 8}px`;
    this.ring.style.height = `${height + 8}px`;
  }

  unpoint() {
    this.pointed?.classList.remove('pointed');
    this.pointed = null;
  }

  key(event) {
    const isElsewhere = event.defaultPrevented || document.querySelector('dialog[open], .popover:not([hidden])');
    if (event.key === 'Escape' && this.isOn && !isElsewhere) this.end();
  }
}

// On each side of the thing, then of what it has opened, then the corners.
function candidates(taken, {width, height}) {
  const right = innerWidth - width - EDGE;
  const bottom = innerHeight - height - EDGE;
  const beside = taken.flatMap((one) => {
    const along = one.left + one.width / 2 - width / 2;
    const level = one.top + Math.min(one.height, 160) / 2 - height / 2;
    return [
      {left: along, top: one.bottom + GAP}, {left: along, top: one.top - GAP - height},
      {left: one.right + GAP, top: level}, {left: one.left - GAP - width, top: level},
    ];
  });
  const corners = [right, EDGE].flatMap((left) => [{left, top: bottom - LINE}, {left, top: EDGE + LINE}]);
  return [...beside, ...corners].map(({left, top}) =>
    ({left: Math.max(EDGE, Math.min(right, left)), top: Math.max(EDGE, Math.min(bottom, top))}));
}

// The first that covers least; earlier ones are nearer.
function best(places, {width, height}, taken) {
  const covered = ({left, top}) => taken.reduce((sum, one) => sum + area(one, {left, top, right: left + width, bottom: top + height}), 0);
  return places.reduce((chosen, place) => (covered(place) < covered(chosen) ? place : chosen));
}
