// Puts the screen together: hears pictures of it, draws what changed and passes on what the person does.

import {Api} from './api.js';
import {Composer} from './composer.js';
import {h, icon, keyed, replace} from './dom.js';
import {inline} from './markdown.js';
import {ModalView} from './modal.js';
import {drawPosts} from './posts.js';
import {drawSidebar} from './sidebar.js';
import {Tour} from './tour.js';

const at = (id) => document.getElementById(id);
const store = {get: (key) => localStorage.getItem(key), set: (key, value) => localStorage.setItem(key, value)};
let picture = null;
let thread = '';
let opened = null;
let openPopover = null;

const api = new Api(show, (connected) => document.body.classList.toggle('offline', !connected));
const onError = (problem) => toast(problem.message, true);
const composer = new Composer(at('composer'), {api, thread: false, onError});
const reply = new Composer(at('thread-composer'), {api, thread: true, onError});
const modal = new ModalView(at('modal'), {api, onError});
const tour = new Tour(at('tour'), at('tour-ring'), store);

const acts = {
  click: (post, index, label) => api.send('click', {post: post.id, index, label}),
  choose: (post, index, label, value) => api.send('choose', {post: post.id, index, label, value}),
  pick: (post, label) => act(() => api.send('pick', {post: post.id, label})),
  dismiss: (post) => act(() => api.send('dismiss', {post: post.id})),
  thread: (post) => openThread(post.root_id || post.id),
  busy: async (element, work) => {
    element.classList.add('busy');
    await act(work);
    element.classList.remove('busy');
    if (element.tagName === 'SELECT') element.selectedIndex = 0;
  },
  popover,
};

async function act(work) {
  closePopover();
  try {
    return await work();
  } catch (problem) {
    onError(problem);
    return null;
  }
}

function show(next) {
  const moved = picture?.channel.id !== next.channel.id || picture?.me.username !== next.me.username;
  if (moved && picture) closeThread();
  if (picture?.me.username !== next.me.username) api.send('enter').catch(onError);
  picture = next;
  document.title = titleLine(next);
  at('title').textContent = next.title;
  drawSwitches();
  drawSidebar(next, open);
  drawChannelHead();
  drawMessages(moved);
  drawThread();
  drawProblem();
  modal.draw(next.modal);
  at('show-around').hidden = !next.tour.length;
  tour.offer(next.tour, next.channel.id);
  visit();
}

function titleLine({channels, directs, channel, title}) {
  const unread = [...channels, ...directs].filter((one) => one.id !== channel.id).reduce((sum, one) => sum + one.mentions, 0);
  return `${unread ? `(${unread}) ` : ''}${channel.label} · ${title}`;
}

function drawSwitches() {
  fill(at('person'), picture.people.map((one) => [one.username, named(one)]), picture.me.username);
  const siblings = picture.siblings.length ? picture.siblings : [{label: picture.surface, url: ''}];
  fill(at('surface'), siblings.map((one) => [one.url, one.label]), siblings.find((one) => one.label === picture.surface)?.url ?? '');
  at('fire').parentElement.hidden = !picture.samples.length;
  keyed(at('samples'), picture.samples, (one) => one.name, drawSample);
}

function named({username, position, is_admin: isAdmin}) {
  const role = position || (isAdmin ? 'admin' : '');
  return role ? `@${username} · ${role}` : `@${username}`;
}

function fill(select, options, chosen) {
  const signature = JSON.stringify([options, chosen]);
  if (select.signature === signature) return;
  select.signature = signature;
  replace(select, options.map(([value, label]) => h('option', {value, selected: value === chosen}, label)));
  select.value = chosen;
}

function drawSample(sample) {
  const tell = (intent) => act(async () => {
    const {said} = await api.send(intent, {sample: sample.name});
    if (said) toast(said);
  });
  return h('div', {class: 'sample'},
    h('div', {}, h('b', {}, sample.label), sample.description ? h('small', {}, sample.description) : null),
    h('button', {type: 'button', class: 'action danger', testid: `fire-${sample.name}`, onclick: () => tell('fire')}, 'Fire'),
    picture.can_resolve ? h('button', {type: 'button', class: 'action', testid: `resolve-${sample.name}`, onclick: () => tell('resolve')}, 'Resolve it') : null);
}

function drawChannelHead() {
  const {channel, apps} = picture;
  at('channel-name').textContent = channel.type === 'D' ? `@${channel.label}` : channel.label;
  at('channel-header').textContent = channel.header || (channel.type === 'D' ? 'Direct messages' : `${channel.members} members`);
  keyed(at('header-buttons'), apps.header.map((label) => ({label})), (one) => one.label, ({label}) =>
    h('button', {type: 'button', class: 'action', testid: `header-${label}`, onclick: (event) =>
      acts.busy(event.currentTarget, () => api.send('header', {label}))}, icon('bell'), h('span', {}, label)));
  const hint = at('hint');
  if (hint.words !== picture.hint) replace(hint.querySelector('span'), inline(picture.hint));
  hint.words = picture.hint;
  hint.hidden = !picture.hint || store.get('hint') === picture.hint;
  composer.at(channel.id, `Write to ${channel.type === 'D' ? '@' : '~'}${channel.label}, or / for commands`);
}

function drawMessages(moved) {
  const posts = at('posts');
  const atEnd = posts.scrollHeight - posts.scrollTop - posts.clientHeight < 60;
  const before = posts.childElementCount;
  posts.querySelector('.empty')?.remove();
  drawPosts(posts, picture.posts, picture, acts, 'channel');
  if (!picture.posts.length) posts.append(emptyState());
  if (moved || atEnd) toTheNewest(posts);
  else if (posts.childElementCount > before) at('newest').hidden = false;
}

// To the end, or to the beginning of a last message that is longer than the screen.
function toTheNewest(posts) {
  posts.scrollTop = posts.scrollHeight;
  const last = posts.lastElementChild;
  if (last && last.offsetHeight > posts.clientHeight) last.scrollIntoView({block: 'start'});
}

function emptyState() {
  const {channel, samples, start, tour: steps} = picture;
  const direct = channel.type === 'D';
  const quiet = samples.length && channel.name === start;
  return h('div', {class: 'empty', testid: 'empty'}, icon(direct ? 'people' : quiet ? 'bell' : 'hash'),
    h('h2', {}, direct ? `This is the start of your messages with @${channel.label}` : quiet ? 'All is quiet' : `Welcome to ${channel.label}`),
    h('p', {}, quiet ? 'Fire a sample alert to see what happens here when something breaks.'
      : 'Nothing has been written here yet. Write the first message, or type / to see the commands.'),
    quiet && steps.length ? h('div', {class: 'empty-actions'},
      h('button', {type: 'button', class: 'action', testid: 'show-me', onclick: showAround}, 'Show me around')) : null);
}

function showAround() {
  closePopover();
  tour.start({takesFocus: true});
}

function openThread(root) {
  thread = root;
  closePopover();
  drawThread();
  const posts = at('thread-posts');
  posts.scrollTop = posts.scrollHeight;
  reply.focus();
}

function closeThread() {
  thread = '';
  at('thread').hidden = true;
  at('layout').classList.remove('with-thread');
}

function drawThread() {
  const root = picture?.posts.find((post) => post.id === thread);
  if (!root) return closeThread();
  const posts = at('thread-posts');
  const atEnd = posts.scrollHeight - posts.scrollTop - posts.clientHeight < 60;
  at('thread').hidden = false;
  at('layout').classList.add('with-thread');
  at('thread-channel').textContent = picture.channel.label;
  drawPosts(posts, [root, ...root.replies], picture, acts, 'thread');
  if (atEnd) posts.scrollTop = posts.scrollHeight;
  reply.at(root.id, 'Reply to this thread', root.id);
}

// A problem that came with the last thing sent stays at its message box until the next key.
function drawProblem() {
  const text = picture.problem?.where === 'composer' ? picture.problem.text : '';
  const latest = document.activeElement === reply.box ? reply : composer;
  if (text && drawProblem.last !== picture.notices) latest.complain(text);
  composer.problem = text;
  reply.problem = text;
  drawProblem.last = picture.notices;
}

// Links an answer opened: a new tab where the browser lets us, and always words to press.
function visit() {
  if (opened === null || opened.person !== picture.me.username) {
    opened = {person: picture.me.username, count: picture.opened.length};
    return;
  }
  for (const url of picture.opened.slice(opened.count)) {
    if (!/^(https?:\/\/|\/(?!\/))/i.test(url)) continue;
    window.open(url, '_blank', 'noopener');
    toast('Opened in a new tab.', false, url);
  }
  opened.count = picture.opened.length;
}

function open(channel) {
  showSidebar(false);
  act(() => api.send('open', {channel})).then(() => composer.focus());
}

function be(person) {
  closeThread();
  picture = null;
  store.set('person', person);
  api.be(person);
}

function toast(text, isBad = false, url = '') {
  const note = h('div', {class: isBad ? 'toast bad' : 'toast', testid: 'toast'}, text,
    url ? h('a', {href: url, target: '_blank', rel: 'noopener noreferrer'}, ' Open again') : null);
  at('toasts').append(note);
  setTimeout(() => note.remove(), isBad ? 8000 : 4500);
}

function popover(button, list) {
  const wasOpen = openPopover?.list === list;
  closePopover();
  if (wasOpen) return;
  openPopover = {button, list};
  list.hidden = false;
  button.setAttribute('aria-expanded', 'true');
  button.closest('.post')?.classList.add('menu-open');
  const box = list.closest('.posts')?.getBoundingClientRect();
  list.classList.toggle('up', Boolean(box) && list.getBoundingClientRect().bottom > box.bottom);
  list.querySelector('button')?.focus();
}

function closePopover() {
  if (!openPopover) return;
  openPopover.list.hidden = true;
  openPopover.button.setAttribute('aria-expanded', 'false');
  openPopover.button.closest('.post')?.classList.remove('menu-open');
  openPopover = null;
}

function moveInPopover(event) {
  const items = [...openPopover.list.querySelectorAll('button')];
  const step = event.key === 'ArrowDown' ? 1 : -1;
  event.preventDefault();
  items[(items.indexOf(document.activeElement) + step + items.length) % items.length].focus();
}

function showSidebar(isShown) {
  at('layout').classList.toggle('with-sidebar', isShown);
  at('shade').hidden = !isShown;
}

at('person').addEventListener('change', (event) => be(event.target.value));
at('surface').addEventListener('change', (event) => event.target.value && location.assign(`${event.target.value}#${picture.me.username}`));
at('fire').addEventListener('click', () => popover(at('fire'), at('samples')));
at('show-around').addEventListener('click', showAround);
at('close-thread').addEventListener('click', closeThread);
at('show-sidebar').addEventListener('click', () => showSidebar(true));
at('shade').addEventListener('click', () => showSidebar(false));
at('newest').addEventListener('click', () => at('posts').scrollTo({top: at('posts').scrollHeight, behavior: 'smooth'}));
at('posts').addEventListener('scroll', ({target}) => {
  if (target.scrollHeight - target.scrollTop - target.clientHeight < 60) at('newest').hidden = true;
}, {passive: true});
at('hint').querySelector('button').addEventListener('click', () => {
  store.set('hint', picture.hint);
  at('hint').hidden = true;
});
document.addEventListener('mousedown', (event) => {
  if (openPopover && !openPopover.list.contains(event.target) && !openPopover.button.contains(event.target)) closePopover();
});
document.addEventListener('keydown', (event) => {
  if (!openPopover) return;
  if (event.key === 'Escape') {
    const {button} = openPopover;
    closePopover();
    button.focus();
  } else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') moveInPopover(event);
});

// Another server names whom one was there, and has shown one around; each server has its own store.
if (location.hash) {
  tour.wasElsewhere();
  store.set('person', location.hash.slice(1));
  history.replaceState(null, '', location.pathname);
}
api.be(store.get('person') || '');
