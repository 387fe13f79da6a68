// The list of channels and direct messages with what is unread.

import {h, icon, keyed} from './dom.js';
import {avatar} from './posts.js';

export function drawSidebar(picture, open) {
  const parent = document.getElementById('channels');
  document.getElementById('team').textContent = picture.team || 'No team';
  const groups = [
    {title: 'Channels', items: picture.channels},
    {title: 'Direct messages', items: picture.directs},
  ].map((group) => ({...group, current: picture.channel.id}));
  keyed(parent, groups, (group) => group.title, (group) => drawGroup(group, open));
}

function drawGroup({title, items, current}, open) {
  return h('section', {class: 'group', 'aria-label': title},
    h('h2', {}, title),
    h('ul', {}, ...items.map((item) => h('li', {}, drawItem(item, current, open)))),
    items.length ? null : h('p', {class: 'group-empty'}, 'Messages to you alone arrive here.'));
}

function drawItem(item, current, open) {
  const chosen = item.id === current;
  const unread = item.unread && !chosen;
  const kind = item.type === 'D' ? 'dm' : 'channel';
  return h('button', {
    type: 'button',
    class: `item${chosen ? ' chosen' : ''}${unread ? ' unread' : ''}`,
    testid: `${kind}-${item.name}`,
    'aria-current': chosen ? 'page' : null,
    onclick: () => open(item.id),
  },
  item.type === 'D' ? avatar(item.name, item.is_bot, 'tiny') : icon(item.type === 'P' ? 'lock' : 'hash'),
  h('span', {class: 'item-name'}, item.label),
  unread ? h('span', {class: item.mentions ? 'badge strong' : 'badge', testid: `unread-${item.name}`,
    'aria-label': `${item.unread} unread`}, String(item.unread)) : null);
}
