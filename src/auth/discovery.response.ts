/** A public key of the access tokens (RFC 7517, section 4; RFC 7518, section 6.2.1). */
export class JwkResponse {
  kty: 'EC';

  crv: 'P-256';

  x: string;

  y: string;

  /** The `kid` in the header of the tokens that it signed. */
  kid: string;

  use: 'sig';

  alg: 'ES256';
}

/** A JWK Set (RFC 7517, section 5). */
export class JwkSetResponse {
  keys: JwkResponse[];
}

/** Authorization server metadata (RFC 8414, section 2). */
export class MetadataResponse {
  /** Claim `iss` of the access tokens. */
  issuer: string;

  jwks_uri: string;

  response_types_supported: string[];

  grant_types_supported: string[];

  /** This and what follows: absent if there are no web clients (RFC 8628, section 4). */
  device_authorization_endpoint?: string;

  token_endpoint?: string;

  token_endpoint_auth_methods_supported?: string[];

  /** RFC 7009. */
  revocation_endpoint?: string;

  revocation_endpoint_auth_methods_supported?: string[];

  /** RFC 7662. */
  introspection_endpoint?: string;

  introspection_endpoint_auth_methods_supported?: string[];
}
