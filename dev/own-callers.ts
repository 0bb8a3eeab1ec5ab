import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { refuseWebPages } from '../emulator/src/own-machine.js';
import type { Settings } from '../src/config/settings.js';

/**
 * Has a service on a developer's machine refuse what any web page could send: it has no password in front of it, and
 * its database may be a shared one. `start:prod` has nothing of this. Beside the names of this machine it knows those
 * that the settings tell: a phone comes by the one in PUBLIC_URL.
 */
export function refuseForeignCallers(
  service: NestFastifyApplication,
  { publicUrl, jwtIssuer, corsOrigins }: Pick<Settings, 'publicUrl' | 'jwtIssuer' | 'corsOrigins'>,
): void {
  const hosts = [publicUrl, jwtIssuer].map((url) => new URL(url).hostname);
  service
    .getHttpAdapter()
    .getInstance()
    .addHook('onRequest', async ({ headers }, reply) => {
      const refusal = refuseWebPages(headers, { hosts, origins: corsOrigins });
      if (refusal === undefined) return;
      await reply
        .code(403)
        .type('text/plain')
        .send(
          `npm start answers its own machine only: ${refusal} ` +
            'Set PUBLIC_URL to the address by which a phone calls it, CORS_ORIGINS to the web pages that may.\n',
        );
    });
}
