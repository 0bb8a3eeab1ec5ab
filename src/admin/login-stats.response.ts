/** How often logins of a mini-program had an outcome on a day. */
export class LoginCountResponse {
  /** In UTC, `2026-11-21`. */
  day: string;

  appid: string;

  /** `succeeded`, or the code of the error. */
  outcome: string;

  count: number;
}

/** How many users came for the first time, through which mini-program, on a day. */
export class NewUserCountResponse {
  /** In UTC, `2026-11-21`. */
  day: string;

  appid: string;

  count: number;
}

/** The login counters, the newest day first; what was never counted is left out. */
export class LoginStatsResponse {
  logins: LoginCountResponse[];

  newUsers: NewUserCountResponse[];
}
