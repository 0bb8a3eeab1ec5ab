import { type ArgumentMetadata, Injectable, type PipeTransform } from '@nestjs/common';
import { validateQuery } from '../validation/validate-query.js';

/** Checks what a handler takes with `@Query()` against the class of the parameter. */
@Injectable()
export class QueryPipe implements PipeTransform {
  async transform(value: object, { type, metatype }: ArgumentMetadata): Promise<unknown> {
    if (type !== 'query' || metatype === undefined) return value;
    return validateQuery(metatype as new () => object, value);
  }
}
