module.exports = {
  /** The address of the service. A phone can reach neither 127.0.0.1 nor http: use your own domain there. */
  baseUrl: 'http://127.0.0.1:3000',
  /** The version of the privacy policy that the user agrees to. */
  policyVersion: '2026-11',
};
