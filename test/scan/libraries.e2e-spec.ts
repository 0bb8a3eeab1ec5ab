import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';
import { beforeAll, describe, expect, it } from 'vitest';
import { findFreePort } from '../../dev/ports.js';
import type { ServiceNode } from '../harness/node.js';
import { reports, ScanningPhone, scanSettings, shop } from '../harness/scans.js';
import { useWorld } from '../harness/world.js';

/** The libraries know one address. Its requests go to three nodes in turn, as behind a load balancer. */
describe('libraries that know OAuth', () => {
  const world = useWorld();
  let nodes: ServiceNode[];
  let issuer: string;
  beforeAll(async () => {
    const port = await findFreePort();
    issuer = `http://127.0.0.1:${port}`;
    const settings = { ...scanSettings, JWT_ISSUER: issuer };
    nodes = await Promise.all([
      world.startNode({ ...settings, PORT: String(port) }),
      world.startNode(settings),
      world.startNode(settings),
    ]);
  });

  let turn = 0;
  const balancedFetch = (url: string, options: any) => {
    turn += 1;
    return fetch(url.replace(issuer, nodes[turn % 3]!.url), options);
  };

  async function approve(userCode: string): Promise<string> {
    const phone = await ScanningPhone.signIn(world, nodes[1]!, 'anna');
    expect((await phone.look({ userCode })).status).toBe(200);
    expect((await phone.decide({ userCode }, true)).status).toBe(204);
    return phone.userId;
  }

  it.each([
    ['without a secret', shop.id, openid.None()],
    ['with a secret in the form', reports.id, openid.ClientSecretPost(reports.secret)],
    ['with a secret by Basic', reports.id, openid.ClientSecretBasic(reports.secret)],
  ])('openid-client signs in a client %s, refreshes and signs out', async (_, clientId, authentication) => {
    const config = await openid.discovery(new URL(issuer), clientId, undefined, authentication, {
      algorithm: 'oauth2',
      execute: [openid.allowInsecureRequests],
      [openid.customFetch]: balancedFetch,
    });
    const started = await openid.initiateDeviceAuthorization(config, {});
    const polled = openid.pollDeviceAuthorizationGrant(config, started);
    const userId = await approve(started.user_code);
    const tokens = await polled;
    const me = (await (
      await openid.fetchProtectedResource(config, tokens.access_token, new URL(`${issuer}/me`), 'GET')
    ).json()) as { id: string };
    expect(me.id).toBe(userId);
    const refreshed = await openid.refreshTokenGrant(config, tokens.refresh_token!);
    expect(refreshed.refresh_token).not.toBe(tokens.refresh_token);
    await openid.tokenRevocation(config, refreshed.refresh_token!);
    await expect(openid.refreshTokenGrant(config, refreshed.refresh_token!)).rejects.toMatchObject({
      error: 'invalid_grant',
    });
  });

  it('openid-client asks about a token, for a client with a secret', async () => {
    const authentication = openid.ClientSecretBasic(reports.secret);
    const config = await openid.discovery(new URL(issuer), reports.id, undefined, authentication, {
      algorithm: 'oauth2',
      execute: [openid.allowInsecureRequests],
      [openid.customFetch]: balancedFetch,
    });
    const { body } = await world.login(nodes[2]!, 'carl');
    expect(await openid.tokenIntrospection(config, body.accessToken)).toMatchObject({
      active: true,
      sub: body.user.id,
    });
    expect(await openid.tokenIntrospection(config, 'nonsense')).toEqual({ active: false });
  });

  it('openid-client is told of a denial', async () => {
    const config = await openid.discovery(new URL(issuer), shop.id, undefined, openid.None(), {
      algorithm: 'oauth2',
      execute: [openid.allowInsecureRequests],
      [openid.customFetch]: balancedFetch,
    });
    const started = await openid.initiateDeviceAuthorization(config, {});
    const phone = await ScanningPhone.signIn(world, nodes[1]!, 'bert');
    await phone.look({ userCode: started.user_code });
    await phone.decide({ userCode: started.user_code }, false);
    await expect(openid.pollDeviceAuthorizationGrant(config, started)).rejects.toMatchObject({
      error: 'access_denied',
    });
  });

  it('oauth4webapi signs in a client', async () => {
    const options = { [oauth.allowInsecureRequests]: true, [oauth.customFetch]: balancedFetch };
    const issuerUrl = new URL(issuer);
    const found = await oauth.discoveryRequest(issuerUrl, { ...options, algorithm: 'oauth2' });
    const server = await oauth.processDiscoveryResponse(issuerUrl, found);
    const client = { client_id: shop.id };
    const started = await oauth.processDeviceAuthorizationResponse(
      server,
      client,
      await oauth.deviceAuthorizationRequest(server, client, oauth.None(), {}, options),
    );
    expect(started['qr_code_uri']).toMatch(/\/scan-codes\//);
    const ask = async () =>
      oauth.processDeviceCodeResponse(
        server,
        client,
        await oauth.deviceCodeGrantRequest(server, client, oauth.None(), started.device_code, options),
      );
    await expect(ask()).rejects.toMatchObject({ error: 'authorization_pending' });
    const userId = await approve(started.user_code);
    const tokens = await ask();
    // The access token as RFC 9068 has it.
    const claims = await oauth.validateJwtAccessToken(
      server,
      new Request(`${issuer}/me`, { headers: { authorization: `Bearer ${tokens.access_token}` } }),
      'weapp',
      options,
    );
    expect(claims).toMatchObject({ sub: userId, client_id: shop.id });
  });
});
