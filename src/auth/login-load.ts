import { Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import type { LoadLimit } from '../http/early-refusal.js';
import { NodeOverloadedError } from './auth.errors.js';

/** Logins that may be at the database, or wait for it, for each connection of the pool. */
const maxSignInsPerConnection = 20;

/**
 * Bounds the logins on this node. Beyond a bound, a login is refused before anything is done for it: nobody is refused
 * whose code has been used. The bounds are numbers and not times, so that a slow machine refuses no more than a fast one.
 */
@Injectable()
export class LoginLoad implements LoadLimit {
  readonly #maxLogins: number;
  readonly #maxSignIns: number;
  /** Made once: its stack trace would cost more than the rest of a refusal. */
  readonly #refusal = new NodeOverloadedError();
  #logins = 0;
  #signIns = 0;

  constructor({ wechatMaxConcurrency, databasePoolSize }: Settings) {
    this.#maxLogins = 2 * wechatMaxConcurrency;
    this.#maxSignIns = maxSignInsPerConnection * databasePoolSize;
  }

  /**
   * The error if as many logins are in progress as may call WeChat and wait for that, or if too many have come back from WeChat and
   * are not signed in yet.
   */
  refusal(): NodeOverloadedError | undefined {
    const isFull = this.#logins >= this.#maxLogins || this.#signIns >= this.#maxSignIns;
    return isFull ? this.#refusal : undefined;
  }

  /**
   * Runs a login.
   *
   * @throws {NodeOverloadedError} without running it, if there is a {@link refusal}
   */
  async run<Result>(login: () => Promise<Result>): Promise<Result> {
    const refusal = this.refusal();
    if (refusal !== undefined) throw refusal;
    this.#logins += 1;
    try {
      return await login();
    } finally {
      this.#logins -= 1;
    }
  }

  /** Runs what a login does at the database. */
  async runSignIn<Result>(signIn: () => Promise<Result>): Promise<Result> {
    this.#signIns += 1;
    try {
      return await signIn();
    } finally {
      this.#signIns -= 1;
    }
  }
}
