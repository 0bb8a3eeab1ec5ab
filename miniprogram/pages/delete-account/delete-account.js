const { auth, ask } = require('../../account.js');
const { explain } = require('../../explain.js');

Page({
  data: {
    isBusy: false,
    problem: '',
  },

  async requestDeletion() {
    const { confirm } = await wx.showModal({
      title: '确定注销账号？',
      content: '你会马上退出所有设备。期满之前重新登录，可以恢复账号。',
      confirmText: '注销',
      confirmColor: '#FA5151',
    });
    if (!confirm) return;
    this.setData({ isBusy: true, problem: '' });
    try {
      const { eraseAt } = await ask({ url: '/me', method: 'DELETE' });
      // The first page says until when the deletion can be cancelled.
      wx.setStorageSync('eraseAt', eraseAt);
      await auth.logout();
    } catch (error) {
      this.setData({ isBusy: false, problem: explain(error) });
    }
  },
});
