import {
  applyDecorators,
  Header,
  HttpCode,
  Post,
  Req,
  StreamableFile,
  UseFilters,
  UseGuards,
} from '@nestjs/common';
import { ApiConsumes, ApiOkResponse, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Public } from '../auth/access.decorators.js';
import { DatabaseLoadGuard } from '../auth/needs-database.decorator.js';
import { Settings } from '../config/settings.js';
import { getClientIp } from '../http/client-ip.js';
import { FastifyRoute } from '../http/fastify-route.decorator.js';
import { formType, type FormRoute } from '../http/form-body.js';
import { headerText } from '../http/header-text.js';
import type { HttpRequest } from '../http/http-request.js';
import { OAuthErrorFilter } from '../http/oauth-error.filter.js';
import { OAuthError } from '../http/oauth.error.js';
import { ServiceController } from '../http/service-controller.decorator.js';
import { ValidForm } from '../http/valid-form.decorator.js';
import { DeviceAuthorizationRequest, DeviceEventsRequest } from './device-authorization.request.js';
import {
  DeviceAuthorizationResponse,
  IntrospectionResponse,
  OAuthErrorResponse,
  OAuthTokenResponse,
} from './device-authorization.response.js';
import { ScanEventsService } from './scan-events.service.js';
import { pollInterval, scanTtl, ScansService } from './scans.service.js';
import { deviceCodeGrant, OAuthTokenRequest, TokenRequest } from './token.request.js';
import { WebClientsService } from './web-clients.service.js';
import { WebTokensService } from './web-tokens.service.js';

/** A route that OAuth describes: it takes a form, and no cache may keep its answer. */
function OAuthRoute(path: string): MethodDecorator {
  const error = { description: 'An error of OAuth.', type: OAuthErrorResponse };
  return applyDecorators(
    Post(path),
    HttpCode(200),
    // Without its problem documents.
    UseGuards(DatabaseLoadGuard),
    Header('Cache-Control', 'no-store'),
    FastifyRoute({ takesForm: true } satisfies FormRoute),
    ApiConsumes(formType),
    ApiResponse({ status: '4XX', ...error }),
    ApiResponse({ status: '5XX', ...error }),
  );
}

/** Sign-in on the web by scanning, in the shapes of RFC 8628, for any library that knows them. */
@Public()
@ApiTags('oauth')
// Above ServiceController: of two filters that take everything, the upper one does.
@UseFilters(OAuthErrorFilter)
@ServiceController('oauth')
export class OAuthController {
  constructor(
    private readonly clients: WebClientsService,
    private readonly scans: ScansService,
    private readonly events: ScanEventsService,
    private readonly tokens: WebTokensService,
    private readonly settings: Settings,
  ) {}

  /** Get a code for the user to scan or to type (RFC 8628, section 3.1). */
  @OAuthRoute('device_authorization')
  async authorizeDevice(
    @ValidForm() form: DeviceAuthorizationRequest,
    @Req() request: HttpRequest,
  ): Promise<DeviceAuthorizationResponse> {
    const client = this.clients.authenticate(request, form);
    const userAgent = request.headers['user-agent'];
    const { deviceCode, scene, userCode } = await this.scans.start(client, {
      ip: getClientIp(request),
      userAgent: userAgent === undefined ? undefined : headerText(userAgent),
    });
    const base = this.settings.publicUrl.replace(/\/+$/, '');
    return {
      device_code: deviceCode,
      user_code: userCode,
      verification_uri: `${base}/device`,
      verification_uri_complete: `${base}/device?user_code=${userCode}`,
      expires_in: scanTtl,
      interval: pollInterval,
      qr_code_uri: `${base}/scan-codes/${scene}`,
    };
  }

  /**
   * Be told what becomes of a code: the events `pending`, `scanned` (with `nickname` and `avatarUrl`), `approved`, `denied`
   * and `expired`. The stream ends after one of the last three. If it breaks off, ask again.
   */
  @OAuthRoute('device_authorization/events')
  @Header('Content-Type', 'text/event-stream')
  // nginx would keep events back until it has some kilobytes.
  @Header('X-Accel-Buffering', 'no')
  @ApiOkResponse({ content: { 'text/event-stream': { schema: { type: 'string' } } } })
  async streamEvents(
    @ValidForm() form: DeviceEventsRequest,
    @Req() request: HttpRequest,
  ): Promise<StreamableFile> {
    const client = this.clients.authenticate(request, form);
    const { id } = await this.scans.findByDeviceCode(form.device_code, client);
    return new StreamableFile(this.events.subscribe(id), { type: 'text/event-stream' });
  }

  /**
   * Get tokens for a device code, once, or for a refresh token. Until the user has decided, the error is
   * authorization_pending, or slow_down if the request comes before the interval is over.
   */
  @OAuthRoute('token')
  async issueTokens(
    @ValidForm() form: OAuthTokenRequest,
    @Req() request: HttpRequest,
  ): Promise<OAuthTokenResponse> {
    const client = this.clients.authenticate(request, form);
    const { grant_type: grantType, device_code: deviceCode, refresh_token: refreshToken } = form;
    if (grantType === deviceCodeGrant) {
      return this.tokens.redeem(required('device_code', deviceCode), client);
    }
    if (grantType === 'refresh_token') {
      return this.tokens.refresh(required('refresh_token', refreshToken), client, getClientIp(request));
    }
    throw new OAuthError('unsupported_grant_type', `grant_type must be ${deviceCodeGrant} or refresh_token.`);
  }

  /** End the session of a token (RFC 7009). An unknown token is no error. */
  @OAuthRoute('revoke')
  async revoke(@ValidForm() form: TokenRequest, @Req() request: HttpRequest): Promise<void> {
    const client = this.clients.authenticate(request, form);
    await this.tokens.revoke(form.token, client, { actor: 'person', ip: getClientIp(request) });
  }

  /** Ask whether a token is active (RFC 7662); only for clients with a secret. */
  @OAuthRoute('introspect')
  async introspect(
    @ValidForm() form: TokenRequest,
    @Req() request: HttpRequest,
  ): Promise<IntrospectionResponse> {
    const client = this.clients.authenticateWithSecret(request, form);
    return this.tokens.introspect(form.token, client);
  }
}

function required(name: string, value: string | undefined): string {
  if (value === undefined || value === '') throw new OAuthError('invalid_request', `${name} is missing.`);
  return value;
}
