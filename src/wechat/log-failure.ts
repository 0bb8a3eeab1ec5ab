import type { Logger } from '@nestjs/common';
import type { WechatApp } from '../config/settings.js';
import { WechatMisconfiguredError, WechatUnavailableError } from './wechat.errors.js';

/**
 * Tells the operator what a caller is not told.
 *
 * @param wanted what WeChat was asked for
 */
export function logFailure(logger: Logger, app: WechatApp, wanted: string, error: unknown): void {
  if (error instanceof WechatMisconfiguredError) {
    logger.error(`${app.appid}: ${(error.cause as Error).message}`);
  } else if (error instanceof WechatUnavailableError && error.failure !== 'breaker_open') {
    const detail = error.cause instanceof Error ? `: ${error.cause.message}` : '';
    logger.warn(`${app.appid}: no ${wanted} from WeChat, ${error.failure}${detail}`);
  }
}
