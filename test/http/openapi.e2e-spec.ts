import { beforeAll, describe, expect, it } from 'vitest';
import type { ServiceNode } from '../harness/node.js';
import { useWorld } from '../harness/world.js';

describe('the OpenAPI document', () => {
  const world = useWorld();
  let node: ServiceNode;
  beforeAll(async () => {
    node = await world.startNode();
  });

  describe('/docs', () => {
    it('is off unless API_DOCS says so', async () => {
      expect((await node.get('/docs')).status).toBe(404);
      expect((await node.get('/docs/openapi.json')).status).toBe(404);
    });

    it('describes every route from the classes that check it, and names its codes', async () => {
      const documented = await world.startNode({ API_DOCS: 'true' });
      expect((await documented.get('/docs')).text).toContain('swagger-ui');
      const { body: document } = await documented.get('/docs/openapi.json');
      expect(Object.keys(document.paths)).toEqual(
        expect.arrayContaining([
          '/auth/login',
          '/auth/verify',
          '/.well-known/jwks.json',
          '/.well-known/oauth-authorization-server',
          '/.well-known/openid-configuration',
          '/me',
          '/admin/users/search',
          '/admin/users/{id}',
          '/admin/audit',
          '/admin/stats',
          '/admin/apps',
          '/admin/health',
          '/health/live',
          '/health/ready',
        ]),
      );
      const login = document.paths['/auth/login'].post;
      expect(login.responses['401'].description).toBe('`code_invalid`, `code_used`');
      const { responses } = document.paths['/me/identities'].post;
      expect(responses['401'].description, 'of the route, and of its controller').toMatch(
        /`code_used`[^]*`token_expired`/,
      );
      expect(login.responses['200'].content['application/json'].schema).toEqual({
        $ref: '#/components/schemas/LoginResponse',
      });
      expect(document.components.schemas.LoginRequest).toMatchObject({
        required: ['code'],
        properties: { code: { type: 'string', minLength: 1, maxLength: 512 } },
      });
      expect(document.components.schemas.SearchUsersRequest).not.toHaveProperty('required');
      expect(document.components.schemas.Problem.properties.code.enum).toContain('code_invalid');
      expect(document.info.description).toContain('| `code_used` | 401 |');
    });

    it('names the URL at which the service is known, for a path of a proxy, too', async () => {
      const documented = await world.startNode({
        API_DOCS: 'true',
        PUBLIC_URL: 'https://example.com/login-svc/',
      });
      const { body: document } = await documented.get('/docs/openapi.json');
      expect(document.servers).toEqual([{ url: 'https://example.com/login-svc' }]);
    });

    it('names only codes that the catalogue has, and leaves no route without any', async () => {
      const documented = await world.startNode({ API_DOCS: 'true' });
      const { body: document } = await documented.get('/docs/openapi.json');
      const codes: string[] = document.components.schemas.Problem.properties.code.enum;
      const bare: string[] = [];
      for (const [path, operations] of Object.entries<Record<string, any>>(document.paths)) {
        for (const [method, { responses }] of Object.entries(operations)) {
          const named = Object.values<any>(responses).flatMap(
            ({ description }) => description?.match(/`\w+`/g) ?? [],
          );
          expect(codes).toEqual(expect.arrayContaining(named.map((code: string) => code.slice(1, -1))));
          if (named.length === 0) bare.push(`${method} ${path}`);
        }
      }
      expect(bare.toSorted()).toEqual([
        'get /.well-known/jwks.json',
        'get /.well-known/oauth-authorization-server',
        'get /.well-known/openid-configuration',
        'get /device',
        'get /health/live',
        'post /oauth/device_authorization',
        'post /oauth/device_authorization/events',
        'post /oauth/introspect',
        'post /oauth/revoke',
        'post /oauth/token',
      ]);
    });
  });
});
