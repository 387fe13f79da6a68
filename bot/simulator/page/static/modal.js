// Modals: an Apps form or a native dialog, with errors at their fields, search lists and several submit buttons.

import {h, icon, replace} from './dom.js';
import {markdown} from './markdown.js';

export class ModalView {
  constructor(element, {api, onError}) {
    this.element = element;
    this.api = api;
    this.onError = onError;
    this.shown = '';
    this.id = null;
    this.before = null;
    element.addEventListener('cancel', (event) => {
      event.preventDefault();
      this.cancel();
    });
  }

  draw(modal) {
    const signature = JSON.stringify(modal);
    if (signature === this.shown) return;
    this.shown = signature;
    if (!modal) return this.close();
    const fresh = modal.id !== this.id;
    if (fresh && !this.element.open) this.before = document.activeElement;
    const focused = this.element.contains(document.activeElement) ? document.activeElement.id : '';
    this.id = modal.id;
    this.modal = modal;
    this.controls = new Map();
    replace(this.element, this.form(modal));
    if (!this.element.open) this.element.showModal();
    this.focus(fresh ? '' : focused);
  }

  close() {
    this.id = null;
    if (!this.element.open) return;
    this.element.close();
    replace(this.element);
    const next = this.before?.isConnected ? this.before : document.getElementById('message-box');
    next.blur(); // Chromium has put the focus back without a caret: typing would go nowhere.
    next.focus();
  }

  focus(focused) {
    const wrong = this.element.querySelector('[aria-invalid="true"]');
    const first = this.element.querySelector('.modal-fields input, .modal-fields select, .modal-fields textarea');
    (wrong || document.getElementById(focused) || first || this.element.querySelector('.primary'))?.focus();
  }

  form(modal) {
    const buttons = modal.buttons.length
      ? modal.buttons.map((one, index) => ({label: one.label, value: one.value, first: index === 0}))
      : [{label: modal.submit_label, value: '', first: true}];
    return h('form', {novalidate: true, onsubmit: (event) => {
      event.preventDefault();
      this.submit(event.submitter?.value || buttons[0].value);
    }},
    h('div', {class: 'modal-head'}, h('h2', {id: 'modal-title', testid: 'modal-title'}, modal.title),
      h('button', {type: 'button', class: 'icon-button', 'aria-label': 'Close', onclick: () => this.cancel()}, icon('close'))),
    h('div', {class: 'modal-fields'},
      modal.header ? h('div', {class: 'modal-header', testid: 'modal-header'}, markdown(modal.header)) : null,
      ...modal.fields.map((field) => this.field(field))),
    modal.error ? h('div', {class: 'modal-error', role: 'alert', testid: 'modal-error'}, markdown(modal.error)) : null,
    h('div', {class: 'modal-foot'},
      h('button', {type: 'button', class: 'action', testid: 'modal-cancel', onclick: () => this.cancel()}, 'Cancel'),
      ...buttons.map((one) => h('button', {type: 'submit', class: one.first ? 'action primary' : 'action', value: one.value,
        testid: modal.buttons.length > 1 ? `modal-submit-${one.value}` : 'modal-submit'}, one.label))));
  }

  field(field) {
    if (field.kind === 'markdown') return h('div', {class: 'modal-header'}, markdown(field.help));
    const id = `field-${field.name}`;
    const error = this.modal.errors[field.name];
    const described = [error ? `${id}-error` : '', field.help ? `${id}-help` : ''].filter(Boolean).join(' ');
    const common = {id, testid: id, disabled: field.readonly, 'aria-invalid': error ? 'true' : null,
      'aria-describedby': described || null, 'aria-required': field.required ? 'true' : null};
    const control = this.control(field, common);
    const label = (field.kind === 'bool' && !field.placeholder) || field.kind === 'radio' ? null
      : h('label', {for: id}, field.label, field.required ? h('span', {class: 'must', 'aria-hidden': 'true'}, ' *') : '');
    return h('div', {class: `line${error ? ' wrong' : ''}`}, label, control,
      error ? h('div', {class: 'line-error', id: `${id}-error`, testid: `field-error-${field.name}`}, markdown(error)) : null,
      field.help ? h('div', {class: 'line-help', id: `${id}-help`}, markdown(field.help)) : null);
  }

  control(field, common) {
    if (field.kind === 'bool') return this.box(field, common);
    if (field.kind === 'radio') return this.radios(field, common);
    if (field.kind === 'textarea') return this.text(field, common, h('textarea', {...common, rows: '4'}));
    if (field.searched || field.multiselect) return this.search(field, common);
    if (field.kind === 'select') return this.select(field, common);
    const kinds = {number: 'text', email: 'email', tel: 'tel', url: 'url', password: 'password'};
    const type = {date: 'date', datetime: 'datetime-local'}[field.kind] || kinds[field.subtype] || 'text';
    return this.text(field, common, h('input', {...common, type, autocomplete: type === 'password' ? 'new-password' : 'off',
      inputmode: field.subtype === 'number' ? 'decimal' : null}));
  }

  text(field, common, input) {
    input.placeholder = field.placeholder;
    // An instant comes on the clock of the person, with its offset behind it, which a picker does not take.
    input.value = field.kind === 'datetime' ? (field.value ?? '').slice(0, 16) : field.value ?? '';
    if (field.max_length) input.maxLength = field.max_length;
    let touched = field.value !== null;
    input.addEventListener('input', () => {
      touched = true;
    });
    input.addEventListener('change', () => this.changed(field));
    this.controls.set(field.name, () => (touched ? input.value : null));
    return input;
  }

  box(field, common) {
    const input = h('input', {...common, type: 'checkbox', onchange: () => this.changed(field)});
    input.checked = Boolean(field.value);
    this.controls.set(field.name, () => input.checked);
    return h('label', {class: 'check'}, input,
      h('span', {}, field.placeholder || field.label,
        field.required ? h('span', {class: 'must', 'aria-hidden': 'true'}, ' *') : ''));
  }

  radios(field, common) {
    const inputs = field.options.map((option, index) => h('input', {
      type: 'radio', name: common.id, value: option.value, id: index ? `${common.id}-${index}` : common.id,
      testid: `${common.id}-${option.value}`, onchange: () => this.changed(field)}));
    inputs.forEach((input) => {
      input.checked = input.value === field.value?.value;
    });
    this.controls.set(field.name, () => inputs.find((input) => input.checked)?.value ?? '');
    return h('fieldset', {}, h('legend', {}, field.label, field.required ? h('span', {class: 'must'}, ' *') : ''),
      ...inputs.map((input, index) => h('label', {class: 'check'}, input, h('span', {}, field.options[index].label))));
  }

  select(field, common) {
    const element = h('select', {...common, onchange: () => this.changed(field)},
      h('option', {value: ''}, field.placeholder || (field.required ? 'Choose…' : 'None')),
      ...field.options.map((option) => h('option', {value: option.value}, option.label)));
    element.value = field.value?.value ?? '';
    this.controls.set(field.name, () => element.value);
    return element;
  }

  search(field, common) {
    const picker = new Picker(field, common, {
      options: async (text) => (field.searched ? (await this.api.send('search', {field: field.name, text})).options
        : field.options.filter((option) => option.label.toLowerCase().includes(text.toLowerCase()))),
      changed: () => this.changed(field),
    });
    this.controls.set(field.name, () => picker.value());
    return picker.element;
  }

  values() {
    return Object.fromEntries([...this.controls].map(([name, read]) => [name, read()])
      .filter(([name]) => !this.modal.fields.find((field) => field.name === name).readonly));
  }

  changed(field) {
    if (field.refresh) this.api.send('change', {field: field.name, values: this.values()}).catch(this.onError);
  }

  async submit(button) {
    const pressed = [...this.element.querySelectorAll('button[type=submit]')];
    pressed.forEach((one) => {
      one.disabled = true;
    });
    try {
      await this.api.send('submit', {values: this.values(), button});
    } catch (problem) {
      this.onError(problem);
    } finally {
      pressed.forEach((one) => {
        one.disabled = false;
      });
    }
  }

  cancel() {
    this.api.send('cancel').catch(this.onError);
  }
}

// A text field with a list below it; choices of a multi-select become chips.
class Picker {
  constructor(field, common, {options, changed}) {
    this.field = field;
    this.ask = options;
    this.changed = changed;
    this.picked = [field.value].flat().filter(Boolean);
    this.turn = 0;
    this.at = -1;
    const listId = `${common.id}-list`;
    this.chips = h('span', {class: 'chips'});
    this.input = h('input', {...common, type: 'text', role: 'combobox', autocomplete: 'off', 'aria-expanded': 'false',
      'aria-controls': listId, 'aria-autocomplete': 'list', placeholder: field.placeholder || 'Search…',
      oninput: () => this.open(), onclick: () => this.open(), onkeydown: (event) => this.key(event),
      onblur: () => setTimeout(() => document.activeElement !== this.input && this.shut(), 150)});
    this.list = h('ul', {id: listId, class: 'choices', role: 'listbox', hidden: true});
    this.element = h('div', {class: 'picker'}, h('div', {class: 'picker-box'}, this.chips, this.input), this.list);
    this.show();
  }

  value() {
    if (this.field.multiselect) return this.picked;
    return this.input.value.trim() ? this.picked[0] ?? '' : '';
  }

  show() {
    if (!this.field.multiselect) {
      this.input.value = this.picked[0]?.label ?? '';
      return;
    }
    this.input.value = '';
    replace(this.chips, this.picked.map((one) => h('span', {class: 'chip'}, one.label,
      h('button', {type: 'button', 'aria-label': `Remove ${one.label}`, onclick: () => {
        this.picked = this.picked.filter((other) => other !== one);
        this.show();
        this.changed();
      }}, '×'))));
  }

  async open() {
    const turn = this.turn += 1;
    const text = !this.field.multiselect && this.input.value === this.picked[0]?.label ? '' : this.input.value;
    const found = await this.ask(text).catch(() => []);
    if (turn !== this.turn) return;
    this.found = found.filter((option) => !this.field.multiselect || !this.picked.some((one) => one.value === option.value));
    this.at = -1;
    replace(this.list, this.found.length ? this.found.map((option, index) => h('li', {
      role: 'option', id: `${this.list.id}-${index}`, testid: 'choice', 'aria-selected': 'false', onmousedown: (event) => {
        event.preventDefault();
        this.take(option);
      }}, option.label)) : [h('li', {class: 'none'}, 'Nothing found')]);
    this.list.hidden = false;
    this.input.setAttribute('aria-expanded', 'true');
  }

  shut() {
    this.turn += 1;
    this.list.hidden = true;
    this.input.setAttribute('aria-expanded', 'false');
    this.show();
  }

  take(option) {
    this.picked = this.field.multiselect ? [...this.picked, option] : [option];
    this.shut();
    this.changed();
  }

  key(event) {
    if (this.list.hidden) {
      if (event.key === 'ArrowDown') this.open();
      return;
    }
    if (!this.found) return;
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      const step = event.key === 'ArrowDown' ? 1 : -1;
      this.at = Math.max(0, Math.min(this.found.length - 1, this.at + step));
      [...this.list.children].forEach((item, index) => item.setAttribute('aria-selected', String(index === this.at)));
      this.list.children[this.at]?.scrollIntoView({block: 'nearest'});
      this.input.setAttribute('aria-activedescendant', `${this.list.id}-${this.at}`);
    } else if (event.key === 'Enter' && this.found.length) {
      event.preventDefault();
      this.take(this.found[Math.max(0, this.at)]);
    } else if (event.key === 'Escape') {
      event.preventDefault();
      event.stopPropagation();
      this.shut();
    }
  }
}
