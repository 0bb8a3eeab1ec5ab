/** Who asks the user to sign them in. */
export class ScanResponse {
  /** The name of the web client in the settings. */
  clientName: string;

  /** What the page shows: the user compares it. */
  userCode: string;

  /** The address of the page. */
  ip: string;

  /** The browser of the page. */
  userAgent: string | null;

  /** ISO 8601 in UTC. */
  startedAt: string;

  /** ISO 8601 in UTC. */
  expiresAt: string;

  /** Whether the page has the address of the phone (IPv6: the same /64). Phones that use mobile data have another one. */
  sameAddress: boolean;
}
