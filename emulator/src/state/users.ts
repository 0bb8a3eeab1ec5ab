import {
  ControlError,
  onlyGiven,
  optionalBoolean,
  optionalText,
  patternedText,
  refuseUnknownFields,
  type ControlInput,
} from '../control/control-input.js';
import { phoneOf } from './identifiers.js';

/** A user with WeChat on their phone. */
export interface User {
  id: string;
  nickname?: string;
  /** Without the country code. */
  phone: string;
  /** WeChat's page calls it a string, its sample shows the number 86: both occur. */
  countryCode: string | number;
  /** False: WeChat tells nobody this user's unionid. */
  unionid: boolean;
}

export type UserInput = Partial<User>;

export class Users {
  readonly #byId = new Map<string, User>();
  readonly #hidden = new Set<string>();

  /** All but the hidden ones. */
  all(): User[] {
    return [...this.#byId.values()].filter(({ id }) => !this.#hidden.has(id));
  }

  /** Shows the user of this name to nobody: whoever knows a name can log in as that user. */
  hide(id: string): void {
    this.#hidden.add(id);
  }

  /** The user of this name; made here if there is none yet. */
  named(id: string): User {
    return this.#byId.get(id) ?? this.save({ id });
  }

  /** Adds a user, or changes what is given of one who is there. */
  save({ id = this.unusedId(), ...given }: UserInput): User {
    const madeUp = { phone: phoneOf(id), countryCode: '86', unionid: true };
    const user: User = { id, ...madeUp, ...this.#byId.get(id), ...given };
    this.#byId.set(id, user);
    return user;
  }

  clear(): void {
    this.#byId.clear();
  }

  private unusedId(): string {
    let number = this.#byId.size + 1;
    while (this.#byId.has(`user-${number}`)) number += 1;
    return `user-${number}`;
  }
}

export function parseUser(input: ControlInput): UserInput {
  refuseUnknownFields(input, ['id', 'nickname', 'phone', 'countryCode', 'unionid']);
  return onlyGiven({
    id: optionalText(input, 'id'),
    nickname: optionalText(input, 'nickname'),
    phone: patternedText(input, 'phone', /^[0-9]{4,14}$/, 'the digits after the country code'),
    countryCode: parseCountryCode(input['countryCode']),
    unionid: optionalBoolean(input, 'unionid'),
  });
}

function parseCountryCode(value: unknown): string | number | undefined {
  if (value === undefined) return undefined;
  if ((typeof value !== 'string' && typeof value !== 'number') || !/^[1-9][0-9]{0,3}$/.test(String(value))) {
    throw new ControlError('countryCode must be one to four digits, as a number or as a text: 86 or "86"');
  }
  return value;
}
