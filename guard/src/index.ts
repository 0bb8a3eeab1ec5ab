export type { AccessTokenClaims } from './access-token-claims.js';
export type { BearerRequest } from './bearer.js';
export { GuardError, type GuardErrorCode, type ProblemDocument } from './guard.error.js';
export { createVerifier, type Requirements, Verifier } from './verifier.js';
export type { VerifierOptions } from './verifier-options.js';
