/**
 * Asks for consent to the privacy policy when WeChat wants it: before the phone number, the avatar, the nickname and the
 * steps.
 * https://developers.weixin.qq.com/miniprogram/dev/framework/user-privacy/PrivacyAuthorize.html
 */
Component({
  data: {
    isOpen: false,
    policy: '',
  },

  lifetimes: {
    attached() {
      this.waiting = [];
      // Base libraries before 2.32.3 do not ask for consent.
      if (!wx.onNeedPrivacyAuthorization) return;
      wx.onNeedPrivacyAuthorization((resolve) => {
        this.waiting.push(resolve);
        wx.getPrivacySetting({
          success: ({ privacyContractName }) => this.setData({ isOpen: true, policy: privacyContractName }),
        });
      });
    },
  },

  methods: {
    read() {
      wx.openPrivacyContract({});
    },

    agree() {
      this.close({ event: 'agree', buttonId: 'agree' });
      this.triggerEvent('agree');
    },

    refuse() {
      this.close({ event: 'disagree' });
      this.triggerEvent('refuse');
    },

    close(decision) {
      this.setData({ isOpen: false });
      for (const resolve of this.waiting.splice(0)) resolve(decision);
    },

    stay() {},
  },
});
