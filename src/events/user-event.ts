import type { EventType } from '../config/event-types.js';

/** Something that has happened to a user. It has ids only, never an openid, a phone number or a nickname. */
export type UserEvent =
  | {
      type: Exclude<EventType, 'user.merged' | 'identity.linked' | 'identity.unlinked'>;
      userId: string;
    }
  | {
      type: 'user.merged';
      /** The user that is gone. */
      userId: string;
      /** The user that stays. */
      into: string;
    }
  | {
      type: 'identity.linked' | 'identity.unlinked';
      userId: string;
      /** The mini-program. */
      appid: string;
    };
