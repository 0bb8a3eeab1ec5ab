import type { Answer, ServiceNode } from './node.js';

/** A signed-in user with the role admin. */
export class Admin {
  constructor(
    private readonly node: ServiceNode,
    readonly id: string,
    readonly accessToken: string,
  ) {}

  /** Calls `/admin/users/{path}` on the node on which the admin has logged in. */
  async callUsers(method: string, path: string, body?: unknown): Promise<Answer> {
    return this.node.as(this.accessToken, method, `/admin/users/${path}`, body);
  }
}
