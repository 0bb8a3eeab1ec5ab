import { isJsonObject, parseJson, type JsonObject } from '../json.js';
import { WechatError } from './wechat-errors.js';

/** Parses the JSON object of a body. WeChat has different errors for an empty and for a wrong body. */
export function parseJsonBody(body: string): JsonObject {
  if (body === '') throw new WechatError(44002);
  const fields = parseJson(body);
  if (!isJsonObject(fields)) throw new WechatError(47001);
  return fields;
}

/** Null means that the field is absent. */
export function textField(fields: JsonObject, name: string): string | null {
  const value = fields[name] ?? null;
  if (value !== null && typeof value !== 'string') throw new WechatError(47001);
  return value;
}
