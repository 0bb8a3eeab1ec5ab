/** What WeChat says of the user. */
export class OpenDataResponse {
  /** Without `openId` and `unionId`. */
  data: Record<string, unknown>;
}

/** Whether WeChat still takes the session_key of the user's last login. */
export class SessionKeyResponse {
  valid: boolean;
}
