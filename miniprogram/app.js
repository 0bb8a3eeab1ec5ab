const { auth } = require('./account.js');

const home = 'pages/home/home';

App({
  onLaunch() {
    // After a sign-out for any reason, the first page explains what to do.
    auth.on('logout', () => {
      const [page] = getCurrentPages().slice(-1);
      if (page && page.route !== home) wx.reLaunch({ url: `/${home}` });
    });
  },
});
