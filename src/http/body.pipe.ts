import { type ArgumentMetadata, Injectable, type PipeTransform } from '@nestjs/common';
import { parseBody } from './body.js';

/** Checks what a handler takes with `@Body()` against the class of the parameter. */
@Injectable()
export class BodyPipe implements PipeTransform {
  async transform(value: unknown, { type, metatype }: ArgumentMetadata): Promise<unknown> {
    if (type !== 'body' || metatype === undefined) return value;
    return parseBody(metatype as new () => object, value);
  }
}
