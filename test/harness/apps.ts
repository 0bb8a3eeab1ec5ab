/** Two mini-programs of one Open Platform account, and one of none. */
export const apps = [
  { appid: 'wx00000000000000aa', secret: 'a1'.repeat(16), name: 'Tea', openPlatform: 'one' },
  { appid: 'wx00000000000000bb', secret: 'b2'.repeat(16), name: 'Cake', openPlatform: 'one' },
  { appid: 'wx00000000000000cc', secret: 'c3'.repeat(16) },
] as const;

export const [tea, cake, alone] = apps;

/** The mini-programs as `WECHAT_APPS` has them. */
export const wechatApps = JSON.stringify(
  apps.map(({ appid, secret, ...app }: { appid: string; secret: string; name?: string }) => ({
    appid,
    secret,
    name: app.name,
  })),
);
