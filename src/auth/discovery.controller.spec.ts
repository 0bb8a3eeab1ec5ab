import type { HttpAdapterHost } from '@nestjs/core';
import { describe, expect, it, vi } from 'vitest';
import { Settings } from '../config/settings.js';
import type { HttpRequest } from '../http/http-request.js';
import { DiscoveryController } from './discovery.controller.js';
import type { SigningKeysService } from './signing-keys.service.js';

describe('the metadata', () => {
  it.each([
    ['https://login.example.com', '', 'https://login.example.com/.well-known/jwks.json'],
    ['https://login.example.com/', '', 'https://login.example.com/.well-known/jwks.json'],
    ['https://example.com/login/', '', 'https://example.com/login/.well-known/jwks.json'],
    ['https://example.com', '/api', 'https://example.com/api/.well-known/jwks.json'],
    ['https://example.com/api', '/api', 'https://example.com/api/.well-known/jwks.json'],
    ['https://example.com/shop', '/api', 'https://example.com/shop/api/.well-known/jwks.json'],
  ])(
    'of the issuer %s, asked below "%s", name it to the letter, and its keys at %s',
    (issuer, prefix, keys) => {
      const settings = Object.assign(new Settings(), { jwtIssuer: issuer });
      const httpAdapter = { setHeader: vi.fn<() => void>(), reply: vi.fn<() => void>() };
      const host = { httpAdapter } as unknown as HttpAdapterHost;
      const controller = new DiscoveryController({} as SigningKeysService, settings, host);
      const originalUrl = `${prefix}/.well-known/oauth-authorization-server`;

      controller.metadata({ originalUrl } as HttpRequest, 'the response');

      expect(httpAdapter.reply).toHaveBeenCalledWith(
        'the response',
        expect.objectContaining({ issuer, jwks_uri: keys }),
        200,
      );
    },
  );
});
