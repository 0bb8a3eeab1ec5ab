import { createDecipheriv } from 'node:crypto';
import { app } from '../world/deployment.js';
import { database } from './database.js';
import { unseal } from './keys.js';
import type { Claims } from './tokens.js';

/** Seconds. */
const maxAge = 600;

interface IdentityRow {
  openid: string;
  sessionKeys: { sealed: string }[];
}

const identityStatement = {
  name: 'identity',
  text: `
    SELECT openid, session_keys AS "sessionKeys"
    FROM sessions JOIN identities ON identities.id = identity_id
    WHERE sessions.id = $1 AND identities.user_id = $2`,
};

/** POST /me/open-data. Undefined if the data does not open. */
export async function openData(
  { sid, sub }: Claims,
  { encryptedData, iv }: { encryptedData: string; iv: string },
): Promise<object | undefined> {
  const { rows } = await database.query<IdentityRow>({ ...identityStatement, values: [sid, sub] });
  const [identity] = rows;
  if (identity === undefined) return undefined;
  for (const { sealed } of identity.sessionKeys) {
    const key = Buffer.from(unseal('session-key', sealed, `${app.appid}|${identity.openid}`), 'base64');
    const data = decrypt(key, encryptedData, iv);
    if (data === undefined) continue;
    const { openId, unionId: _unionId, ...rest } = data;
    const { appid, timestamp } = data['watermark'] as { appid: string; timestamp: number };
    const isRecent = Date.now() / 1_000 - timestamp <= maxAge;
    return appid === app.appid && openId === identity.openid && isRecent ? rest : undefined;
  }
  return undefined;
}

function decrypt(key: Buffer, encryptedData: string, iv: string): Record<string, unknown> | undefined {
  try {
    const decipher = createDecipheriv('aes-128-cbc', key, Buffer.from(iv, 'base64'));
    const bytes = Buffer.concat([decipher.update(Buffer.from(encryptedData, 'base64')), decipher.final()]);
    return JSON.parse(bytes.toString()) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}
