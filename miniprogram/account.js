const { createAuth } = require('weapp-auth-client');
const { baseUrl } = require('./config.js');

/** Login for the whole mini-program: all pages share this one. */
const auth = createAuth({ baseUrl, appid: wx.getAccountInfoSync().miniProgram.appId });

/**
 * Asks the service.
 *
 * @returns {Promise<any>} what it answered
 * @throws {{code: string}} where that is no success
 */
async function ask(options) {
  const { statusCode, data } = await auth.request(options);
  if (statusCode >= 400) throw data && data.code ? data : { code: 'unexpected_answer' };
  return data;
}

module.exports = { auth, ask };
