/** A call as a backend makes it to WeChat's server. */
export interface UpstreamRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: string;
  readonly callerAddress: string;
}
