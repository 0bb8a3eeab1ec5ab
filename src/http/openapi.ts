import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import type { Settings } from '../config/settings.js';
import { problems } from '../errors/problem-catalogue.js';

const catalogue = [
  '| code | status | meaning |',
  '|---|---|---|',
  ...Object.entries(problems).map(([code, { status, title }]) => `| \`${code}\` | ${status} | ${title} |`),
].join('\n');

const description = `The login service of a WeChat mini-program. Every error is a problem document (RFC 9457) whose
\`code\` is stable; any route can also answer \`internal_error\`, \`payload_too_large\`, \`unsupported_media_type\` and
\`method_not_allowed\`.

${catalogue}`;

/** @param publicUrl the URL of the service: behind a proxy it may be known below a path of its own */
export function createOpenApiDocument(app: NestFastifyApplication, publicUrl: string): OpenAPIObject {
  return SwaggerModule.createDocument(
    app,
    new DocumentBuilder()
      .setTitle('weapp-auth')
      .setDescription(description)
      .setVersion('1')
      .addServer(publicUrl.replace(/\/+$/, ''))
      .addBearerAuth({ type: 'http', scheme: 'bearer', bearerFormat: 'JWT' })
      .build(),
  );
}

/** Serves the OpenAPI document at `/docs/openapi.json`, and a page to read and try it at `/docs`. */
export function serveOpenApi(app: NestFastifyApplication, { publicUrl }: Settings): void {
  const document = createOpenApiDocument(app, publicUrl);
  SwaggerModule.setup('docs', app, document, { jsonDocumentUrl: 'docs/openapi.json', raw: ['json'] });
}
