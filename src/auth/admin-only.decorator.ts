import { applyDecorators } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Authenticated } from './authenticated.decorator.js';
import { NeedsDatabase } from './needs-database.decorator.js';
import { Roles } from './roles.decorator.js';
import { adminRole } from '../users/status/admins.js';

/** Admits only users with the role `admin` to a controller, and says so in the OpenAPI document. */
export const AdminOnly = (): ClassDecorator =>
  applyDecorators(
    NeedsDatabase(),
    Authenticated('invalid_request', 'forbidden'),
    Roles(adminRole),
    ApiTags('admin'),
  );
