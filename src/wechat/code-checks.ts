/**
 * Whether a text can be a code of WeChat. WeChat documents no format, and all known codes are letters and digits. A text
 * with anything but printable ASCII is not a code, and is not sent.
 */
export function isCode(text: string): boolean {
  return /^[\x21-\x7e]+$/.test(text);
}

/**
 * Whether a firewall before WeChat has no reason to block a call with this text. For `<script>` or `../` it may. If a call
 * with such a text fails, the failure says nothing about WeChat.
 */
export function isFirewallSafe(text: string): boolean {
  return /^[\p{L}\p{N}_-]+$/u.test(text);
}
