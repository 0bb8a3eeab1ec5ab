import { applyDecorators, UseGuards } from '@nestjs/common';
import { ApiBearerAuth } from '@nestjs/swagger';
import type { ErrorCode } from '../errors/error-codes.js';
import { Problems } from '../http/problems.decorator.js';
import { JwtGuard } from './jwt.guard.js';

/**
 * Lets in who has an access token of ours whose session goes on, and says so in the OpenAPI document.
 *
 * @param codes what a route, or every route of a controller, can answer besides
 */
export function Authenticated(...codes: ErrorCode[]): MethodDecorator & ClassDecorator {
  return applyDecorators(
    UseGuards(JwtGuard),
    ApiBearerAuth(),
    Problems(
      'token_missing',
      'token_invalid',
      'token_expired',
      'session_revoked',
      'database_unavailable',
      ...codes,
    ),
  );
}
