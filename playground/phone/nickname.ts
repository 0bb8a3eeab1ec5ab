import { make } from './dialogs.js';
import type { PhoneUser } from './phone-user.js';
import type { Privacy } from './privacy.js';

interface NicknameField {
  element: HTMLElement;
  field: HTMLInputElement;
  phoneUser: PhoneUser;
  privacy: Privacy;
  /** Whether the field is a nickname field now: its type can change. */
  isNickname: () => boolean;
}

/**
 * Offers the user's WeChat nickname in a bar above the keyboard, after the user has agreed to the privacy policy.
 *
 * The user is asked on the first focus of the field. After a refusal, only a tap or typing asks again, not
 * the focus: otherwise, the keyboard could never get past the field.
 */
export function prepareNickname({ element, field, phoneUser, privacy, isNickname }: NicknameField): void {
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
    if (privacy.isAgreed) offer(element, field, phoneUser.name);
    else if (!wasRefused) void ask();
  });
  field.addEventListener('mousedown', (event) => {
    if (!lacksConsent()) return;
    // The browser would move the focus out of the popup again.
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
  // A press leaves the focus in the field.
  bar.addEventListener('mousedown', (event) => event.preventDefault());
  element.addEventListener('focusout', ({ relatedTarget }) => {
    if (!element.contains(relatedTarget as Node | null)) bar.remove();
  });
  bar.append(button);
  element.append(bar);
}
