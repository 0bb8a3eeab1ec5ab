import type { Logger } from '@nestjs/common';
import type { WechatApp } from '../config/settings.js';
import { WechatMisconfiguredError, WechatUnavailableError } from './wechat.errors.js';

/**
 * Logs for the operator what the caller does not get to know.
 *
 * @param wanted what the call to WeChat was for
 */
export function logFailure(logger: Logger, app: WechatApp, wanted: string, error: unknown): void {
  if (error instanceof WechatMisconfiguredError) {
    logger.error(`${app.appid}: ${(error.cause as Error).message}`);
  } else if (error instanceof WechatUnavailableError && error.failure !== 'breaker_open') {
    const detail = error.cause instanceof Error ? `: ${error.cause.message}` : '';
    logger.warn(`${app.appid}: no ${wanted} from WeChat, ${error.failure}${detail}`);
  }
}
