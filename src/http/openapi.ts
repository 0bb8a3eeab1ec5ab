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

/** RFC 9457, with the members that this service adds. */
const problemSchema = {
  type: 'object',
  required: ['type', 'title', 'status', 'detail', 'code', 'requestId'],
  properties: {
    type: { type: 'string', format: 'uri' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string', description: 'What happened, and what to do next.' },
    code: { type: 'string', enum: Object.keys(problems) },
    requestId: { type: 'string', description: 'The same as X-Request-Id; the log has it, too.' },
    errors: {
      type: 'array',
      description: 'invalid_request: what is wrong, member by member.',
      items: {
        type: 'object',
        required: ['field', 'message'],
        properties: { field: { type: 'string' }, message: { type: 'string' } },
      },
    },
    reason: { type: 'string', description: 'session_revoked, account_disabled: why.' },
    maxAge: {
      type: 'integer',
      description: 'fresh_login_required: how many seconds old the login may be.',
    },
    until: {
      type: 'string',
      format: 'date-time',
      description: 'account_disabled: until when, where that is known.',
    },
    eraseAt: {
      type: 'string',
      format: 'date-time',
      description: 'account_deleting: until when a login with "restore": true takes it back.',
    },
  },
};

/** @param publicUrl the URL of the service: behind a proxy it may be known below a path of its own */
export function createOpenApiDocument(app: NestFastifyApplication, publicUrl: string): OpenAPIObject {
  const document = SwaggerModule.createDocument(
    app,
    new DocumentBuilder()
      .setTitle('weapp-auth')
      .setDescription(description)
      .setVersion('1')
      .addServer(publicUrl.replace(/\/+$/, ''))
      .addBearerAuth({ type: 'http', scheme: 'bearer', bearerFormat: 'JWT' })
      .build(),
  );
  document.components = {
    ...document.components,
    schemas: { ...document.components?.schemas, Problem: problemSchema },
  };
  return document;
}

/** Serves the OpenAPI document at `/docs/openapi.json`, and a page to read and try it at `/docs`. */
export function serveOpenApi(app: NestFastifyApplication, { publicUrl }: Settings): void {
  const document = createOpenApiDocument(app, publicUrl);
  SwaggerModule.setup('docs', app, document, { jsonDocumentUrl: 'docs/openapi.json', raw: ['json'] });
}
