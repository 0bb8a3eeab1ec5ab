import { Get, Req, Res } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { HttpAdapterHost } from '@nestjs/core';
import { ServiceController } from '../http/service-controller.decorator.js';
import { Settings } from '../config/settings.js';
import { Public } from './access.decorators.js';
import type { HttpRequest } from '../http/http-request.js';
import { JwkSetResponse, MetadataResponse } from './discovery.response.js';
import { SigningKeysService } from './signing-keys.service.js';

/** What other services need in order to check our access tokens by themselves. Anyone may read and keep it. */
@Public()
@ServiceController('.well-known')
@ApiTags('auth')
export class DiscoveryController {
  constructor(
    private readonly keys: SigningKeysService,
    private readonly settings: Settings,
    private readonly host: HttpAdapterHost,
  ) {}

  /** The public keys of the access tokens (RFC 7517, section 5). */
  @Get('jwks.json')
  @ApiOkResponse({ type: JwkSetResponse })
  keySet(@Res() response: unknown): void {
    this.answer(response, { keys: this.keys.published() } satisfies JwkSetResponse);
  }

  /**
   * Where the public keys are (RFC 8414, section 3.2), and, if there are web clients, how they sign users in. There is no ID
   * token: `openid-configuration` is for tools that look only there.
   */
  @Get(['oauth-authorization-server', 'openid-configuration'])
  @ApiOkResponse({ type: MetadataResponse })
  metadata(@Req() { originalUrl }: HttpRequest, @Res() response: unknown): void {
    const { jwtIssuer, webClients } = this.settings;
    const base = withPrefix(jwtIssuer, originalUrl);
    this.answer(response, {
      issuer: jwtIssuer,
      jwks_uri: `${base}/.well-known/jwks.json`,
      response_types_supported: [],
      grant_types_supported: [],
      ...(webClients.length > 0 && scanMetadata(base)),
    } satisfies MetadataResponse);
  }

  /** By the framework itself: a standard says what these look like, so no interceptor is to change them. */
  private answer(response: unknown, body: JwkSetResponse | MetadataResponse): void {
    const { httpAdapter } = this.host;
    httpAdapter.setHeader(response, 'Cache-Control', `public, max-age=${this.settings.jwksMaxAge}`);
    httpAdapter.reply(response, body, 200);
  }
}

/** How web clients sign users in (RFC 8628, section 4). The room `scan/` serves these routes. */
function scanMetadata(base: string): Partial<MetadataResponse> {
  const withSecret = ['client_secret_basic', 'client_secret_post'];
  return {
    grant_types_supported: ['urn:ietf:params:oauth:grant-type:device_code', 'refresh_token'],
    device_authorization_endpoint: `${base}/oauth/device_authorization`,
    token_endpoint: `${base}/oauth/token`,
    token_endpoint_auth_methods_supported: ['none', ...withSecret],
    revocation_endpoint: `${base}/oauth/revoke`,
    revocation_endpoint_auth_methods_supported: ['none', ...withSecret],
    introspection_endpoint: `${base}/oauth/introspect`,
    introspection_endpoint_auth_methods_supported: withSecret,
  };
}

/** The issuer, with the prefix that an application has put before its routes, if the issuer does not name that itself. */
function withPrefix(issuer: string, url: string): string {
  const base = issuer.replace(/\/+$/, '');
  const prefix = url.slice(0, Math.max(0, url.indexOf('/.well-known/')));
  return base.endsWith(prefix) ? base : base + prefix;
}
