const auth = require('../../auth.js');
const { policyVersion } = require('../../config.js');
const { explainFailure } = require('../../messages.js');

// 2023 年 9 月起，调用隐私接口前要先让用户看到隐私保护指引。微信在用户第一次用到时通知这里。
// https://developers.weixin.qq.com/miniprogram/dev/framework/user-privacy/PrivacyAuthorize.html
Component({
  data: { isOpen: false },

  lifetimes: {
    attached() {
      if (!wx.onNeedPrivacyAuthorization) return;
      wx.onNeedPrivacyAuthorization((resolve) => {
        this.resolve = resolve;
        this.setData({ isOpen: true });
      });
    },
  },

  methods: {
    onRead() {
      wx.openPrivacyContract({
        fail: () => wx.showToast({ title: '暂时打不开，请稍后再试', icon: 'none' }),
      });
    },

    async onAgree() {
      try {
        // 同意了哪一版，服务端要留下记录。
        await auth.login({ consent: { policyVersion } });
      } catch (error) {
        wx.showToast({ title: explainFailure(error.code), icon: 'none' });
        return;
      }
      this.settle({ event: 'agree', buttonId: 'agree-privacy' });
    },

    onRefuse() {
      this.settle({ event: 'disagree' });
    },

    settle(outcome) {
      this.setData({ isOpen: false });
      this.resolve(outcome);
    },
  },
});
