const { ask } = require('../../account.js');
const { explain } = require('../../explain.js');
const { formatTime } = require('../../format.js');

/** Device names by a word in WeChat's user agent. */
const kinds = [
  ['wechatdevtools', '开发者工具'],
  ['iPhone', 'iPhone'],
  ['iPad', 'iPad'],
  ['Android', '安卓手机'],
  ['Windows', 'Windows 电脑'],
  ['Macintosh', 'Mac 电脑'],
];

Page({
  data: {
    devices: [],
    isLoaded: false,
    /** Why the list is not shown. */
    problem: '',
    /** The device that is being signed out. */
    leaving: '',
  },

  onLoad() {
    this.load();
  },

  async load() {
    this.setData({ problem: '' });
    try {
      const sessions = await ask({ url: '/me/sessions' });
      this.setData({ devices: sessions.map(deviceOf), isLoaded: true });
    } catch (error) {
      this.setData({ problem: explain(error) });
    }
  },

  async signOut({ currentTarget }) {
    const { id, name } = currentTarget.dataset;
    const { confirm } = await wx.showModal({
      title: '让这台设备下线？',
      content: `${name}上的登录会马上结束。`,
      confirmText: '下线',
      confirmColor: '#FA5151',
    });
    if (!confirm) return;
    this.setData({ leaving: id });
    try {
      await ask({ url: `/me/sessions/${id}`, method: 'DELETE' });
      wx.showToast({ title: '已下线' });
      await this.load();
    } catch (error) {
      // If it is already gone, that is fine.
      if (error.code === 'not_found') await this.load();
      else wx.showToast({ title: explain(error), icon: 'none' });
    }
    this.setData({ leaving: '' });
  },
});

function deviceOf({ id, current, clientName, userAgent, ip, createdAt, lastSeenAt }) {
  const [, kind] = kinds.find(([word]) => (userAgent || '').includes(word)) || ['', '未知设备'];
  return {
    id,
    current,
    // A web page that the user has signed in by scanning.
    name: clientName ? `${clientName}（网页）` : kind,
    ip: ip || '未知',
    since: formatTime(createdAt),
    lastSeen: formatTime(lastSeenAt),
  };
}
