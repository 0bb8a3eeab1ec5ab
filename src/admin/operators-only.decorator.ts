import { applyDecorators } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Guarded } from '../auth/guarded.decorator.js';
import { Roles } from '../auth/roles.decorator.js';
import { adminRole } from '../users/admins.js';

/** Lets nobody but people with the role `admin` into a controller, and says so in the OpenAPI document. */
export const OperatorsOnly = (): ClassDecorator =>
  applyDecorators(Guarded('invalid_request', 'forbidden'), Roles(adminRole), ApiTags('admin'));
