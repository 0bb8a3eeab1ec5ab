const auth = require('../../auth.js');
const { baseUrl } = require('../../config.js');
const { explainFailure } = require('../../messages.js');

/** 点了手机号按钮之后，对用户怎么说。拒绝是用户的权利：不责备，也给出路。 */
const phoneNotices = {
  stored: '手机号已保存。',
  denied: '没关系，不提供手机号也能使用其他功能。想好了再点一次就行。',
  quota_exceeded: '暂时取不到手机号，请联系客服。其他功能不受影响。',
  try_again: '这次授权已失效，请再点一次按钮。',
};

Page({
  data: { user: {}, notice: '', isBusy: false },

  onLoad() {
    this.setData({ user: auth.user || {} });
  },

  /** 微信给的是手机上的临时文件，要上传才会长久。 */
  onChooseAvatar({ detail }) {
    return this.attempt(async () => {
      const { statusCode, data } = await this.upload(detail.avatarUrl);
      this.showAnswer(statusCode, JSON.parse(data), '头像已更新。');
    });
  },

  async upload(filePath) {
    const token = await auth.token();
    return new Promise((resolve, reject) => {
      wx.uploadFile({
        url: `${baseUrl}/me/avatar`,
        filePath,
        name: 'file',
        header: { Authorization: `Bearer ${token}` },
        success: resolve,
        fail: () => reject({ code: 'network' }),
      });
    });
  },

  /** 从表单里取：微信会检测昵称，没有通过时把输入框清空。 */
  onSaveNickname({ detail }) {
    const nickname = detail.value.nickname.trim();
    return this.attempt(async () => {
      const { statusCode, data } = await auth.request({
        url: '/me',
        method: 'POST',
        data: { nickname: nickname || null },
      });
      this.showAnswer(statusCode, data, '昵称已保存。');
    });
  },

  onPhoneNumber(event) {
    return this.attempt(async () => {
      const { outcome, user } = await auth.getPhoneNumber(event);
      this.setData({ notice: phoneNotices[outcome] });
      if (user) this.setData({ user });
    });
  },

  /** 一次只做一件事；失败了说明原因，页面照常可用。 */
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

  showAnswer(statusCode, data, success) {
    if (statusCode === 200) this.setData({ user: data, notice: success });
    else this.setData({ notice: explainFailure(data.code) });
  },
});
