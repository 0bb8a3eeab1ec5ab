const { auth, ask, openData, uploadAvatar } = require('../../account.js');
const { policyVersion } = require('../../config.js');
const { explain } = require('../../explain.js');
const { formatPhone } = require('../../format.js');

/** Texts for the outcomes of the getPhoneNumber button without a stored number. */
const phoneHints = {
  denied: '没关系，不绑定手机号也能使用。想绑定的时候，再点一次就好。',
  quota_exceeded: '今天的手机号验证次数用完了，请改天再来。其他功能不受影响。',
  try_again: '这次的授权过期了，请再点一次。',
};

/** The user does not agree to the privacy policy. */
const withoutConsentHint = '没关系，不填写这些资料也能使用。想填的时候，再点一次就好。';

/** The user does not allow access to the steps. */
const withoutStepsHint = '没关系，不同步步数也能使用。想同步的时候，再点一次就好。';

/** WeChat's errno if the user has not agreed to the privacy policy. */
const withoutConsent = 104;

Page({
  data: {
    user: null,
    phone: '',
    /** The steps of the last day. */
    steps: '',
    /** Why no steps are shown. */
    problem: '',
    isUploading: false,
    isSaving: false,
    isBinding: false,
    isSyncing: false,
    avatarProblem: '',
    nicknameProblem: '',
    phoneProblem: '',
    hint: '',
    stepsProblem: '',
    stepsHint: '',
  },

  onLoad() {
    this.load();
  },

  async load() {
    this.setData({ problem: '' });
    try {
      this.show(await ask({ url: '/me' }));
    } catch (error) {
      this.setData({ problem: explain(error) });
    }
  },

  async changeAvatar({ detail }) {
    this.setData({ isUploading: true, avatarProblem: '' });
    try {
      this.show(await uploadAvatar(detail.avatarUrl));
      wx.showToast({ title: '头像已更新' });
    } catch (error) {
      this.setData({ avatarProblem: explain(error) });
    }
    this.setData({ isUploading: false });
  },

  async changeNickname({ detail }) {
    const nickname = detail.value.nickname.trim();
    this.setData({ isSaving: true, nicknameProblem: '' });
    try {
      this.show(await ask({ url: '/me', method: 'POST', data: { nickname: nickname || null } }));
      wx.showToast({ title: '昵称已保存' });
    } catch (error) {
      this.setData({ nicknameProblem: explain(error) });
    }
    this.setData({ isSaving: false });
  },

  async changePhone(event) {
    if (event.detail.errno === withoutConsent) {
      this.showRefusal();
      return;
    }
    this.setData({ isBinding: true, phoneProblem: '', hint: '' });
    try {
      const { outcome, user } = await auth.getPhoneNumber(event);
      if (outcome === 'stored') {
        this.show(user);
        wx.showToast({ title: '手机号已绑定' });
      } else {
        this.setData({ hint: phoneHints[outcome] });
      }
    } catch (error) {
      this.setData({ phoneProblem: explain(error) });
    }
    this.setData({ isBinding: false });
  },

  /** 微信运动: the steps are shown, and stored nowhere. */
  async syncSteps() {
    this.setData({ isSyncing: true, stepsProblem: '', stepsHint: '' });
    try {
      const { stepInfoList } = await openData(() => wx.getWeRunData());
      const { step } = stepInfoList[stepInfoList.length - 1];
      this.setData({ steps: `今天 ${step} 步` });
    } catch (error) {
      if (error.errno === withoutConsent) this.showRefusal();
      else if (error.errMsg) this.setData({ stepsHint: withoutStepsHint });
      else this.setData({ stepsProblem: explain(error) });
    }
    this.setData({ isSyncing: false });
  },

  /** For avatar and nickname, WeChat does not tell the page that the user refused consent. The popup does. */
  showRefusal() {
    this.setData({ phoneProblem: '', hint: withoutConsentHint });
  },

  /** The service records which version the user agreed to, and when. A login sends it. */
  async keepConsent() {
    this.setData({ hint: '' });
    try {
      await auth.login({ consent: { policyVersion } });
    } catch (error) {
      wx.showToast({ title: explain(error), icon: 'none' });
    }
  },

  show(user) {
    this.setData({ user, phone: user.phone ? formatPhone(user.phone) : '' });
  },
});
