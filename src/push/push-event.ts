import { InvalidRequestError } from '../validation/invalid-request.error.js';
import { isIdentifier } from '../wechat/identifier.js';
import type { PushFields } from '../wechat/message-push.js';
import type { WithdrawnField } from '../users/profile/profile-withdrawal.service.js';
import { type PushEvent, pushEvents } from './push-message.entity.js';

/** An event that changes something here. */
export interface UserEvent {
  event: PushEvent;
  /** The user; absent if WeChat does not say who. */
  openid: string | undefined;
  /** Seconds since 1970. */
  createTime: number;
  /** The numbers of what was withdrawn. */
  revokeInfo: number[];
  /** What tells this message from others. WeChat repeats a message unchanged. */
  key: string[];
}

/** Numbers have three digits so far. */
const maxRevokeNumber = 9_999;

/** What the numbers of `RevokeInfo` mean, as far as it is stored here. */
const withdrawnFields: Readonly<Record<number, readonly WithdrawnField[]>> = {
  6: ['nickname', 'avatar'],
  8: ['phone'],
  19: ['nickname'],
  20: ['avatar'],
};

/**
 * Reads an event from the members of a message.
 *
 * @returns undefined for all messages that change nothing here
 * @throws {InvalidRequestError} if a member is malformed
 */
export function readUserEvent(fields: PushFields, appid: string): UserEvent | undefined {
  const event = pushEvents.find((each) => each === fields['Event']);
  if (event === undefined) return undefined;
  // Some events of an Open Platform account name the mini-program that they are about.
  const about = textOf(fields['AppID']);
  if (about !== '' && about !== appid) return undefined;
  const [fromUserName, openid, createTime, revokeInfo] = [
    fields['FromUserName'],
    fields['OpenID'],
    fields['CreateTime'],
    fields['RevokeInfo'],
  ].map((value) => textOf(value));
  if (!/^\d{1,11}$/.test(createTime!)) {
    throw new InvalidRequestError('CreateTime must be whole seconds since 1970.');
  }
  return {
    event,
    openid: isIdentifier(openid) ? openid : undefined,
    createTime: Number(createTime),
    // How WeChat separates several numbers is not documented.
    revokeInfo: (revokeInfo!.match(/\d+/g) ?? []).map(Number).filter((number) => number <= maxRevokeNumber),
    key: [appid, fromUserName!, openid!, createTime!, event, revokeInfo!],
  };
}

/** The stored data of the user that the numbers of `RevokeInfo` name. */
export function toWithdrawnFields(revokeInfo: readonly number[]): WithdrawnField[] {
  return [...new Set(revokeInfo.flatMap((number) => withdrawnFields[number] ?? []))];
}

/** JSON has some members as numbers, XML has all as text. */
function textOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}
