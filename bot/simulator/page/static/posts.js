// Messages: avatar, name, time, words, cards with their buttons, the menu and the way into the thread.

import {h, icon, keyed} from './dom.js';
import {inline, link, markdown} from './markdown.js';

const TIME = {hour: '2-digit', minute: '2-digit'};
const DAY = {weekday: 'long', day: 'numeric', month: 'long'};
const EMOJI = {'+1': '👍', eyes: '👀', white_check_mark: '✅', fire: '🔥', tada: '🎉'};

// In the zone of the person one is, as the bot writes to them; their own browser would have the same.
function format(at, parts, zone) {
  return new Date(at).toLocaleString([], {...parts, timeZone: zone || undefined});
}

export function avatar(name, isBot, size = '') {
  const hue = [...name].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 360, 7);
  const circle = h('span', {class: `avatar ${size}${isBot ? ' bot' : ''}`, 'aria-hidden': 'true'},
    isBot ? icon('bell') : name.slice(0, 2).toUpperCase());
  circle.style.setProperty('--hue', String(hue));
  return circle;
}

// `acts` carries what a person can do: click, choose, pick, thread, dismiss. `place` is channel or thread.
// Private answers within a thread are shown in the channel too, below the post they belong to.
export function drawPosts(parent, posts, picture, acts, place) {
  const shown = place === 'channel' ? posts.flatMap((post) => [post, ...post.replies.filter((reply) => reply.is_private)]) : posts;
  const zone = picture.me.timezone;
  const items = withDays(shown, zone).map((item) => ({
    ...item,
    me: picture.me.username,
    zone,
    menu: picture.apps.menu,
    failed: picture.problem?.where === 'action' && picture.problem.post_id === item.post?.id ? picture.problem.text : '',
  }));
  keyed(parent, items, (item) => item.key, (item) => (item.day ? drawDay(item) : drawPost(item, acts, place)));
}

function withDays(posts, zone) {
  const items = [];
  let before = '';
  for (const post of posts) {
    const day = format(post.at, DAY, zone);
    if (day !== before) items.push({key: `day-${day}`, day});
    before = day;
    items.push({key: post.id, post});
  }
  return items;
}

function drawDay({day, zone}) {
  const label = day === format(Date.now(), DAY, zone) ? 'Today' : day;
  return h('div', {class: 'day', role: 'separator'}, h('span', {}, label));
}

function drawPost(item, acts, place) {
  const {post, me, zone} = item;
  const words = h('div', {class: 'post-text', testid: 'post-text'}, markdown(post.text, me),
    post.is_edited && post.text ? h('span', {class: 'edited'}, '(edited)') : null);
  return h('article', {
    class: `post${post.is_private ? ' private' : ''}${post.is_system ? ' system' : ''}`,
    testid: post.is_private ? 'ephemeral' : 'post',
    'data-post': post.id,
    'aria-label': `${post.author}, ${format(post.at, TIME, zone)}`,
  },
  avatar(post.author, post.is_bot),
  h('div', {class: 'post-body'},
    drawByline(post, zone),
    post.is_private ? h('p', {class: 'only-you'}, icon('eye'), 'Only visible to you · ',
      h('button', {type: 'button', class: 'as-link', testid: 'dismiss', onclick: () => acts.dismiss(post)}, 'Dismiss')) : null,
    post.text ? words : null,
    drawCards(post, acts, me),
    item.failed ? h('p', {class: 'failed', role: 'alert', testid: 'action-error'}, item.failed) : null,
    drawReactions(post),
    place === 'channel' ? drawThreadLine(post, acts, zone) : null),
  drawTools(item, acts, place));
}

function drawByline(post, zone) {
  return h('div', {class: 'byline'},
    h('span', {class: 'author'}, post.author),
    post.is_bot ? h('span', {class: 'tag'}, 'BOT') : null,
    h('time', {datetime: new Date(post.at).toISOString()}, format(post.at, TIME, zone)),
    post.priority ? h('span', {class: `tag ${post.priority}`}, post.priority) : null,
    post.is_pinned ? h('span', {class: 'tag'}, 'Pinned') : null);
}

function drawCards(post, acts, me) {
  let button = 0;
  let select = 0;
  return post.cards.map((card) => {
    const element = h('section', {class: 'card', testid: 'card', 'aria-label': card.title || 'Attachment'},
      card.author ? h('p', {class: 'card-author'}, card.author) : null,
      card.title ? h('h3', {testid: 'card-title'}, ...title(card, me)) : null,
      card.text ? h('div', {class: 'card-text'}, markdown(card.text, me)) : null,
      card.fields.length ? h('dl', {class: 'fields'}, ...card.fields.map((field) => drawField(field, me))) : null,
      card.buttons.length || card.selects.length ? h('div', {class: 'actions'},
        ...card.buttons.map((one) => drawButton(one, button++, post, acts)),
        ...card.selects.map((one) => drawSelect(one, select++, post, acts))) : null,
      card.footer ? h('p', {class: 'card-footer'}, ...inline(card.footer, me)) : null);
    if (card.color) element.style.setProperty('--bar', card.color);
    return card.pretext ? h('div', {}, h('div', {class: 'pretext'}, markdown(card.pretext, me)), element) : element;
  });
}

function title(card, me) {
  const words = inline(card.title, me);
  return card.title_link ? [link(card.title_link, words, card.title)] : words;
}

function drawField(field, me) {
  return h('div', {class: field.short ? 'field short' : 'field'},
    h('dt', {}, ...inline(field.title, me)), h('dd', {}, markdown(field.value, me)));
}

function drawButton(one, index, post, acts) {
  const known = ['primary', 'success', 'good', 'warning', 'danger'];
  return h('button', {
    type: 'button',
    class: `action ${known.includes(one.style) ? one.style : ''}`,
    disabled: one.disabled,
    title: one.tooltip || null,
    testid: `button-${one.label}`,
    onclick: (event) => acts.busy(event.currentTarget, () => acts.click(post, index, one.label)),
  }, ...inline(one.label));
}

function drawSelect(one, index, post, acts) {
  return h('select', {
    class: 'action',
    disabled: one.disabled,
    'aria-label': one.label,
    testid: `select-${one.label}`,
    onchange: (event) => acts.busy(event.currentTarget, () => acts.choose(post, index, one.label, event.target.value)),
  },
  h('option', {value: '', selected: !one.default, disabled: true, hidden: true}, one.label),
  ...one.options.map((option) => h('option', {value: option.value, selected: option.value === one.default}, option.label)));
}

function drawReactions(post) {
  if (!post.reactions.length) return null;
  return h('div', {class: 'reactions'}, ...post.reactions.map((one) =>
    h('span', {class: 'reaction'}, EMOJI[one.emoji] || `:${one.emoji}:`, ` ${one.count}`)));
}

function drawThreadLine(post, acts, zone) {
  const replies = post.replies.filter((reply) => !reply.is_private);
  if (!replies.length) return null;
  const last = replies[replies.length - 1];
  const who = [...new Set(replies.map((reply) => reply.author))].slice(0, 3);
  return h('button', {type: 'button', class: 'thread-line', testid: 'open-thread', onclick: () => acts.thread(post)},
    ...who.map((name) => avatar(name, replies.some((reply) => reply.author === name && reply.is_bot), 'tiny')),
    h('strong', {}, `${replies.length} ${replies.length === 1 ? 'reply' : 'replies'}`),
    h('span', {}, `last at ${format(last.at, TIME, zone)}`));
}

function drawTools({post, menu}, acts, place) {
  if (post.is_private || post.is_system) return null;
  const list = h('div', {class: 'popover menu', role: 'menu', hidden: true});
  list.append(
    h('button', {type: 'button', role: 'menuitem', testid: 'menu-reply', onclick: () => acts.thread(post)}, 'Reply'),
    ...(menu.length ? [h('hr')] : []),
    ...menu.map((label) => h('button', {type: 'button', role: 'menuitem', testid: `menu-${label}`,
      onclick: () => acts.pick(post, label)}, label)));
  const more = h('button', {type: 'button', class: 'icon-button', 'aria-label': 'More actions', title: 'More actions',
    'aria-haspopup': 'menu', 'aria-expanded': 'false', testid: 'post-menu', onclick: () => acts.popover(more, list)}, icon('more'));
  return h('div', {class: 'tools'},
    place === 'channel' ? h('button', {type: 'button', class: 'icon-button', 'aria-label': 'Reply in thread',
      title: 'Reply in thread', testid: 'reply', onclick: () => acts.thread(post)}, icon('reply')) : null,
    more, list);
}
