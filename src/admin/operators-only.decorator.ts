import { applyDecorators, UseGuards } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import { JwtGuard } from '../auth/jwt.guard.js';
import { Roles } from '../auth/roles.decorator.js';
import { Problems } from '../http/problems.decorator.js';

/** Lets nobody but people with the role `admin` into a controller, and says so in the OpenAPI document. */
export const OperatorsOnly = (): ClassDecorator =>
  applyDecorators(
    UseGuards(JwtGuard),
    Roles('admin'),
    ApiTags('admin'),
    ApiBearerAuth(),
    Problems(
      'invalid_request',
      'token_missing',
      'token_invalid',
      'token_expired',
      'session_revoked',
      'forbidden',
      'database_unavailable',
    ),
  );
