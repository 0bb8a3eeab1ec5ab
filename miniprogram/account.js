const { createAuth, AuthError } = require('weapp-auth-client');
const { baseUrl } = require('./config.js');

/** Login for the whole mini-program: all pages share this one. */
const auth = createAuth({ baseUrl, appid: wx.getAccountInfoSync().miniProgram.appId });

/**
 * Sends a request to the service.
 *
 * @returns the data of the answer
 * @throws {AuthError} if it is not a success
 */
async function ask(options) {
  return successOf(await auth.request(options));
}

/**
 * Lets the service decrypt data of WeChat. WeChat's key may have changed because of a login elsewhere. Then the client
 * has logged in again, and the data must be fetched again.
 *
 * @param fetchData a call of wx that returns encryptedData and iv
 * @returns the decrypted data
 * @throws {AuthError} or the failure of the call of wx
 */
async function openData(fetchData) {
  const open = async () => {
    const { encryptedData, iv } = await fetchData();
    return auth.request({ url: '/me/open-data', method: 'POST', data: { encryptedData, iv } });
  };
  const answer = await open();
  return successOf(answer.fetchAgain ? await open() : answer).data;
}

/**
 * Sends a picture as the user's avatar.
 *
 * @returns the user
 * @throws {AuthError}
 */
async function uploadAvatar(filePath) {
  return successOf(await auth.upload({ url: '/me/avatar', filePath, name: 'file' }));
}

function successOf({ statusCode, data }) {
  if (statusCode < 400) return data;
  const problem = data || {};
  throw new AuthError(problem.code || 'unexpected_answer', problem.detail, { statusCode, problem });
}

module.exports = { auth, ask, openData, uploadAvatar };
