const { auth } = require('./account.js');

const home = 'pages/home/home';

App({
  onLaunch() {
    // Whoever is signed out, by whatever, is told on the first page what to do about it.
    auth.on('logout', () => {
      const [page] = getCurrentPages().slice(-1);
      if (page && page.route !== home) wx.reLaunch({ url: `/${home}` });
    });
  },
});
