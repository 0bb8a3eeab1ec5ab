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

  /** The name in the settings, where it has one. */
  appName: string | null;

  /** ISO 8601 in UTC. */
  linkedAt: string;
}

/** The signed-in person. */
export class MeResponse extends UserResponse {
  /** The operator's own number for this person. */
  externalId: string | null;

  /** The nickname that they chose last, if WeChat could not check it yet: nobody sees it before. */
  pendingNickname: string | null;

  consent: ConsentResponse | null;

  identities: IdentityResponse[];
}
