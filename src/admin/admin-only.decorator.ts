import { applyDecorators } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Authenticated } from '../auth/authenticated.decorator.js';
import { NeedsDatabase } from '../auth/needs-database.decorator.js';
import { Roles } from '../auth/roles.decorator.js';
import { adminRole } from '../users/status/admins.js';

/** Admits only users with the role `admin` to a controller, and says so in the OpenAPI document. */
export const AdminOnly = (): ClassDecorator =>
  applyDecorators(
    NeedsDatabase(),
    Authenticated('invalid_request', 'forbidden'),
    Roles(adminRole),
    ApiTags('admin'),
  );
