import { type ArgumentMetadata, Body, type PipeTransform } from '@nestjs/common';
import { validateBody } from '../validation/validate-body.js';

/** Checks the body against the class that the parameter has for a type. */
class BodyPipe implements PipeTransform {
  async transform(value: unknown, { metatype }: ArgumentMetadata): Promise<unknown> {
    return validateBody(metatype as new () => object, value);
  }
}

/**
 * The JSON body of a request, checked against the class of the parameter; members that the class does not know are
 * dropped. Handlers use it instead of `@Body()`, which checks nothing.
 *
 * @throws {InvalidRequestError} naming every member that is wrong
 */
export function ValidBody(): ParameterDecorator {
  return Body(new BodyPipe());
}
