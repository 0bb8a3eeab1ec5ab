const { auth } = require('../../account.js');
const { explain } = require('../../explain.js');

/** Names of browsers by a word in their user agent: many name others, too, so the order counts. */
const browsers = [
  ['MicroMessenger', '微信'],
  ['Edg', 'Edge'],
  ['OPR/', 'Opera'],
  ['Firefox', 'Firefox'],
  ['Chrome', 'Chrome'],
  ['Safari', 'Safari'],
];
const systems = [
  ['iPhone', 'iPhone'],
  ['iPad', 'iPad'],
  ['Android', '安卓'],
  ['Windows', 'Windows'],
  ['Macintosh', 'Mac'],
  ['Linux', 'Linux'],
];

/** Opened by a scanned code, with its `scene`; or by hand, to type the code of a web page. */
Page({
  data: {
    /** `typing`, `loading`, `asking`, `approved`, `denied` or `problem`. */
    state: 'typing',
    /** Who asks. */
    scan: null,
    problem: '',
    /** The button that was tapped: `approve` or `deny`. */
    busy: '',
  },

  onLoad({ scene }) {
    if (scene) this.look({ scene: decodeURIComponent(scene) });
  },

  submit({ detail }) {
    const userCode = detail.value.userCode.trim();
    if (userCode) this.look({ userCode });
  },

  async look(reference) {
    this.setData({ state: 'loading', problem: '' });
    try {
      // It has functions, which a page cannot show.
      this.found = await auth.scan(reference);
      this.setData({ state: 'asking', scan: textsOf(this.found) });
    } catch (error) {
      this.showProblem(error);
    }
  },

  approve() {
    return this.decide('approve', 'approved');
  },

  deny() {
    return this.decide('deny', 'denied');
  },

  /** If it fails, the user can tap again: the same decision twice is one. */
  async decide(name, state) {
    this.setData({ busy: name, problem: '' });
    try {
      await this.found[name]();
      this.setData({ state, busy: '' });
    } catch (error) {
      this.setData({ busy: '' });
      if (error.code === 'not_found') this.showProblem(error);
      else this.setData({ problem: explain(error) });
    }
  },

  type() {
    this.setData({ state: 'typing', problem: '' });
  },

  leave() {
    if (getCurrentPages().length > 1) wx.navigateBack();
    else wx.reLaunch({ url: '/pages/home/home' });
  },

  showProblem(error) {
    const isGone = error.code === 'not_found';
    const problem = isGone ? '码不对、已过期或者已经被别人扫过。请在网页上换一个新的。' : explain(error);
    this.setData({ state: 'problem', problem });
  },
});

function textsOf({ clientName, userCode, ip, userAgent, startedAt, sameAddress }) {
  return {
    clientName,
    userCode,
    browser: [nameIn(systems, userAgent), nameIn(browsers, userAgent)].filter(Boolean).join(' · ') || '未知',
    address: `${ip.includes(':') ? 'IPv6' : 'IPv4'} ${ip}`,
    sameAddress,
    age: ageOf(startedAt),
  };
}

function nameIn(names, text) {
  const [, name] = names.find(([word]) => (text || '').includes(word)) || [];
  return name;
}

/** How long ago it was. The clock of the phone may be a little behind that of the service. */
function ageOf(startedAt) {
  const seconds = Math.max(0, Math.round((Date.now() - Date.parse(startedAt)) / 1000));
  return seconds < 60 ? `${seconds} 秒前` : `${Math.floor(seconds / 60)} 分钟前`;
}
