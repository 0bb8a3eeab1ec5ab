import {
  applyDecorators,
  Controller,
  type ExecutionContext,
  SerializeOptions,
  SetMetadata,
  UseFilters,
  VERSION_NEUTRAL,
} from '@nestjs/common';
import { ServiceErrorFilter } from './problem.filter.js';

/** The metadata that `@ServiceController()` owns. */
const serviceControllerMetadata = 'weapp-auth:service-controller';

/**
 * A controller of this service. In an application of its own, its routes stay as clients know them: versions do not
 * move them, refusals are problem documents whatever filters there are, and a serializer that shows nothing by itself shows
 * what they answer.
 */
export function ServiceController(path: string): ClassDecorator {
  return applyDecorators(
    Controller({ path, version: VERSION_NEUTRAL }),
    SetMetadata(serviceControllerMetadata, true),
    SerializeOptions({ strategy: 'exposeAll' }),
    UseFilters(ServiceErrorFilter),
  );
}

/**
 * Whether a request is for a route of this service. An interceptor that puts all responses of an application into an
 * envelope leaves these out: `if (isWeappAuthRoute(context)) return next.handle();`.
 */
export function isWeappAuthRoute(context: Pick<ExecutionContext, 'getClass'>): boolean {
  return Reflect.getMetadata(serviceControllerMetadata, context.getClass()) === true;
}
