/** One of the buttons of a dialog. */
interface Choice<Value> {
  text: string;
  value: Value;
  /** Whether the button is highlighted. */
  isMain?: boolean;
  color?: string;
}

interface Dialog<Value> {
  /** `modal` in the middle, or `sheet` at the bottom. */
  kind: 'modal' | 'sheet';
  title: string;
  text?: string;
  choices: Choice<Value>[];
  /** The result of escape and of a tap beside it. Without it, the user must choose a button. */
  otherwise?: Value;
}

/** Asks the user in a dialog above everything. It works with the keyboard, and gives the focus back. */
export function ask<Value>({ kind, title, text, choices, otherwise }: Dialog<Value>): Promise<Value> {
  const dialog = make('dialog', `dialog dialog-${kind}`);
  const heading = make('h2', 'dialog-title', title);
  const explanation = make('p', 'dialog-text', text);
  heading.id = 'dialog-title';
  explanation.id = 'dialog-text';
  heading.hidden = !title;
  explanation.hidden = !text;
  dialog.setAttribute('aria-labelledby', title ? 'dialog-title' : 'dialog-text');
  if (title && text) dialog.setAttribute('aria-describedby', 'dialog-text');
  const buttons = make('div', 'dialog-buttons');
  dialog.append(heading, explanation, buttons);

  return new Promise((resolve) => {
    const close = (value: Value) => {
      dialog.close();
      dialog.remove();
      resolve(value);
    };
    for (const { text: label, value, isMain, color } of choices) {
      const button = make('button', isMain ? 'dialog-button dialog-button-main' : 'dialog-button', label);
      button.type = 'button';
      if (color) button.style.color = color;
      button.addEventListener('click', () => close(value));
      buttons.append(button);
    }
    dialog.addEventListener('cancel', (event) => {
      event.preventDefault();
      if (otherwise !== undefined) close(otherwise);
    });
    dialog.addEventListener('click', ({ target }) => {
      if (target === dialog && kind === 'sheet' && otherwise !== undefined) close(otherwise);
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

interface Toast {
  title: string;
  icon?: 'success' | 'error' | 'loading' | 'none';
}

/** WeChat's short message: one at a time. `wx.showLoading` shows one that stays. */
export class Toasts {
  readonly #element = make('div', 'toast');
  #timer = 0;

  constructor() {
    this.#element.setAttribute('role', 'status');
    this.#element.hidden = true;
    document.body.append(this.#element);
  }

  /** @param duration in milliseconds; without it, the message stays until it is hidden */
  show({ title, icon = 'success' }: Toast, duration?: number): void {
    window.clearTimeout(this.#timer);
    const sign = make('span', `toast-icon toast-icon-${icon}`);
    sign.ariaHidden = 'true';
    this.#element.replaceChildren(sign, make('span', 'toast-text', title));
    this.#element.hidden = false;
    if (duration !== undefined) this.#timer = window.setTimeout(() => this.hide(), duration);
  }

  hide(): void {
    window.clearTimeout(this.#timer);
    this.#element.hidden = true;
    this.#element.replaceChildren();
  }
}

/** An element with a class and a text. */
export function make<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  className: string,
  text = '',
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  return element;
}
