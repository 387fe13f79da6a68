// The message box: grows with its text, completes slash commands, keeps the draft when something was wrong.

import {h, icon, replace} from './dom.js';
import {inline} from './markdown.js';

let count = 0;

export class Composer {
  constructor(parent, {api, thread, onError}) {
    this.api = api;
    this.thread = thread;
    this.onError = onError;
    this.root = '';
    this.asked = 0;
    this.chosen = 0;
    this.moved = false;
    this.found = [];
    this.drafts = new Map();
    this.where = '';
    const id = thread ? 'thread-box' : 'message-box';
    this.listId = `completions-${count += 1}`;
    this.box = h('textarea', {
      id, rows: '1', testid: id, 'aria-label': thread ? 'Reply' : 'Message', 'aria-autocomplete': 'list',
      'aria-controls': this.listId, autocomplete: 'off', spellcheck: 'true',
      oninput: () => this.typed(), onkeydown: (event) => this.key(event), onblur: () => setTimeout(() => document.activeElement !== this.box && this.close(), 150),
    });
    this.list = h('ul', {id: this.listId, class: 'completions', role: 'listbox', 'aria-label': 'Suggestions',
      testid: 'suggestions', hidden: true});
    this.error = h('p', {class: 'problem', role: 'alert', testid: 'composer-error', hidden: true});
    this.button = h('button', {type: 'submit', class: 'send', 'aria-label': 'Send', testid: thread ? 'send-reply' : 'send'}, icon('send'));
    const form = h('form', {class: 'composer', onsubmit: (event) => {
      event.preventDefault();
      this.send();
    }}, this.list, h('div', {class: 'box', testid: thread ? 'reply-line' : 'message-line'}, this.box, this.button), this.error);
    parent.append(form);
    this.resize();
  }

  // Each channel and thread keeps its own draft.
  at(where, placeholder, root = '') {
    this.box.placeholder = placeholder;
    if (where === this.where) return;
    this.drafts.set(this.where, this.box.value);
    this.where = where;
    this.root = root;
    this.box.value = this.drafts.get(where) || '';
    this.complain('');
    this.close();
    this.resize();
  }

  focus() {
    this.box.focus();
  }

  typed() {
    this.moved = false;
    this.complain('');
    this.resize();
    this.suggest();
  }

  resize() {
    this.box.style.height = 'auto';
    this.box.style.height = `${Math.min(this.box.scrollHeight, 180)}px`;
    this.box.style.overflowY = this.box.scrollHeight > 180 ? 'auto' : 'hidden';
    this.button.disabled = !this.box.value.trim();
  }

  complain(text) {
    replace(this.error, inline(text));
    this.error.hidden = !text;
    this.box.setAttribute('aria-invalid', text ? 'true' : 'false');
  }

  async suggest() {
    const text = this.box.value;
    const turn = this.asked += 1;
    if (!text.startsWith('/') || text.includes('\n')) return this.close();
    try {
      const {suggestions} = await this.api.send('suggest', {text});
      if (turn === this.asked && this.box.value === text) this.show(suggestions);
    } catch {
      this.close();
    }
  }

  show(found) {
    this.found = found;
    this.moved = false;
    this.chosen = 0;
    replace(this.list, found.map((one, index) => h('li', {
      id: `${this.listId}-${index}`, role: 'option', testid: 'suggestion', onmousedown: (event) => {
        event.preventDefault();
        this.take(index);
      },
    }, h('span', {class: 'slash', 'aria-hidden': 'true'}, one.opens_modal ? '↗' : '/'),
    h('span', {class: 'completion'}, h('span', {}, h('b', {}, one.label), one.hint && one.hint !== one.label ? ` ${one.hint}` : ''),
      h('small', {}, one.description)))));
    this.list.hidden = !found.length;
    this.mark();
  }

  mark() {
    [...this.list.children].forEach((item, index) => {
      item.setAttribute('aria-selected', String(index === this.chosen));
      if (index === this.chosen && !this.list.hidden) item.scrollIntoView({block: 'nearest'});
    });
    if (this.list.hidden) this.box.removeAttribute('aria-activedescendant');
    else this.box.setAttribute('aria-activedescendant', `${this.listId}-${this.chosen}`);
  }

  close() {
    this.list.hidden = true;
    this.asked += 1;
    this.mark();
  }

  key(event) {
    const open = !this.list.hidden;
    if (open && (event.key === 'ArrowDown' || event.key === 'ArrowUp')) {
      event.preventDefault();
      const step = event.key === 'ArrowDown' ? 1 : -1;
      this.moved = true;
      this.chosen = (this.chosen + step + this.found.length) % this.found.length;
      this.mark();
    } else if (open && event.key === 'Tab' && !event.shiftKey) {
      event.preventDefault();
      this.take(this.chosen);
    } else if (open && event.key === 'Escape') {
      event.preventDefault();
      this.close();
    } else if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      const one = this.found[this.chosen];
      if (open && one && this.advances(one)) this.take(this.chosen);
      else this.send();
    }
  }

  // Enter takes what was chosen by arrow keys and what finishes the word; a command typed in full is sent.
  advances(one) {
    if (this.moved) return true;
    const typed = this.box.value.toLowerCase();
    return !/\s$/.test(typed) && one.complete.trimEnd().toLowerCase() !== typed && one.complete.toLowerCase().startsWith(typed);
  }

  take(index) {
    const one = this.found[index];
    if (!one) return;
    if (one.opens_modal) {
      this.close();
      this.api.send('open_in_modal', {text: this.box.value, root: this.root}).then(() => this.clear(), this.onError);
      return;
    }
    this.box.value = one.complete;
    this.box.focus();
    this.typed();
  }

  clear() {
    this.box.value = '';
    this.resize();
  }

  async send() {
    const text = this.box.value.trim();
    if (!text) return;
    this.close();
    this.complain('');
    this.box.value = '';
    this.resize();
    try {
      const {kept} = await this.api.send('type', {text, root: this.root});
      if (kept && !this.box.value) this.restore(text);
    } catch (problem) {
      this.restore(text);
      this.onError(problem);
    }
  }

  restore(text) {
    this.box.value = text;
    this.resize();
    this.complain(this.problem || '');
  }
}
