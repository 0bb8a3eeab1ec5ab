import { make } from './dialogs.js';
import type { Person } from './person.js';
import type { Privacy } from './privacy.js';

interface NicknameField {
  element: HTMLElement;
  field: HTMLInputElement;
  person: Person;
  privacy: Privacy;
  /** Whether it is one now: its type can change. */
  isNickname: () => boolean;
}

/**
 * Offers the nickname that the person has at WeChat, in a bar above the keyboard, once they have agreed to the policy.
 *
 * They are asked when they first come to the field. Whoever refuses is asked again by a tap or by typing, not by passing
 * through: the keyboard would never get past the field.
 */
export function prepareNickname({ element, field, person, privacy, isNickname }: NicknameField): void {
  let isAsking = false;
  let wasRefused = false;
  const ask = async () => {
    if (isAsking) return;
    isAsking = true;
    wasRefused = await privacy.require('nickname').then(
      () => false,
      () => true,
    );
    isAsking = false;
  };
  const lacksConsent = () => isNickname() && !privacy.isAgreed;

  field.addEventListener('focus', () => {
    if (!isNickname()) return;
    if (privacy.isAgreed) offer(element, field, person.name);
    else if (!wasRefused) void ask();
  });
  field.addEventListener('mousedown', (event) => {
    if (!lacksConsent()) return;
    // The browser would take the focus out of the popup again.
    event.preventDefault();
    field.focus();
    void ask();
  });
  field.addEventListener('beforeinput', (event) => {
    if (!lacksConsent()) return;
    event.preventDefault();
    void ask();
  });
}

function offer(element: HTMLElement, field: HTMLInputElement, name: string): void {
  if (element.querySelector('.nickname-bar')) return;
  const bar = make('div', 'nickname-bar');
  const button = make('button', 'nickname-offer', `使用微信昵称：${name}`);
  button.type = 'button';
  button.addEventListener('click', () => {
    field.value = name;
    field.dispatchEvent(new Event('input'));
    field.focus();
    bar.remove();
  });
  // Pressing it leaves the focus in the field.
  bar.addEventListener('mousedown', (event) => event.preventDefault());
  element.addEventListener('focusout', ({ relatedTarget }) => {
    if (!element.contains(relatedTarget as Node | null)) bar.remove();
  });
  bar.append(button);
  element.append(bar);
}
