import { Injectable } from '@nestjs/common';
import { Phones } from './phones.js';
import type { User } from './user.entity.js';
import type { UserView } from './user.view.js';

/** What of a user clients may see. */
@Injectable()
export class UserViews {
  constructor(private readonly phones: Phones) {}

  /** @throws {UnsealError} where the phone number cannot be opened */
  of(user: Pick<User, 'id' | 'nickname' | 'phoneSealed' | 'roles' | 'createdAt'>): UserView {
    return {
      id: user.id,
      nickname: user.nickname,
      avatarUrl: null,
      phone: this.phones.open(user),
      roles: user.roles,
      createdAt: user.createdAt.toISOString(),
    };
  }
}
