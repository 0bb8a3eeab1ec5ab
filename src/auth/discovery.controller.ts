import { Controller, Get, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Settings } from '../config/settings.js';
import { JwkSetResponse, MetadataResponse } from './discovery.response.js';
import { SigningKeysService } from './signing-keys.service.js';

/** What other services need in order to check our access tokens by themselves. Anyone may read and keep it. */
@Controller('.well-known')
@ApiTags('auth')
export class DiscoveryController {
  constructor(
    private readonly keys: SigningKeysService,
    private readonly settings: Settings,
  ) {}

  /** The public keys of the access tokens (RFC 7517, section 5). */
  @Get('jwks.json')
  keySet(@Res({ passthrough: true }) reply: FastifyReply): JwkSetResponse {
    this.allowKeeping(reply);
    return { keys: this.keys.published() };
  }

  /** Where the public keys are (RFC 8414, section 3.2). There is no OAuth flow. */
  @Get('oauth-authorization-server')
  metadata(@Res({ passthrough: true }) reply: FastifyReply): MetadataResponse {
    this.allowKeeping(reply);
    const { jwtIssuer } = this.settings;
    return {
      issuer: jwtIssuer,
      jwks_uri: `${jwtIssuer.replace(/\/+$/, '')}/.well-known/jwks.json`,
      response_types_supported: [],
      grant_types_supported: [],
    };
  }

  private allowKeeping(reply: FastifyReply): void {
    void reply.header('Cache-Control', `public, max-age=${this.settings.jwksMaxAge}`);
  }
}
