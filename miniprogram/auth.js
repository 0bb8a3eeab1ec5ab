const { createAuth } = require('weapp-auth-client');
const { baseUrl } = require('./config.js');

// 整个小程序共用一个：登录、续期、重放都由它处理，页面只管发请求。
module.exports = createAuth({ baseUrl });
