import type { FastifyReply } from 'fastify';
import { describe, expect, it } from 'vitest';
import { Settings } from '../config/settings.js';
import { DiscoveryController } from './discovery.controller.js';
import type { SigningKeysService } from './signing-keys.service.js';

describe('the metadata', () => {
  const reply = { header: () => reply } as unknown as FastifyReply;

  it.each([
    ['https://login.example.com', 'https://login.example.com/.well-known/jwks.json'],
    ['https://login.example.com/', 'https://login.example.com/.well-known/jwks.json'],
    ['https://example.com/login/', 'https://example.com/login/.well-known/jwks.json'],
  ])('of the issuer %s name it to the letter, and its keys at %s', (issuer, keys) => {
    const settings = Object.assign(new Settings(), { jwtIssuer: issuer });
    const controller = new DiscoveryController({} as SigningKeysService, settings);
    expect(controller.metadata(reply)).toMatchObject({ issuer, jwks_uri: keys });
  });
});
