import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { InvalidRequestError } from '../validation/invalid-request.error.js';
import { type FormRoute, formType } from './form-body.js';
import { UnsupportedMediaTypeError } from './http.errors.js';

/** Answers what fails before a handler is called. */
type FailureHandler = (error: FastifyError, request: FastifyRequest, reply: FastifyReply) => void;

/**
 * Lets the routes that say so take forms. All others go on to refuse them: a form would let any web page post a login on a
 * visitor's behalf.
 *
 * @param handleFailure for these routes
 */
export function takeForms(fastify: FastifyInstance, handleFailure: FailureHandler): void {
  fastify.addContentTypeParser(formType, { parseAs: 'string' }, (request, body: string, done) => {
    const { takesForm } = request.routeOptions.config as FormRoute;
    try {
      if (takesForm) done(null, parseForm(body));
      else if (body === '') done(null, undefined);
      else done(new UnsupportedMediaTypeError('This route takes no forms: send JSON.'));
    } catch (error) {
      done(error as Error);
    }
  });
  fastify.addHook('onRoute', (route) => {
    const { takesForm }: FormRoute = route.config ?? {};
    if (takesForm) route.errorHandler = handleFailure;
  });
}

/** @throws {InvalidRequestError} if a parameter is repeated (RFC 6749, section 3.2) */
function parseForm(body: string): Record<string, string> {
  const parameters = new URLSearchParams(body);
  const form = Object.fromEntries(parameters);
  if (Object.keys(form).length < parameters.size) {
    throw new InvalidRequestError('A parameter of the form is repeated. Send each of them once.');
  }
  return form;
}
