const { auth, ask } = require('../../account.js');
const { explain } = require('../../explain.js');
const { formatPhone, formatTime } = require('../../format.js');

/** Texts for the reasons of a sign-out. */
const outTexts = {
  signed_out: { title: '已退出登录', text: '再次登录之前，这台设备会一直保持退出。' },
  kicked: {
    title: '你已被请下线',
    text: '管理员结束了这次登录。如果你不清楚原因，可以重新登录，或联系客服。',
  },
  disabled: { title: '账号已停用', text: '如有疑问，请联系客服。' },
  blocked: { title: '暂时不能登录', text: '微信限制了这个账号，请在微信里查看原因。' },
  deleted: { title: '账号正在注销', text: '期满之前可以恢复，资料都还在。' },
};

Page({
  data: {
    /** `loading`, `in`, `out` or `problem`. */
    state: 'loading',
    user: null,
    phone: '',
    since: '',
    /** The reason, in the state `out`. */
    reason: '',
    title: '',
    text: '',
    isBusy: false,
  },

  onLoad() {
    this.stopListening = auth.on('logout', ({ reason }) => this.showOut(reason));
  },

  onUnload() {
    this.stopListening();
  },

  onShow() {
    this.load();
  },

  /** The client logs in silently, unless the user has signed out. */
  async load() {
    if (this.data.state === 'problem') this.setData({ state: 'loading' });
    try {
      const user = await ask({ url: '/me' });
      // The user may have signed out meanwhile.
      if (auth.user) this.showUser(user);
    } catch (error) {
      this.showError(error);
    }
  },

  login() {
    return this.logIn({});
  },

  restore() {
    return this.logIn({ restore: true });
  },

  async logIn(wishes) {
    this.setData({ isBusy: true });
    try {
      const { isNewUser } = await auth.login(wishes);
      wx.removeStorageSync('eraseAt');
      wx.showToast({ title: wishes.restore ? '账号已恢复' : isNewUser ? '欢迎你' : '欢迎回来' });
      await this.load();
    } catch (error) {
      this.showError(error);
    }
    this.setData({ isBusy: false });
  },

  async logout() {
    this.setData({ isBusy: true });
    await auth.logout();
    this.setData({ isBusy: false });
  },

  open({ currentTarget }) {
    wx.navigateTo({ url: `/pages/${currentTarget.dataset.page}` });
  },

  showUser(user) {
    this.setData({
      state: 'in',
      user,
      phone: user.phone ? formatPhone(user.phone) : '',
      since: formatTime(user.createdAt),
    });
  },

  /** Shows an error of the service or of the client. */
  showError(error) {
    // If a session was ended, the problem's `reason` is a code, not the admin's text.
    const said = error.code === 'session_revoked' ? undefined : error.problem;
    if (error.reason in outTexts) this.showOut(error.reason, said);
    else this.setData({ state: 'problem', title: '没有连上', text: explain(error) });
  },

  /** @param problem the service's answer, if there is one */
  showOut(reason, { reason: why, until, eraseAt } = {}) {
    const known = eraseAt || wx.getStorageSync('eraseAt');
    // When the time is over, a login creates a new account.
    const eraseTime = Date.parse(known) > Date.now() ? known : '';
    const shown = eraseTime ? 'deleted' : reason;
    const details = [
      shown === 'disabled' && why && `原因：${why}。`,
      shown === 'disabled' && until && `${formatTime(until)} 之后可以重新登录。`,
      eraseTime && `账号将在 ${formatTime(eraseTime)} 删除。`,
    ];
    this.setData({
      state: 'out',
      user: null,
      reason: shown,
      title: outTexts[shown].title,
      text: [...details, outTexts[shown].text].filter(Boolean).join(''),
    });
  },
});
