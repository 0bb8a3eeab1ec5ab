import { Catch } from '@nestjs/common';
import type { ProblemDocument } from '../errors/problem.js';
import { formType } from './form-body.js';
import type { HttpRequest } from './http-request.js';
import { OAuthError, type OAuthErrorCode } from './oauth.error.js';
import { type ErrorBody, ProblemFilter } from './problem.filter.js';

/** The errors of this service in OAuth's words. What is not here is `server_error`. */
const oauthCodes: Readonly<Record<string, OAuthErrorCode>> = {
  invalid_request: 'invalid_request',
  payload_too_large: 'invalid_request',
  unsupported_media_type: 'invalid_request',
  rate_limited: 'slow_down',
  overloaded: 'temporarily_unavailable',
  database_unavailable: 'temporarily_unavailable',
};

const formWanted = `Send a form, with Content-Type: ${formType}, and without Content-Encoding.`;

/** RFC 6749, section 5.2. The route itself may have set the type of a stream of events. */
const jsonType = 'application/json; charset=utf-8';

/** Turns whatever was thrown into an error of OAuth (RFC 6749, section 5.2): what OAuth libraries understand. */
@Catch()
export class OAuthErrorFilter extends ProblemFilter {
  override answer(error: unknown, request: HttpRequest, response: unknown): void {
    if (!(error instanceof OAuthError)) {
      super.answer(error, request, response);
      return;
    }
    const { headers, refusal } = error;
    const own = { ...headers, 'Content-Type': jsonType, 'Cache-Control': 'no-store' };
    this.send(response, error.getStatus(), own, refusal);
  }

  protected override toBody({ code, detail, errors = [] }: ProblemDocument): ErrorBody {
    const faults = (errors as { message: string }[]).map(({ message }) => message).join('; ');
    const isNoForm = code === 'unsupported_media_type';
    return {
      contentType: jsonType,
      body: {
        error: oauthCodes[code] ?? 'server_error',
        error_description: isNoForm ? formWanted : faults || detail,
      },
    };
  }
}
