import { createHash } from 'node:crypto';

const style = `
body { font: 1.1rem/1.6 system-ui, sans-serif; max-width: 34rem; margin: 3rem auto; padding: 0 1.25rem; color: #1f2328; background: #fff }
h1 { font-size: 1.4rem; margin: 2.5rem 0 .5rem }
code { font: 700 2rem/1 ui-monospace, monospace; letter-spacing: .1em }
@media (prefers-color-scheme: dark) { body { color: #e6edf3; background: #0d1117 } }
`;

/** Nothing but this style: no script, no image, no form, no frame. */
export const devicePagePolicy = [
  `default-src 'none'`,
  `style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`,
  `base-uri 'none'`,
  `form-action 'none'`,
  `frame-ancestors 'none'`,
].join('; ');

/** What the page of `verification_uri` shows, in both languages. */
export function devicePage({
  appName,
  userCode,
}: {
  appName: string | null;
  userCode: string | undefined;
}): string {
  const name = appName === null ? undefined : escapeHtml(appName);
  const code = userCode === undefined ? '' : `<p><code>${userCode}</code></p>`;
  return `<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>用微信登录 · Sign in with WeChat</title>
<style>${style}</style>
</head>
<body>
<main>
${code}
<section>
<h1>用微信登录</h1>
<p>在手机上打开微信，进入小程序${name === undefined ? '' : `「${name}」`}，打开「登录网页」，输入设备上显示的代码。</p>
<p>小程序会显示是谁在请求登录。请核对代码。如果不是您本人在操作，请选择「拒绝」。</p>
</section>
<section lang="en">
<h1>Sign in with WeChat</h1>
<p>Open WeChat on your phone, open the mini-program${name === undefined ? '' : ` “${name}”`}, choose “Sign in on the web”, and type the code that your device shows.</p>
<p>The mini-program shows who asks. Compare the code. If it was not you who started this, choose “Deny”.</p>
</section>
</main>
</body>
</html>
`;
}

function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`);
}
