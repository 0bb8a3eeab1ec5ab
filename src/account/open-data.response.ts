/** What WeChat says of the person. */
export class OpenDataResponse {
  /** Without `openId` and `unionId`. */
  data: Record<string, unknown>;
}

/** Whether WeChat still takes the session_key of the person's last login. */
export class SessionKeyResponse {
  valid: boolean;
}
