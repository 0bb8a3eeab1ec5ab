/** The mini-program. */
export const app = { appid: 'wx00000000000000aa', secret: 'a1'.repeat(16) };

/** `ENCRYPTION_KEYS`. */
export const encryptionKey = Buffer.alloc(32, 3).toString('base64');

/** `JWT_ISSUER`. */
export const jwtIssuer = 'https://login.example.com';

/** `JWT_AUDIENCE`. */
export const jwtAudience = 'weapp';

/** Of the webhook, where a scenario has one. */
export const webhookSecret = `whsec_${Buffer.alloc(32, 4).toString('base64')}`;
