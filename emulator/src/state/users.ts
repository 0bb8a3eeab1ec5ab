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

/** A user of WeChat. */
export interface User {
  id: string;
  nickname?: string;
  /** Without the country code. */
  phone: string;
  /** WeChat's documentation says string, and its sample shows the number 86. Both occur. */
  countryCode: string | number;
  /** If false, WeChat never returns this user's unionid. */
  unionid: boolean;
}

export type UserInput = Partial<User>;

export class Users {
  readonly #byId = new Map<string, User>();
  readonly #hidden = new Set<string>();

  /** All users that are not hidden. */
  all(): User[] {
    return [...this.#byId.values()].filter(({ id }) => !this.#hidden.has(id));
  }

  /** Hides a user from all lists, because whoever knows a name can log in as that user. */
  hide(id: string): void {
    this.#hidden.add(id);
  }

  /** Returns the user with this name. Creates the user if there is none. */
  getOrCreate(id: string): User {
    return this.#byId.get(id) ?? this.save({ id });
  }

  /** Adds a user, or changes the given fields of an existing one. */
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
