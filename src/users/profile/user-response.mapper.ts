import { Injectable } from '@nestjs/common';
import { Settings } from '../../config/settings.js';
import { PhoneCipher } from './phone-cipher.js';
import type { User } from '../user.entity.js';
import type { UserResponse } from '../user.response.js';

/** Users in responses: what clients may see. */
@Injectable()
export class UserResponseMapper {
  constructor(
    private readonly phones: PhoneCipher,
    private readonly settings: Settings,
  ) {}

  /** @throws {DecryptionError} if the phone number cannot be decrypted */
  toResponse(
    user: Pick<User, 'id' | 'nickname' | 'avatarKey' | 'phoneSealed' | 'roles' | 'createdAt'>,
  ): UserResponse {
    return {
      id: user.id,
      nickname: user.nickname,
      avatarUrl: this.avatarUrl(user.avatarKey),
      phone: this.phones.decrypt(user),
      roles: user.roles,
      createdAt: user.createdAt.toISOString(),
    };
  }

  avatarUrl(avatarKey: string | null): string | null {
    if (avatarKey === null) return null;
    return `${this.settings.publicUrl.replace(/\/+$/, '')}/avatars/${avatarKey}`;
  }
}
