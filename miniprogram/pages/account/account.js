const auth = require('../../auth.js');
const { explainFailure } = require('../../messages.js');
const { localTime } = require('../../time.js');

Page({
  data: { apps: '', consent: '', notice: '', isBusy: false },

  onLoad() {
    return this.attempt(async () => {
      const { statusCode, data } = await auth.request({ url: '/me' });
      if (statusCode !== 200) throw data;
      const { identities, consent } = data;
      this.setData({
        apps: identities.map(({ appName, appid }) => appName || appid).join('、'),
        consent: consent ? `${consent.policyVersion} 版，${localTime(consent.at)}` : '还没有',
      });
    });
  },

  onLogOut() {
    wx.showModal({
      title: '退出登录？',
      content: '下次打开小程序时不会自动登录，点登录按钮就能回来。',
      confirmText: '退出',
      success: ({ confirm }) => {
        if (confirm) void this.logOut();
      },
    });
  },

  async logOut() {
    await auth.logout();
    wx.reLaunch({ url: '/pages/home/home' });
  },

  onDelete() {
    wx.showModal({
      title: '注销账号？',
      content:
        '所有设备会立即退出登录。宽限期过后，头像、昵称、手机号等资料会被删除，无法找回；在那之前登录可以恢复。',
      confirmText: '注销',
      confirmColor: '#fa5151',
      success: ({ confirm }) => {
        if (confirm) void this.deleteAccount();
      },
    });
  },

  deleteAccount() {
    return this.attempt(async () => {
      const { statusCode, data } = await auth.request({ url: '/me', method: 'DELETE' });
      if (statusCode !== 202) throw data;
      wx.showModal({
        title: '已申请注销',
        content: `${localTime(data.eraseAt)} 之前登录可以恢复账号。`,
        showCancel: false,
        complete: () => wx.reLaunch({ url: '/pages/home/home' }),
      });
    });
  },

  async attempt(work) {
    this.setData({ isBusy: true, notice: '' });
    try {
      await work();
    } catch (error) {
      if (error.reason) wx.navigateBack();
      else this.setData({ notice: explainFailure(error.code) });
    } finally {
      this.setData({ isBusy: false });
    }
  },
});
