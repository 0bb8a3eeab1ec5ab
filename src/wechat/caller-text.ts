/**
 * Whether a text can be a code of WeChat's. WeChat promises no form; all codes that were seen are letters and digits. What
 * is not printable ASCII is no code, and need not be sent.
 */
export function isCode(text: string): boolean {
  return /^[\x21-\x7e]+$/.test(text);
}

/**
 * Whether a text holds nothing that a firewall before WeChat may take offence at, such as `<script>` or `../`. If it does
 * and the call fails, the text may be the reason, and the failure says nothing of WeChat.
 */
export function isHarmless(text: string): boolean {
  return /^[\p{L}\p{N}_-]+$/u.test(text);
}
