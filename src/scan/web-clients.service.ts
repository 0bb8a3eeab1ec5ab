import { Injectable } from '@nestjs/common';
import { Settings, type WebClient } from '../config/settings.js';
import { isEqual } from '../crypto/is-equal.js';
import { formType } from '../http/form-body.js';
import type { HttpRequest } from '../http/http-request.js';
import { OAuthError } from '../http/oauth.error.js';
import { sha256 } from './scan-codes.js';

/** How a client names itself in a form. */
export interface ClientForm {
  client_id?: string;
  client_secret?: string;
}

interface Credentials {
  id: string | undefined;
  secret: string | undefined;
}

/** The web clients of this deployment. */
@Injectable()
export class WebClientsService {
  readonly #clients: ReadonlyMap<string, WebClient>;

  constructor({ webClients }: Settings) {
    this.#clients = new Map(webClients.map((client) => [client.id, client]));
  }

  /** The client with this id, if there is one. */
  find(id: string): WebClient | undefined {
    return this.#clients.get(id);
  }

  /**
   * The client that has sent a form. One with a secret proves it in the form or by Basic (RFC 6749, section 2.3.1); one
   * without cannot prove anything, but a browser tells from which page it calls.
   *
   * @throws {OAuthError} `invalid_request`, `invalid_client`, or `unauthorized_client` for a foreign page
   */
  authenticate(request: HttpRequest, form: ClientForm): WebClient {
    refuseOtherForms(request);
    const basic = readBasic(request.headers.authorization);
    if (basic !== undefined && form.client_secret !== undefined) {
      throw new OAuthError('invalid_request', 'Send the secret once: by Basic or in the form.');
    }
    if (basic !== undefined && form.client_id !== undefined && form.client_id !== basic.id) {
      throw new OAuthError(
        'invalid_request',
        'client_id is another one than that of the header Authorization.',
      );
    }
    const { id, secret } = basic ?? { id: form.client_id, secret: form.client_secret };
    if (id === undefined) throw new OAuthError('invalid_request', 'client_id is missing.');
    const client = this.#clients.get(id);
    // An empty secret is none (RFC 6749, section 2.3.1): some libraries send it for a client without.
    if (client === undefined || !isSame(secret || undefined, client.secret)) {
      throw clientInvalid(basic !== undefined);
    }
    refuseForeignPage(request, client);
    return client;
  }

  /**
   * The same for what only a client with a secret may ask.
   *
   * @throws {OAuthError}
   */
  authenticateWithSecret(request: HttpRequest, form: ClientForm): WebClient {
    const client = this.authenticate(request, form);
    if (client.secret === undefined) {
      throw new OAuthError('unauthorized_client', 'Only a client with a secret may ask this.', {
        status: 403,
      });
    }
    return client;
  }
}

/** Parameters belong into the body, where no log and no history keeps them (RFC 6749, section 3.2). */
function refuseOtherForms({ headers, originalUrl }: HttpRequest): void {
  if (originalUrl.includes('?')) {
    throw new OAuthError('invalid_request', 'Send all parameters in the body, none in the URL.');
  }
  const [type = ''] = (headers['content-type'] ?? '').split(';', 1);
  if (type.trim().toLowerCase() !== formType) {
    throw new OAuthError('invalid_request', `Send a form, with Content-Type: ${formType}.`);
  }
}

/** @throws {OAuthError} if the header is there and is not Basic */
function readBasic(authorization: string | undefined): Credentials | undefined {
  if (authorization === undefined) return undefined;
  const [, base64] = /^basic +([A-Za-z0-9+/]+={0,2}) *$/i.exec(authorization) ?? [];
  const [, id, secret] = /^([^:]*):(.*)$/s.exec(Buffer.from(base64 ?? '', 'base64').toString()) ?? [];
  if (id === undefined || secret === undefined) throw clientInvalid(true);
  return { id: decodeFormText(id), secret: decodeFormText(secret) };
}

/** Id and secret are encoded as in a form before they are joined. */
function decodeFormText(text: string): string {
  return new URLSearchParams(`t=${text.replaceAll('&', '%26')}`).get('t')!;
}

function isSame(sent: string | undefined, expected: string | undefined): boolean {
  if (sent === undefined || expected === undefined) return sent === expected;
  // The hashes have one length: that of the secret is a secret, too.
  return isEqual(sha256(sent), sha256(expected));
}

/** The header is asked for only if it was sent: a browser would show a dialog. */
function clientInvalid(isBasic: boolean): OAuthError {
  return new OAuthError('invalid_client', 'There is no such client, or its secret is wrong or missing.', {
    status: 401,
    headers: isBasic ? { 'WWW-Authenticate': 'Basic realm="weapp-auth"' } : {},
  });
}

/** A page can post a form to any origin. It cannot read the answer, but it could use up the visitor's codes. */
function refuseForeignPage({ headers: { origin, host } }: HttpRequest, client: WebClient): void {
  if (origin === undefined || client.origins.includes(origin)) return;
  if (URL.canParse(origin) && new URL(origin).host === host) return;
  throw new OAuthError(
    'unauthorized_client',
    'The pages of this origin are not those of the client. Add the origin to the client in WEB_CLIENTS.',
    {
      status: 403,
    },
  );
}
