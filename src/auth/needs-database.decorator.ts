import { applyDecorators, type CanActivate, Injectable, UseGuards } from '@nestjs/common';
import { Database } from '../database/database.js';
import { Problems } from '../http/problems.decorator.js';

/** The guard of {@link NeedsDatabase}. */
@Injectable()
export class DatabaseLoadGuard implements CanActivate {
  constructor(private readonly database: Database) {}

  canActivate(): boolean {
    this.database.assertNotOverloaded();
    return true;
  }
}

/**
 * Refuses requests while too many wait for the database on this node: before their body is checked, or anything is done
 * for them. For each route that asks the database, except the login, whose load `LoginLoad` bounds.
 */
export function NeedsDatabase(): MethodDecorator & ClassDecorator {
  return applyDecorators(UseGuards(DatabaseLoadGuard), Problems('overloaded', 'database_unavailable'));
}
