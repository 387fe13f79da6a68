// The part of Mattermost's Markdown that alerts use, turned into DOM nodes. No markup is ever parsed as HTML.

import {h} from './dom.js';

const EMOJI = {
  fire: '🔥', bell: '🔔', warning: '⚠️', white_check_mark: '✅', heavy_check_mark: '✔️', x: '❌', rotating_light: '🚨',
  red_circle: '🔴', large_green_circle: '🟢', green_circle: '🟢', large_yellow_circle: '🟡', yellow_circle: '🟡',
  large_orange_circle: '🟠', orange_circle: '🟠', white_circle: '⚪', eyes: '👀', mute: '🔇', no_bell: '🔕',
  calendar: '📅', clock1: '🕐', hourglass: '⌛', phone: '📞', telephone_receiver: '📞', pager: '📟', tada: '🎉',
  wave: '👋', point_right: '👉', link: '🔗', memo: '📝', '+1': '👍', thumbsup: '👍', information_source: 'ℹ️',
};

const REFERENCES = {lt: '<', gt: '>', amp: '&', quot: '"', '#36': '$'};

const INLINE = new RegExp([
  /\\([\\`*_{}[\]()#+\-.!@~|>:])/,
  /(`+)([^]+?)\2(?!`)/,
  /!?\[([^\]\n]*)\]\(<?([^)\s>]+)>?(?:\s+"[^"]*")?\)/,
  /\b(https?:\/\/[^\s<>"'`|]+[^\s<>"'`|.,;:!?)\]*_])/,
  /\*\*([^]+?)\*\*/,
  /(?<!\w)__([^]+?)__(?!\w)/,
  /~~([^]+?)~~/,
  /\*([^*\s](?:[^*]*[^*\s])?)\*/,
  /(?<!\w)_([^_\s](?:[^_]*[^_\s])?)_(?!\w)/,
  /(?<![\w@])@([a-z0-9][a-z0-9._-]*[a-z0-9]|[a-z0-9])/,
  /:([a-z0-9_+-]+):/,
  /&(lt|gt|amp|quot|#36);/,
].map((part) => part.source).join('|'), 'gi');

export function markdown(text, me = '') {
  const root = document.createDocumentFragment();
  const lines = text.replace(/\r\n?/g, '\n').split('\n');
  for (let at = 0; at < lines.length;) at = block(root, lines, at, me);
  return root;
}

function block(root, lines, at, me) {
  const line = lines[at];
  if (!line.trim()) return at + 1;
  if (/^\s*```/.test(line)) return fence(root, lines, at);
  const heading = /^(#{1,6})\s+(.*?)\s*#*$/.exec(line);
  if (heading) {
    root.append(h('p', {class: `md-heading md-h${heading[1].length}`}, ...inline(heading[2], me)));
    return at + 1;
  }
  if (/^\s*([-*_])(\s*\1){2,}\s*$/.test(line)) {
    root.append(h('hr'));
    return at + 1;
  }
  if (/^\s*>/.test(line)) return quote(root, lines, at, me);
  if (ITEM.test(line)) return list(root, lines, at, me);
  if (line.includes('|') && /^[\s|:-]*-[\s|:-]*$/.test(lines[at + 1] || '')) return table(root, lines, at, me);
  return paragraph(root, lines, at, me);
}

const ITEM = /^(\s*)([-*+•]|\d+[.)])\s+(.*)$/;

function fence(root, lines, at) {
  let end = at + 1;
  while (end < lines.length && !/^\s*```/.test(lines[end])) end += 1;
  root.append(h('pre', {tabindex: '0'}, h('code', {}, lines.slice(at + 1, end).join('\n'))));
  return end + 1;
}

function quote(root, lines, at, me) {
  let end = at;
  while (end < lines.length && /^\s*>/.test(lines[end])) end += 1;
  const inside = lines.slice(at, end).map((line) => line.replace(/^\s*> ?/, '')).join('\n');
  root.append(h('blockquote', {}, markdown(inside, me)));
  return end;
}

function list(root, lines, at, me) {
  const ordered = /^\s*\d/.test(lines[at]);
  const first = parseInt(lines[at].trim(), 10);
  const parent = h(ordered ? 'ol' : 'ul', ordered && first !== 1 ? {start: first} : {});
  let item = null;
  for (; at < lines.length; at += 1) {
    const found = ITEM.exec(lines[at]);
    if (!found) {
      if (!lines[at].trim() || !/^\s{2,}/.test(lines[at]) || !item) break;
      item.append(h('br'), ...inline(lines[at].trim(), me));
      continue;
    }
    if (found[1].length < 2 && /^\d/.test(found[2]) !== ordered) break;
    item = h('li', {class: found[1].length >= 2 ? 'nested' : null}, ...inline(found[3], me));
    parent.append(item);
  }
  root.append(parent);
  return at;
}

function table(root, lines, at, me) {
  const cells = (line) => line.trim().replace(/^\||\|$/g, '').split(/(?<!\\)\|/).map((cell) => cell.trim());
  const head = cells(lines[at]);
  const body = h('tbody');
  let end = at + 2;
  for (; end < lines.length && lines[end].includes('|'); end += 1) {
    body.append(h('tr', {}, ...cells(lines[end]).map((cell) => h('td', {}, ...inline(cell, me)))));
  }
  root.append(h('div', {class: 'table', tabindex: '0'}, h('table', {},
    h('thead', {}, h('tr', {}, ...head.map((cell) => h('th', {}, ...inline(cell, me))))), body)));
  return end;
}

function paragraph(root, lines, at, me) {
  const words = [];
  for (; at < lines.length; at += 1) {
    const line = lines[at];
    if (!line.trim() || /^\s*(```|>|#{1,6}\s)/.test(line) || (words.length && ITEM.test(line))) break;
    if (words.length) words.push(h('br'));
    words.push(...inline(line, me));
  }
  root.append(h('p', {}, ...words));
  return at;
}

export function inline(text, me = '') {
  const nodes = [];
  let last = 0;
  for (const match of text.matchAll(INLINE)) {
    nodes.push(text.slice(last, match.index), token(match, me));
    last = match.index + match[0].length;
  }
  nodes.push(text.slice(last));
  return nodes.filter((node) => node !== '');
}

function token(match, me) {
  const [whole, escaped, , code, label, target, address, strong, strong2, struck, soft, soft2, name, emoji,
    reference] = match;
  if (escaped) return escaped;
  if (code !== undefined) return h('code', {}, code.trim() ? code.replace(/^ (.*) $/, '$1') : code);
  if (target !== undefined) return link(target, label ? inline(label, me) : [target], whole);
  if (address) return link(address, [address], whole);
  if (strong || strong2) return h('strong', {}, ...inline(strong || strong2, me));
  if (struck) return h('s', {}, ...inline(struck, me));
  if (soft || soft2) return h('em', {}, ...inline(soft || soft2, me));
  if (name) return h('span', {class: name.toLowerCase() === me ? 'mention mine' : 'mention'}, whole);
  if (reference) return REFERENCES[reference.toLowerCase()];
  return EMOJI[emoji?.toLowerCase()] || whole;
}

// Only web, mail and phone addresses and pages of this server become links; anything else stays text.
export function link(target, children, plain) {
  if (!/^(https?:\/\/|mailto:|tel:|\/(?!\/))/i.test(target)) return plain;
  return h('a', {href: target, target: '_blank', rel: 'noopener noreferrer'}, ...children);
}
