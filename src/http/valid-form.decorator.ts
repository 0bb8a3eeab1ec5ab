import { type ArgumentMetadata, Body, type PipeTransform } from '@nestjs/common';
import { validateBody } from '../validation/validate-body.js';

/** Checks the form against the class that the parameter has for a type. */
class FormPipe implements PipeTransform {
  async transform(value: unknown, { metatype }: ArgumentMetadata): Promise<unknown> {
    return validateBody(metatype as new () => object, value ?? {});
  }
}

/**
 * The form of a request, on a route with `takesForm`, checked against the class of the parameter. Parameters that the class does
 * not know are dropped.
 *
 * @throws {InvalidRequestError} naming every parameter that is wrong
 */
export function ValidForm(): ParameterDecorator {
  return Body(new FormPipe());
}
