const auth = require('../../auth.js');
const { explainFailure } = require('../../messages.js');
const { localTime } = require('../../time.js');

const systems = [
  [/iPhone/, 'iPhone'],
  [/iPad/, 'iPad'],
  [/Android/, '安卓手机'],
  [/OpenHarmony|HarmonyOS/, '鸿蒙手机'],
  [/Windows/, 'Windows 电脑'],
  [/Macintosh/, 'Mac 电脑'],
];

/** 从 User-Agent 里认出设备。 */
function deviceOf(userAgent) {
  const known = systems.find(([pattern]) => pattern.test(userAgent || ''));
  return known ? known[1] : '未知设备';
}

Page({
  data: { devices: [], notice: '' },

  onShow() {
    return this.load();
  },

  async onPullDownRefresh() {
    await this.load();
    wx.stopPullDownRefresh();
  },

  async load() {
    await this.attempt(async () => {
      const { statusCode, data } = await auth.request({ url: '/me/sessions' });
      if (statusCode !== 200) throw data;
      this.setData({
        notice: '',
        devices: data.map(({ id, current, userAgent, lastSeenAt }) => ({
          id,
          current,
          name: deviceOf(userAgent),
          seen: localTime(lastSeenAt),
        })),
      });
    });
  },

  onSignOut(event) {
    const { id, name } = event.currentTarget.dataset;
    wx.showModal({
      title: '让这台设备下线？',
      content: `${name}会立即退出登录。`,
      confirmText: '下线',
      success: ({ confirm }) => {
        if (confirm) void this.signOut(id);
      },
    });
  },

  async signOut(id) {
    await this.attempt(async () => {
      const { statusCode, data } = await auth.request({ url: `/me/sessions/${id}`, method: 'DELETE' });
      // 404：它已经自己退出了。
      if (statusCode !== 204 && statusCode !== 404) throw data;
      await this.load();
    });
  },

  async attempt(work) {
    try {
      await work();
    } catch (error) {
      if (error.reason) wx.navigateBack();
      else this.setData({ notice: explainFailure(error.code) });
    }
  },
});
