import type { glassEasel } from 'glass-easel-miniprogram-adapter';
import { componentOf } from './backend.js';
import { defineBuiltIn, type BuiltIn, type Component } from './built-in.js';
import { make } from './dialogs.js';
import { prepareNickname } from './nickname.js';
import type { PhoneUser } from './phone-user.js';
import type { Privacy } from './privacy.js';

/** What the built-in components need from the phone. */
export interface PhoneServices {
  phoneUser: PhoneUser;
  privacy: Privacy;
  /** The address of a picture for this frame. */
  pictureAt: (src: string) => string;
}

/** WeChat's components that have behaviour here. Add others when a mini-program needs them. */
export function defineBuiltIns(space: glassEasel.ComponentSpace, services: PhoneServices): void {
  const all: Record<string, BuiltIn> = {
    view: {},
    text: { properties: { userSelect: Boolean } },
    'scroll-view': { properties: { scrollX: Boolean, scrollY: Boolean } },
    label: label(),
    form: {},
    button: button(services),
    input: input(services),
    image: image(services),
  };
  for (const [tag, builtIn] of Object.entries(all)) defineBuiltIn(space, tag, builtIn);
}

/** A tap on a label goes to the first control in it. */
function label(): BuiltIn {
  return {
    create: (element) =>
      element.addEventListener('click', ({ target }) => {
        const inside = element.querySelector<HTMLElement>('input, [role="button"]');
        if (inside && !inside.contains(target as Node)) inside.focus();
      }),
  };
}

/** @see https://developers.weixin.qq.com/miniprogram/dev/component/button.html */
function button({ phoneUser, privacy }: PhoneServices): BuiltIn {
  /** The handlers by open-type. It may hold several: `getPhoneNumber|agreePrivacyAuthorization`. */
  const openTypes: Record<string, (component: Component) => Promise<void> | void> = {
    agreePrivacyAuthorization: (component) => {
      privacy.agree();
      component.triggerEvent('agreeprivacyauthorization', {}, {});
    },
    getPhoneNumber: async (component) => {
      component.triggerEvent('getphonenumber', await phoneUser.phoneNumber(), {});
    },
    chooseAvatar: async (component) => {
      const chosen = await phoneUser.avatar();
      if (chosen) component.triggerEvent('chooseavatar', chosen, {});
    },
  };
  return {
    properties: {
      type: String,
      size: String,
      plain: Boolean,
      disabled: Boolean,
      loading: Boolean,
      openType: String,
      formType: String,
    },
    create: (element, component) => {
      element.setAttribute('role', 'button');
      component.addListener('tap', () => {
        const { openType, formType } = component.data as { openType: string; formType: string };
        if (formType === 'submit') submit(element);
        for (const [name, act] of Object.entries(openTypes)) {
          if (openType.split('|').includes(name)) void act(component);
        }
      });
    },
    update: (element, { type, size, plain, disabled, loading }) => {
      element.tabIndex = disabled ? -1 : 0;
      element.ariaDisabled = String(Boolean(disabled));
      element.ariaBusy = String(Boolean(loading));
      element.dataset['look'] = [type || 'default', size, plain && 'plain'].filter(Boolean).join(' ');
    },
  };
}

function submit(element: HTMLElement): void {
  const form = element.closest('wx-form');
  const component = form && componentOf(form);
  if (!component) return;
  const value: Record<string, unknown> = {};
  for (const field of form.querySelectorAll<HTMLInputElement>('wx-input > input')) {
    if (field.name) value[field.name] = field.value;
  }
  component.triggerEvent('submit', { value }, {});
}

/** @see https://developers.weixin.qq.com/miniprogram/dev/component/input.html */
function input({ phoneUser, privacy }: PhoneServices): BuiltIn {
  return {
    properties: {
      value: String,
      type: String,
      password: Boolean,
      placeholder: String,
      placeholderClass: String,
      disabled: Boolean,
      maxlength: Number,
      name: String,
      confirmType: String,
    },
    create: (element, component) => {
      const field = make('input', '');
      element.append(field);
      const tell = (name: string) =>
        component.triggerEvent(name, { value: field.value, cursor: field.selectionStart ?? 0 }, {});
      field.addEventListener('input', () => tell('input'));
      field.addEventListener('focus', () => tell('focus'));
      field.addEventListener('blur', () => tell('blur'));
      field.addEventListener('keydown', ({ key, isComposing }) => {
        if (key === 'Enter' && !isComposing) tell('confirm');
      });
      const isNickname = () => (component.data as { type: string }).type === 'nickname';
      prepareNickname({ element, field, phoneUser, privacy, isNickname });
    },
    update: (element, { value, type, password, placeholder, disabled, maxlength, name, ariaLabel }) => {
      const field = fieldOf(element);
      // A change of another property must not change the typed text.
      if (field.defaultValue !== value) field.value = field.defaultValue = String(value);
      field.type = password ? 'password' : 'text';
      field.inputMode = type === 'number' ? 'numeric' : 'text';
      field.placeholder = String(placeholder);
      field.disabled = Boolean(disabled);
      field.maxLength = Number(maxlength) || 140;
      field.name = String(name);
      field.autocomplete = 'off';
      field.ariaLabel = String(ariaLabel) || null;
      element.removeAttribute('aria-label');
    },
  };
}

function fieldOf(element: HTMLElement): HTMLInputElement {
  return element.firstElementChild as HTMLInputElement;
}

/** @see https://developers.weixin.qq.com/miniprogram/dev/component/image.html */
function image({ pictureAt }: PhoneServices): BuiltIn {
  return {
    properties: { src: String, mode: String, lazyLoad: Boolean },
    create: (element, component) => {
      const picture = make('img', '');
      picture.addEventListener('load', () => component.triggerEvent('load', {}, {}));
      picture.addEventListener('error', () => component.triggerEvent('error', { errMsg: 'load fail' }, {}));
      element.append(picture);
    },
    update: (element, { src, mode, ariaLabel }) => {
      const picture = elementOfPicture(element);
      const place = src ? pictureAt(String(src)) : '';
      picture.hidden = !place;
      if (place && picture.getAttribute('src') !== place) picture.src = place;
      picture.alt = String(ariaLabel);
      element.removeAttribute('aria-label');
      element.dataset['mode'] = String(mode) || 'scaleToFill';
    },
  };
}

function elementOfPicture(element: HTMLElement): HTMLImageElement {
  return element.firstElementChild as HTMLImageElement;
}
