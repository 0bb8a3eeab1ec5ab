const { ask } = require('../../account.js');

Page({
  data: { user: null, problem: '' },

  onShow() {
    this.load();
  },

  async load() {
    try {
      this.setData({ user: await ask({ url: '/me' }), problem: '' });
    } catch (error) {
      this.setData({ problem: error.code });
    }
  },
});
