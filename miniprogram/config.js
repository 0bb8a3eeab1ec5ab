module.exports = {
  /** Where the service is. A phone reaches neither 127.0.0.1 nor plain http: there it is your own domain. */
  baseUrl: 'http://127.0.0.1:3000',
  /** The version of the privacy policy that the person agrees to. */
  policyVersion: '2026-11',
};
