import { Injectable, type PipeTransform } from '@nestjs/common';
import { isUserCode, normalizeUserCode } from './scan-codes.js';

/** Lets a user code through, as it is shown. Anything else is left out: the page works without one. */
@Injectable()
export class UserCodePipe implements PipeTransform<unknown, string | undefined> {
  transform(value: unknown): string | undefined {
    if (typeof value !== 'string' || value.length > 64) return undefined;
    const userCode = normalizeUserCode(value);
    return isUserCode(userCode) ? userCode : undefined;
  }
}
