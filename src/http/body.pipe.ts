import { type ArgumentMetadata, Injectable, type PipeTransform } from '@nestjs/common';
import { validateBody } from '../validation/validate-body.js';

/** Checks what a handler takes with `@Body()` against the class of the parameter. */
@Injectable()
export class BodyPipe implements PipeTransform {
  async transform(value: unknown, { type, metatype }: ArgumentMetadata): Promise<unknown> {
    if (type !== 'body' || metatype === undefined) return value;
    return validateBody(metatype as new () => object, value);
  }
}
