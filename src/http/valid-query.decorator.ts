import { type ArgumentMetadata, type PipeTransform, Query } from '@nestjs/common';
import { validateQuery } from '../validation/validate-query.js';

/** Checks the query against the class that the parameter has for a type. */
class QueryPipe implements PipeTransform {
  async transform(value: object, { metatype }: ArgumentMetadata): Promise<unknown> {
    return validateQuery(metatype as new () => object, value);
  }
}

/**
 * The query of a request, checked against the class of the parameter; names that the class does not know are dropped.
 * Handlers use it instead of `@Query()`, which checks nothing.
 *
 * @throws {InvalidRequestError} naming every parameter that is wrong
 */
export function ValidQuery(): ParameterDecorator {
  return Query(new QueryPipe());
}
