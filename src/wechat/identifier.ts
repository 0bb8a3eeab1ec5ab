/** Whether a value can be an openid or a unionid. WeChat documents no format; today it is 28 characters of base64url. */
export function isIdentifier(value: unknown): value is string {
  return typeof value === 'string' && /^[\x21-\x7e]{1,128}$/.test(value);
}
