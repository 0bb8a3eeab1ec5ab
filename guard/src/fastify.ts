import type { FastifyPluginCallback, onRequestAsyncHookHandler } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import type { AccessTokenClaims } from './access-token-claims.js';
import { GuardError, problemContentType } from './guard.error.js';
import { createVerifier, type Requirements, Verifier } from './verifier.js';
import type { VerifierOptions } from './verifier-options.js';

declare module 'fastify' {
  interface FastifyInstance {
    /** Makes an `onRequest` hook that lets in requests with a valid access token. */
    guard(requirements?: Requirements): onRequestAsyncHookHandler;
  }
  interface FastifyRequest {
    /** Whose access token the request carries; undefined before `guard()`, and if the token is optional. */
    user: AccessTokenClaims | undefined;
  }
}

const plugin: FastifyPluginCallback<VerifierOptions | { verifier: Verifier }> = (app, options, done) => {
  const verifier = 'verifier' in options ? options.verifier : createVerifier(options);
  app.decorateRequest('user', undefined);
  app.decorate(
    'guard',
    (requirements?: Requirements): onRequestAsyncHookHandler =>
      async (request, reply) => {
        try {
          request.user = await verifier.authenticate(request, requirements);
          return undefined;
        } catch (error) {
          if (!(error instanceof GuardError)) throw error;
          return reply.status(error.status).headers(error.headers).type(problemContentType).send(error.body);
        }
      },
  );
  done();
};

/**
 * A plugin of Fastify: `await app.register(guard, { issuer })`, then `{ onRequest: app.guard() }` on a route, or
 * `app.addHook('onRequest', app.guard())` for all of them. Takes the options of `createVerifier()`, or a verifier.
 */
export const guard = fastifyPlugin(plugin, { name: 'weapp-auth-guard', fastify: '5.x' });
