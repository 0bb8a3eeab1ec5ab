import { UserResponse } from '../users/user.response.js';

/** Consent to a version of the privacy policy. */
export class ConsentResponse {
  policyVersion: string;

  /** ISO 8601 in UTC. */
  at: string;
}

/** One mini-program through which the user came in. */
export class IdentityResponse {
  appid: string;

  /** The name in the settings, if it has one. */
  appName: string | null;

  /** ISO 8601 in UTC. */
  linkedAt: string;
}

/** The signed-in user. */
export class MeResponse extends UserResponse {
  /** Your own number for this user, from an import. */
  externalId: string | null;

  /** The newest nickname, if WeChat could not check it yet. Nobody else sees it until then. */
  pendingNickname: string | null;

  /**
   * When WeChat said that the nickname or the avatar there are others now, ISO 8601; null since the user has chosen one here
   * again.
   */
  profileStaleSince: string | null;

  consent: ConsentResponse | null;

  identities: IdentityResponse[];
}
