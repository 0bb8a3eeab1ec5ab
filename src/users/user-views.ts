import { Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { Phones } from './phones.js';
import type { User } from './user.entity.js';
import type { UserView } from './user.view.js';

/** What of a user clients may see. */
@Injectable()
export class UserViews {
  constructor(
    private readonly phones: Phones,
    private readonly settings: Settings,
  ) {}

  /** @throws {UnsealError} where the phone number cannot be opened */
  of(user: Pick<User, 'id' | 'nickname' | 'avatarKey' | 'phoneSealed' | 'roles' | 'createdAt'>): UserView {
    return {
      id: user.id,
      nickname: user.nickname,
      avatarUrl: this.avatarUrl(user.avatarKey),
      phone: this.phones.open(user),
      roles: user.roles,
      createdAt: user.createdAt.toISOString(),
    };
  }

  private avatarUrl(avatarKey: string | null): string | null {
    if (avatarKey === null) return null;
    return `${this.settings.publicUrl.replace(/\/+$/, '')}/avatars/${avatarKey}`;
  }
}
